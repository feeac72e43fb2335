package backendtest

import (
	"syscall"
	"testing"

	"aws/backend"
)

var cancelTests = []test{
	{"NothingInFlight", testCancelNothing},
	{"ParkedRecv", testCancelRecv},
	{"ParkedRecvAfterFile", testCancelRecvAfterFile},
	{"AtOnce", testCancelAtOnce},
	{"DataIsThere", testCancelDataIsThere},
	{"ParkedSend", testCancelSend},
	{"ParkedSendFile", testCancelSendFile},
	{"LeavesReadsAlone", testCancelLeavesReads},
	{"PeerGone", testCancelPeerGone},
	{"SendAlone", testCancelSendAlone},
	{"SendAloneNothing", testCancelSendNothing},
	{"SendAloneThenAll", testCancelSendThenAll},
}

// noMore fails the test if c completes anything else.
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

// However often it is cancelled, a Recv completes once, and the connection is
// as good as before.
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

// The same after a large file, which an engine may send in a way of its own.
func testCancelRecvAfterFile(t *testing.T, s *suite) {
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

// A race that either side may win: the data or ECANCELED, but exactly one.
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
		// The socket is full, with nothing in flight.
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

// Reads run to their ends, and their bytes are right.
func testCancelLeavesReads(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	b := pages(4 << 20)
	for round := range 4 {
		c := h.connect()
		h.recv(c)
		h.readFile(3, b, f.cool(), 0)
		if round%2 == 0 {
			h.turn(0)
		}
		h.cancel(c)
		wantErrno(t, "cancelled recv", h.take(c, backend.OpRecv).n, syscall.ECANCELED)
		r := h.takeRead(3)
		if r.n <= 0 {
			t.Fatalf("readfile: %s", outcome(r.n))
		}
		check(t, "readfile", b[:r.n], f.id, 0)
		h.noMore(c)
		h.close(c)
	}
}

// A peer that leaves at the same time causes no second completion.
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

// However often a Send alone is cancelled, nothing is lost and nothing sent twice: the
// caller sends the rest, and a Recv beside it stays what it was.
func testCancelSendAlone(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	for _, w := range []way{ways[0], ways[1]} {
		for times := range 2 {
			c, sent := h.stalled(w, f)
			h.recv(c)
			in := &intake{peer: c.peer}
			for round := range 5 {
				if round%2 == 0 {
					h.settle()
				}
				for range times + 1 {
					h.cancelSend(c)
				}
				sent += h.takeCancelled(c, in)
				w.submit(h, c, f, sent)
			}
			h.rest(c, w, f, sent, in.quickly())
			h.expect(in, f.size)
			check(t, w.name, in.got, f.id, 0)
			h.hear(c, 'x')
			h.noMore(c)
			h.close(c)
		}
	}
}

// takeCancelled takes the result of a Send that was cancelled alone, and returns what
// was sent. A zero-copy send may have to wait for the peer.
func (h *harness) takeCancelled(c *conn, in *intake) (sent int64) {
	h.t.Helper()
	var r result
	if h.soon(c, backend.OpSend) {
		r = h.take(c, backend.OpSend)
	} else {
		r = h.takeWhile(c, backend.OpSend, in.quickly())
	}
	if r.n > 0 {
		return int64(r.n)
	}
	wantErrno(h.t, "cancelled send", r.n, syscall.ECANCELED)
	return 0
}

// With no Send in flight nothing is cancelled, not even a SendFile.
func testCancelSendNothing(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	c := h.connect()
	h.cancelSend(c)
	h.recv(c)
	h.cancelSend(c)
	h.hear(c, 'x')
	file := ways[4]
	sent := h.fill(c, file, f)
	h.cancelSend(c)
	in := &intake{peer: c.peer}
	h.rest(c, file, f, sent, in.quickly())
	h.expect(in, f.size)
	check(t, "peer", in.got, f.id, 0)
	h.noMore(c)
	h.echo(c)
}

// A Send that has been cancelled alone can still be cancelled with all.
func testCancelSendThenAll(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	w := ways[1]
	for _, turns := range []int{0, 1} {
		c, _ := h.stalled(w, f)
		h.recv(c)
		h.settle()
		h.cancelSend(c)
		for range turns {
			h.turn(0)
		}
		h.cancel(c)
		h.wantBothCancelled(c, w)
	}
}
