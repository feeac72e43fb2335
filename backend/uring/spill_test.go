package uring

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// A kernel that takes no submissions for ever costs the loop neither its life nor
// its CPU, and when it takes them again, every operation completes: chains, sends,
// receives and cancellations in a ring of two entries.
func TestKernelTakesNoSubmissions(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EBUSY, unix.EAGAIN} {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) { testNoSubmissions(t, errno) })
	}
}

func testNoSubmissions(t *testing.T, errno unix.Errno) {
	backendtest.OneThread(t)
	const clients = 8
	warnings := 0
	d := openDriven(t, clients, Options{Features: AllFeatures(), Entries: 2}, func(string, error) { warnings++ })
	e := d.engine
	content := bytes.Repeat([]byte("file"), 100)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for range clients {
		d.dial()
	}
	d.until("all to be accepted", func() bool { return len(d.open) == clients })

	good := e.ring.fd
	bad, err := unix.FcntlInt(uintptr(good), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(bad)
	backendtest.Refuse(t, iouring.SYS_IO_URING_ENTER, bad, errno)
	e.ring.fd = bad
	head := []byte("head")
	for i, c := range d.open {
		if i%2 == 0 {
			e.SendFile(c, head, backend.File{FD: int32(file.Fd()), Direct: -1}, 0, int64(len(content)))
		} else {
			e.Send(c, head)
		}
		e.Recv(c)
	}
	e.Cancel(d.open[0])
	enters := e.counters.Enters
	for range 2 * refusalsToWarn {
		d.turn()
	}
	if len(d.done) > 0 || warnings == 0 {
		t.Fatalf("completed: %v; %d warnings", d.done, warnings)
	}
	if made := e.counters.Enters - enters; made > 10*refusalsToWarn {
		t.Errorf("%d enters", made)
	}
	e.ring.fd = good
	completed := func(i int) int { return len(d.done[d.open[i]]) }
	d.until("all sends, and the cancelled receive", func() bool {
		for i := range d.open {
			if completed(i) == 0 || i == 0 && completed(i) < 2 {
				return false
			}
		}
		return true
	})
	for i, c := range d.open {
		if i > 0 {
			e.Cancel(c)
		}
	}
	d.until("all receives", func() bool {
		for i := range d.open {
			if completed(i) != 2 {
				return false
			}
		}
		return true
	})
	for i, c := range d.open {
		want := len(head)
		if i%2 == 0 {
			want += len(content)
		}
		for _, done := range d.done[c] {
			if cancelled := done.N == -int(unix.ECANCELED); done.Op == backend.OpRecv != cancelled && i > 0 || !cancelled && done.N != want {
				t.Errorf("connection %d: %+v, want %d", i, done, want)
			}
		}
	}
	if e.spill.active || len(e.spill.entries) > 0 {
		t.Errorf("%d entries have been left", len(e.spill.entries))
	}
}

// An error of io_uring_enter in the middle of a batch ends the loop at its next
// Wait, with what the kernel has said.
func TestEnterFailsInBatch(t *testing.T) {
	backendtest.OneThread(t)
	d := openDriven(t, 8, Options{Features: AllFeatures(), Entries: 2}, func(string, error) {})
	for range 8 {
		d.dial()
	}
	d.until("all to be accepted", func() bool { return len(d.open) == 8 })
	good := d.ring.fd
	d.ring.fd = -1
	for _, c := range d.open {
		d.Recv(c)
	}
	d.ring.fd = good
	if err := d.Wait(0); err == nil || !bytes.Contains([]byte(err.Error()), []byte("io_uring_enter")) {
		t.Errorf("Wait: %v, want the error of io_uring_enter", err)
	}
}

// driven is an engine with its clients.
type driven struct {
	*engine
	t    *testing.T
	to   unix.Sockaddr
	open []backend.Token
	done map[backend.Token][]backend.Completion
}

func openDriven(t *testing.T, slots int, own Options, warn func(string, error)) *driven {
	t.Helper()
	listener, err := backend.Listen("127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	b, err := Open(backend.Options{Listeners: listener.FDs, Slots: slots, Reads: 1, Warn: warn}, own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Destroy() })
	to, err := unix.Getsockname(listener.FDs[0])
	if err != nil {
		t.Fatal(err)
	}
	return &driven{engine: b.(*engine), t: t, to: to, done: map[backend.Token][]backend.Completion{}}
}

func (d *driven) dial() {
	d.t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		d.t.Cleanup(func() { unix.Close(fd) })
		err = unix.Connect(fd, d.to)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *driven) turn() {
	d.t.Helper()
	if err := d.Wait(10 * time.Millisecond); err != nil {
		d.t.Fatal(err)
	}
	for c, ok := d.Next(); ok; c, ok = d.Next() {
		if c.Op == backend.OpAccept {
			d.open = append(d.open, c.Token)
		} else {
			d.done[c.Token] = append(d.done[c.Token], c)
		}
	}
}

func (d *driven) until(what string, met func() bool) {
	d.t.Helper()
	for deadline := children.Deadline(d.t); !met(); d.turn() {
		if time.Now().After(deadline) {
			d.t.Fatalf("hangs: waiting for %s; completed: %v", what, d.done)
		}
	}
}
