package backendtest

import (
	"syscall"
	"testing"

	"aws/backend"
)

var cancelTests = []test{
	{"NothingInFlight", testCancelNothing},
	{"ParkedRecv", testCancelRecv},
	{"ParkedRecvBehindFile", testCancelRecvBehindFile},
	{"AtOnce", testCancelAtOnce},
	{"DataIsThere", testCancelDataIsThere},
	{"ParkedSend", testCancelSend},
	{"ParkedSendFile", testCancelSendFile},
	{"ReadFile", testCancelReadFile},
	{"ReadFileAndRecv", testCancelBoth},
	{"PeerGone", testCancelPeerGone},
}

// noMore fails the test if c completes anything more.
func (h *harness) noMore(c *conn) {
	h.t.Helper()
	h.settle() // record fails on what is not in flight
	for op, r := range c.done {
		h.t.Fatalf("%v: %s, a second completion", op, outcome(r.n))
	}
}

func testCancelNothing(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	h.cancel(c)
	h.noMore(c)
	h.echo(c)
}

// However often it is cancelled, it completes once, and the connection is as
// good as before.
func testCancelRecv(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for times := range 3 {
		c := h.connect()
		h.recv(c)
		h.settle()
		for range times + 1 {
			h.cancel(c)
		}
		wantErrno(t, "cancelled recv", h.take(c, backend.OpRecv).n, syscall.ECANCELED)
		h.noMore(c)
		h.echo(c)
		h.close(c)
	}
}

// The same where a large file has gone before, by a way of its own.
func testCancelRecvBehindFile(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 100<<10)
	for _, cached := range []bool{false, true} {
		f.Cached = cached
		c := h.connect()
		in := &intake{peer: c.peer}
		h.delivered(c, delivery{nil, f, 0, f.size}, in, in.quickly())
		h.recv(c)
		h.settle()
		h.cancel(c)
		wantErrno(t, "cancelled recv", h.take(c, backend.OpRecv).n, syscall.ECANCELED)
		h.noMore(c)
		h.echo(c)
		h.recv(c)
		h.settle()
		h.write(c.peer, []byte("x"))
		equal(t, "recv", h.take(c, backend.OpRecv).data, []byte("x"))
		h.close(c)
	}
}

// Cancel before the kernel has even heard of the operation.
func testCancelAtOnce(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	h.recv(c)
	h.cancel(c)
	wantErrno(t, "cancelled recv", h.take(c, backend.OpRecv).n, syscall.ECANCELED)
	h.noMore(c)
}

// A race that either side may win: the data or ECANCELED, but one of them.
func testCancelDataIsThere(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for round := range 10 {
		c := h.connect()
		h.recv(c)
		if round%2 == 0 {
			h.settle()
		}
		h.write(c.peer, []byte("x"))
		if round%3 == 0 {
			h.turn(0)
		}
		h.cancel(c)
		if r := h.take(c, backend.OpRecv); r.n != 1 {
			wantErrno(t, "cancelled recv", r.n, syscall.ECANCELED)
		}
		h.noMore(c)
		h.close(c)
	}
}

func testCancelSend(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	h.jam(c)
	h.cancel(c)
	// The kernel may have found room meanwhile.
	if r := h.take(c, backend.OpSend); r.n <= 0 {
		wantErrno(t, "cancelled send", r.n, syscall.ECANCELED)
	}
	h.noMore(c)
}

func testCancelSendFile(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for _, head := range []string{"", "head"} {
		c := h.connect()
		h.jam(c)
		h.cancel(c)
		h.take(c, backend.OpSend)
		// The socket is full, and the cancelled send is forgotten.
		f := h.file(1, 1<<20)
		h.sendFile(c, []byte(head), f, 0, f.size)
		h.settle()
		h.cancel(c)
		if r := h.take(c, backend.OpSendFile); r.n <= 0 {
			wantErrno(t, "cancelled sendfile", r.n, syscall.ECANCELED)
		}
		h.noMore(c)
		h.close(c)
	}
}

// A read runs to its end, and its bytes are right.
func testCancelReadFile(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	f := h.file(1, 4<<20)
	b := pages(4 << 20)
	for round := range 4 {
		h.readFile(c, b, f.cool(), 0)
		if round%2 == 0 {
			h.turn(0)
		}
		h.cancel(c)
		r := h.take(c, backend.OpReadFile)
		if r.n <= 0 {
			t.Fatalf("cancelled readfile: %s", outcome(r.n))
		}
		check(t, "cancelled readfile", b[:r.n], f.id, 0)
		h.noMore(c)
	}
}

func testCancelBoth(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	f := h.file(1, 1<<20)
	h.recv(c)
	h.readFile(c, pages(1<<20), f.cool(), 0)
	h.cancel(c)
	wantErrno(t, "cancelled recv", h.take(c, backend.OpRecv).n, syscall.ECANCELED)
	if r := h.take(c, backend.OpReadFile); r.n <= 0 {
		t.Fatalf("cancelled readfile: %s", outcome(r.n))
	}
	h.noMore(c)
}

// A peer that goes at the same time does not make two completions of one.
func testCancelPeerGone(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for round := range 8 {
		c := h.connect()
		h.recv(c)
		h.settle()
		if round%2 == 0 {
			c.peer.Close()
			h.cancel(c)
		} else {
			h.cancel(c)
			c.peer.Reset()
		}
		if r := h.take(c, backend.OpRecv); r.n != 0 {
			wantErrno(t, "cancelled recv", r.n, syscall.ECANCELED, syscall.ECONNRESET)
		}
		h.noMore(c)
		h.close(c)
	}
}
