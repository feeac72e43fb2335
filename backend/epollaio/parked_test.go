package epollaio

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// Where epoll has no room for a socket that has to wait, its operation ends,
// accepting pauses, and the operator hears of it.
func TestNoRoomInEpoll(t *testing.T) {
	listener, err := backend.Listen("127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var warnings []error
	b, err := Open(backend.Options{
		Listeners: listener.FDs, Slots: 2, Reads: 1,
		Warn: func(_ string, err error) { warnings = append(warnings, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	e := b.(*engine)
	defer e.Destroy()
	to, err := unix.Getsockname(listener.FDs[0])
	if err != nil {
		t.Fatal(err)
	}
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(client)
	if err := unix.Connect(client, to); err != nil {
		t.Fatal(err)
	}
	next := func() backend.Completion {
		t.Helper()
		for range 100 {
			if err := e.Wait(100 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if c, ok := e.Next(); ok {
				return c
			}
		}
		t.Fatal("no completion")
		return backend.Completion{}
	}
	accepted := next()
	if accepted.Op != backend.OpAccept {
		t.Fatalf("%+v", accepted)
	}

	e.Recv(accepted.Token)
	good := e.epfd
	e.epfd = client // no epoll descriptor: EINVAL
	done, ok := e.Next()
	e.epfd = good
	if !ok {
		done = next()
	}
	if done.Op != backend.OpRecv || done.N != -int(unix.ECANCELED) {
		t.Errorf("%+v", done)
	}
	if len(warnings) != 1 || e.retryAt.IsZero() {
		t.Errorf("warnings %v, a pause until %v", warnings, e.retryAt)
	}
	e.Close(accepted.Token)
}
