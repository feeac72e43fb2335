package epollaio

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// single is an engine with one client.
type single struct {
	*engine
	t        *testing.T
	client   int
	warnings []error
}

func openSingle(t *testing.T) *single {
	t.Helper()
	backendtest.OneThread(t)
	listener, err := backend.Listen("127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	s := &single{t: t}
	b, err := Open(backend.Options{
		Listeners: listener.FDs, Slots: 2, Reads: 1,
		Warn: func(_ string, err error) { s.warnings = append(s.warnings, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.engine = b.(*engine)
	t.Cleanup(func() { s.Destroy() })
	to, err := unix.Getsockname(listener.FDs[0])
	if err == nil {
		s.client, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(s.client) })
	if err := unix.Connect(s.client, to); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *single) write(text string) {
	s.t.Helper()
	if _, err := unix.Write(s.client, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// next waits for the completion of an operation.
func (s *single) next(op backend.Op) backend.Completion {
	s.t.Helper()
	for deadline := children.Deadline(s.t); time.Now().Before(deadline); {
		if err := s.Wait(100 * time.Millisecond); err != nil {
			s.t.Fatal(err)
		}
		if c, ok := s.Next(); ok {
			if c.Op != op {
				s.t.Fatalf("%+v, want a %s", c, op)
			}
			return c
		}
	}
	s.t.Fatal("no completion")
	return backend.Completion{}
}

// epoll does not learn of a connection before it has to wait.
func TestRegisteredWhenItWaits(t *testing.T) {
	s := openSingle(t)
	s.write("first")
	conn := s.next(backend.OpAccept).Token
	c := &s.conns[conn.Slot()]
	s.Recv(conn)
	if done := s.next(backend.OpRecv); string(done.Data) != "first" {
		t.Fatalf("%+v", done)
	}
	s.Send(conn, []byte("answer"))
	if done := s.next(backend.OpSend); done.N != 6 {
		t.Fatalf("%+v", done)
	}
	if c.bits&watched != 0 {
		t.Error("registered, though it has never waited")
	}
	s.Recv(conn)
	if c.bits&watched == 0 {
		t.Error("it waits, and is not registered")
	}
	s.write("second")
	if done := s.next(backend.OpRecv); string(done.Data) != "second" {
		t.Fatalf("%+v", done)
	}
	s.Close(conn)
}

// If epoll has no room for a socket that has to wait, its operation fails,
// accepting pauses, and the operator is told.
func TestNoRoomInEpoll(t *testing.T) {
	s := openSingle(t)
	conn := s.next(backend.OpAccept).Token
	s.Recv(conn)
	good := s.epfd
	s.epfd = s.client // no epoll descriptor: EINVAL
	done, ok := s.Next()
	s.epfd = good
	if len(s.warnings) != 1 || !s.pause.Active() {
		t.Errorf("warnings %v, a pause: %v", s.warnings, s.pause.Active())
	}
	if !ok {
		done = s.next(backend.OpRecv)
	}
	if done.Op != backend.OpRecv || done.N != -int(unix.ENOMEM) {
		t.Errorf("%+v", done)
	}
	s.Close(conn)
}

// An error that is no end, here a time stamp on the socket's error queue, is
// reported as EPOLLERR for as long as it is there. The Recv waits all the same.
func TestErrorQueue(t *testing.T) {
	s := openSingle(t)
	conn := s.next(backend.OpAccept).Token
	s.Recv(conn)
	if err := s.Wait(0); err != nil {
		t.Fatal(err)
	}
	fd := int(s.conns[conn.Slot()].FD)
	const stamps = unix.SOF_TIMESTAMPING_TX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE | unix.SOF_TIMESTAMPING_OPT_TSONLY
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPING, stamps); err != nil {
		backendtest.Missing(t, "no time stamps here: ", err)
	}
	answer := []byte("answer")
	s.Send(conn, answer)
	if done := s.next(backend.OpSend); done.N != len(answer) {
		t.Fatalf("%+v", done)
	}
	before := s.counters.Recvs
	for range 20 {
		if err := s.Wait(time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if c, ok := s.Next(); ok {
			t.Fatalf("%+v", c)
		}
	}
	if made := s.counters.Recvs - before; made > 5 {
		t.Errorf("%d attempts to receive nothing", made)
	}
	s.write("more")
	if done := s.next(backend.OpRecv); string(done.Data) != "more" {
		t.Fatalf("%+v", done)
	}
	s.Close(conn)
}
