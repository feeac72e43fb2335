package uring

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// Clients beyond the slots wait in the kernel's backlog, except for the few whose
// accepts were on their way, and all get their turn.
func TestMoreClientsThanSlots(t *testing.T) {
	backendtest.OneThread(t)
	const slots, clients = 4, 100
	listener, err := backend.Listen("127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	b, err := Open(backend.Options{
		Listeners: listener.FDs, Slots: slots, Reads: 1,
		Warn: func(msg string, err error) { t.Errorf("%s: %v", msg, err) },
	}, Options{Features: AllFeatures()})
	if err != nil {
		t.Fatal(err)
	}
	e := b.(*engine)
	defer e.Destroy()
	to, err := unix.Getsockname(listener.FDs[0])
	if err != nil {
		t.Fatal(err)
	}
	for range clients {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := unix.Connect(fd, to); err != nil {
			t.Fatal(err)
		}
	}
	var open []backend.Token
	for admitted, deadline := 0, children.Deadline(t); admitted < clients; {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d clients were admitted", admitted, clients)
		}
		if err := e.Wait(10 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		for {
			c, ok := e.Next()
			if !ok {
				break
			}
			if c.Op != backend.OpAccept {
				t.Fatalf("%+v", c)
			}
			open = append(open, c.Token)
			admitted++
		}
		if len(open) > slots || len(e.accepted) > acceptBatch {
			t.Fatalf("%d connections in %d slots, and %d sockets accepted besides", len(open), slots, len(e.accepted))
		}
		if len(open) == slots { // it shows only when all slots are taken
			e.Close(open[0])
			open = open[1:]
		}
	}
	for _, t := range open {
		e.Close(t)
	}
}

// Accepts that fail again and again make no loop spin: it pauses, tells the
// operator, and accepts once it may. No kernel can be made to refuse them, so the
// errors are ours.
func TestAcceptRefused(t *testing.T) {
	backendtest.OneThread(t)
	warnings := 0
	d := openDriven(t, 4, Options{Features: AllFeatures()}, func(string, error) { warnings++ })
	d.turn() // accepts are with the kernel now
	for range 1000 {
		d.acceptFailed(&d.listeners[0], unix.EPERM)
		if d.pause.Active() {
			break
		}
	}
	if !d.pause.Active() || warnings != 1 {
		t.Fatalf("a pause: %v, %d warnings", d.pause.Active(), warnings)
	}
	d.cancelAccepts()
	d.until("nothing to be accepted", func() bool {
		d.pause.Begin()
		return d.listeners[0].armed == 0
	})
	d.dial()
	d.until("the client to be accepted", func() bool { return len(d.open) == 1 })
	d.Close(d.open[0])
}
