package backendtest

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// A recv may stop although there is more: before an urgent byte, and after a
// message that has descriptors attached. No event follows, so an engine that took
// the short count for the end would wait for ever.

var markTests = []test{
	{"Urgent", testUrgent},
	{"UrgentAlone", testUrgentAlone},
}

var descriptorTests = []test{
	{"Attached", testAttached},
}

// whileParked calls test for a connection whose Recv is in flight: at its first,
// and after others.
func (s *suite) whileParked(t *testing.T, test func(h *harness, c *conn, fd int)) {
	h := s.start(t, slots)
	for _, before := range []int{0, 1, 3} {
		c := h.connect()
		for range before {
			h.recv(c)
			h.settle()
			h.write(c.peer, []byte("x"))
			equal(t, "recv", h.take(c, backend.OpRecv).data, []byte("x"))
		}
		h.recv(c)
		h.settle()
		test(h, c, c.peer.(*socketPeer).fd)
		h.echo(c)
		h.close(c)
	}
}

// takeAll takes the Recv in flight, and receives on until it has n bytes.
func (h *harness) takeAll(c *conn, n int) []byte {
	h.t.Helper()
	got := h.take(c, backend.OpRecv).data
	return append(got, h.receiveAll(c, n-len(got), func() {})...)
}

// sendWith sends b with flags and control data, all of it.
func (h *harness) sendWith(fd int, b string, control []byte, flags int) {
	h.t.Helper()
	n, err := unix.SendmsgN(fd, []byte(b), control, nil, flags)
	if err == unix.EOPNOTSUPP && flags == unix.MSG_OOB {
		Missing(h.t, "unix sockets have no urgent bytes here: ", err)
	}
	if n != len(b) || err != nil {
		h.t.Fatalf("peer: sendmsg: %d of %d bytes, %v", n, len(b), err)
	}
}

// An urgent byte is left out (tcp(7), unix(7)); what comes before and after it
// arrives.
func testUrgent(t *testing.T, s *suite) {
	s.whileParked(t, func(h *harness, c *conn, fd int) {
		h.sendWith(fd, "before", nil, 0)
		h.sendWith(fd, "!", nil, unix.MSG_OOB)
		h.sendWith(fd, "after", nil, 0)
		equal(t, "recv", h.takeAll(c, len("beforeafter")), []byte("beforeafter"))
		h.sendWith(fd, "a", nil, 0)
		h.sendWith(fd, "!", nil, unix.MSG_OOB)
		h.sendWith(fd, "b", nil, 0)
		h.sendWith(fd, "!", nil, unix.MSG_OOB)
		h.sendWith(fd, "c", nil, 0)
		h.recv(c)
		// An urgent byte that another one follows loses its rank.
		var got []byte
		for len(got) == 0 || got[len(got)-1] != 'c' {
			got = append(got, h.takeAll(c, 1)...)
			if got[len(got)-1] != 'c' {
				h.recv(c)
			}
		}
	})
}

// An urgent byte alone yields nothing.
func testUrgentAlone(t *testing.T, s *suite) {
	s.whileParked(t, func(h *harness, c *conn, fd int) {
		h.sendWith(fd, "!", nil, unix.MSG_OOB)
		recvs := h.Backend.Counters().Recvs
		h.settle()
		if more := h.Backend.Counters().Recvs - recvs; len(c.done) > 0 || more > 10 {
			t.Fatalf("%d attempts to receive nothing; completed: %v", more, c.done)
		}
		h.sendWith(fd, "on", nil, 0)
		equal(t, "recv", h.takeAll(c, 2), []byte("on"))
	})
}

// Descriptors attached to a message are closed, and the bytes arrive.
func testAttached(t *testing.T, s *suite) {
	attached, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Close()
	rights := unix.UnixRights(int(attached.Fd()), int(attached.Fd()))
	s.whileParked(t, func(h *harness, c *conn, fd int) {
		before := descriptors(t)
		for range 20 {
			h.sendWith(fd, "one", rights, 0)
			h.sendWith(fd, "two", rights, 0)
			h.sendWith(fd, "three", nil, 0)
			equal(t, "recv", h.takeAll(c, len("onetwothree")), []byte("onetwothree"))
			h.recv(c)
			h.settle()
		}
		if after := descriptors(t); after != before {
			t.Errorf("%d descriptors are open, %d before", after, before)
		}
		h.write(c.peer, []byte("x"))
		equal(t, "recv", h.take(c, backend.OpRecv).data, []byte("x"))
	})
}
