package backendtest

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/backendtest/children"
)

var acceptTests = []test{
	{"Tokens", testAcceptTokens},
	{"Exhaustion", testAcceptExhaustion},
	{"StopAccepting", testStopAccepting},
	{"StopAcceptingWhileFull", testStopAcceptingWhileFull},
	{"GoneBeforeAccept", testGoneBeforeAccept},
	{"NamesListener", testAcceptNamesListener},
	{"NamesListenerAfterWaiting", testAcceptNamesListenerAfterWaiting},
}

// Every open connection has a token of its own, and works.
func testAcceptTokens(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for range slots {
		h.connect() // record checks the token
	}
	for _, c := range h.conns {
		h.echo(c)
	}
}

// While all slots are taken, clients wait; each Close lets in just one.
func testAcceptExhaustion(t *testing.T, s *suite) {
	h := s.start(t, 4)
	for range 8 {
		h.dial()
	}
	open := make([]*conn, 0, 8)
	for range 4 {
		open = append(open, h.accept())
	}
	for len(open) < 8 {
		h.settle()
		if n := len(h.accepted); n != 0 {
			t.Fatalf("%d accepted while no slot is free", n)
		}
		old := open[len(open)-4]
		h.close(old)
		c := h.accept()
		if c.token.Slot() != old.token.Slot() {
			t.Fatalf("accepted %v, but only the slot of %v is free", c.token, old.token)
		}
		open = append(open, c)
	}
	h.settle()
	if n := len(h.accepted); n != 0 {
		t.Fatalf("%d accepted that no client has dialled", n)
	}
}

func testStopAccepting(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	h.Backend.StopAccepting()
	h.dial()
	h.settle()
	if n := len(h.accepted); n != 0 {
		t.Fatalf("%d accepted after StopAccepting", n)
	}
	h.echo(c)
}

// A slot that becomes free does not start accepting again.
func testStopAcceptingWhileFull(t *testing.T, s *suite) {
	h := s.start(t, 1)
	c := h.connect()
	h.dial()
	h.settle()
	h.Backend.StopAccepting()
	h.close(c)
	h.settle()
	if n := len(h.accepted); n != 0 {
		t.Fatalf("%d accepted after StopAccepting", n)
	}
}

// A client that leaves before it is accepted is not accepted, or is a
// connection at its end; the next one is served.
func testGoneBeforeAccept(t *testing.T, s *suite) {
	h := s.start(t, slots)
	h.dial().Reset()
	h.dial().Close()
	h.settle()
	for _, c := range h.accepted {
		if r := h.receive(c); r.n > 0 {
			t.Fatalf("recv: %s from a client that sent nothing", outcome(r.n))
		}
		h.close(c)
	}
	h.accepted = nil
	c := h.connect()
	h.echo(c)
	if c.token.Slot() >= backend.MaxSlots {
		t.Fatalf("token %v", c.token)
	}
}

// An accept names the listener that the client dialled.
func testAcceptNamesListener(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for i := range slots {
		listener := i % h.Listeners
		if c := h.connectTo(listener); c.listener != listener {
			t.Fatalf("accepted by listener %d, dialled %d", c.listener, listener)
		}
	}
}

// It does even where the client waited for a slot, perhaps accepted already.
// What a client says tells which one it is.
func testAcceptNamesListenerAfterWaiting(t *testing.T, s *suite) {
	const clients = 40
	h := s.start(t, 1)
	for i := range clients {
		h.write(h.Dial(i%h.Listeners), []byte{byte(i % h.Listeners)})
	}
	for range clients {
		c := h.accept()
		if got := h.receive(c); len(got.data) != 1 || int(got.data[0]) != c.listener {
			t.Fatalf("accepted by listener %d, received %v: %s", c.listener, got.data, outcome(got.n))
		}
		h.close(c)
	}
}

// Engines that share a listener each call it by their own index, and between
// them accept every client once.
func testSharedListener(t *testing.T, open func(opts backend.Options) (backend.Backend, error)) {
	OneThread(t)
	const clients = 20
	shared, address := listen(t, Unix)
	defer func() { _ = unix.Close(shared) }()
	var engines []backend.Backend
	for loop := range 2 {
		var fds []int
		for range loop { // the second has one more before it
			fd, _ := listen(t, TCP)
			defer func() { _ = unix.Close(fd) }()
			fds = append(fds, fd)
		}
		b, err := open(backend.Options{
			Listeners: append(fds, shared), Slots: clients, Reads: 1, Loop: loop,
			Warn: func(msg string, err error) { t.Errorf("%s: %v", msg, err) },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := b.Destroy(); err != nil {
				t.Error(err)
			}
		}()
		engines = append(engines, b)
	}
	for range clients {
		dial(t, address)
	}
	for accepted, deadline := 0, children.Deadline(t); accepted < clients; {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d clients accepted", accepted, clients)
		}
		for i, b := range engines {
			if err := b.Wait(tick); err != nil {
				t.Fatal(err)
			}
			for c, ok := b.Next(); ok; c, ok = b.Next() {
				if c.Op != backend.OpAccept || c.N != i {
					t.Fatalf("engine %d: %+v, want an accept by listener %d", i, c, i)
				}
				accepted++
			}
		}
	}
}
