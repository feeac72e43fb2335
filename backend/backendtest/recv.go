package backendtest

import (
	"syscall"
	"testing"

	"aws/backend"
)

var recvTests = []test{
	{"DataIsThere", testRecvDataIsThere},
	{"Parked", testRecvParked},
	{"BetweenRecvs", testRecvBetween},
	{"AroundRecvSize", testRecvAroundRecvSize},
	{"Large", testRecvLarge},
	{"EOF", testRecvEOF},
	{"HalfClose", testRecvHalfClose},
	{"Reset", testRecvReset},
	{"ManyParked", testRecvManyParked},
}

func testRecvDataIsThere(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	h.write(c.peer, content(1, 0, 1000))
	h.settle()
	check(t, "recv", h.receiveAll(c, 1000, func() {}), 1, 0)
}

// A Recv waits for its data, again and again.
func testRecvParked(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	for i := range 20 {
		h.recv(c)
		h.settle()
		if len(c.done) != 0 {
			t.Fatalf("recv: %s, and nothing was sent", outcome(c.done[backend.OpRecv].n))
		}
		h.write(c.peer, []byte{byte(i)})
		r := h.take(c, backend.OpRecv)
		equal(t, "recv", r.data, []byte{byte(i)})
	}
}

// Bytes that arrive while no Recv is in flight go to the next one.
func testRecvBetween(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	for i := range 20 {
		h.write(c.peer, content(i, 0, 16))
		h.settle()
		check(t, "recv", h.receiveAll(c, 16, func() {}), i, 0)
		if i%2 == 0 {
			h.settle()
		}
	}
}

// Sizes around that of the engine's buffer: a full one does not say whether there
// is more. Each size comes before the Recv, and while it waits.
func testRecvAroundRecvSize(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	const size = backend.RecvSize
	for i, n := range []int{1, size - 1, size, size + 1, 2*size - 1, 2 * size, 2*size + 1} {
		body := content(i, 0, int64(n))
		h.write(c.peer, body)
		equal(t, "recv", h.receiveAll(c, n, func() {}), body)
		h.recv(c)
		h.settle()
		h.write(c.peer, body)
		got := h.take(c, backend.OpRecv).data
		got = append(got, h.receiveAll(c, n-len(got), func() {})...)
		equal(t, "parked recv", got, body)
	}
}

func testRecvLarge(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	out := &output{t, c.peer, content(1, 0, s.bulk)}
	got := h.receiveAll(c, int(s.bulk), out.step)
	check(t, "recv", got, 1, 0)
}

func testRecvEOF(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for _, parked := range []bool{false, true} {
		c := h.connect()
		if !parked {
			c.peer.Close()
			h.settle()
		}
		h.recv(c)
		if parked {
			h.settle()
			c.peer.Close()
		}
		if r := h.take(c, backend.OpRecv); r.n != 0 {
			t.Fatalf("recv (parked: %v): %s, want the end", parked, outcome(r.n))
		}
		h.close(c)
	}
}

// When data and the end arrive together, Recv yields the data and then 0, and the
// other direction still works.
func testRecvHalfClose(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for _, n := range []int64{1, backend.RecvSize, backend.RecvSize + 1} {
		for _, parked := range []bool{false, true} {
			c := h.connect()
			if parked {
				h.recv(c)
				h.settle()
			}
			h.write(c.peer, content(1, 0, n))
			c.peer.CloseWrite()
			var got []byte
			if parked {
				got = h.take(c, backend.OpRecv).data
			}
			got = append(got, h.receiveAll(c, int(n)-len(got), func() {})...)
			check(t, "recv", got, 1, 0)
			if r := h.receive(c); r.n != 0 {
				t.Fatalf("recv of %d bytes (parked: %v): then %s, want the end", n, parked, outcome(r.n))
			}
			in := &intake{peer: c.peer}
			h.sendAll(c, content(2, 0, 100), in.quickly())
			h.expect(in, 100)
			check(t, "peer", in.got, 2, 0)
			h.close(c)
		}
	}
}

func testRecvReset(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for _, parked := range []bool{false, true} {
		c := h.connect()
		h.sendAll(c, []byte("unread"), func() {})
		if parked {
			h.recv(c)
			h.settle()
		}
		c.peer.Reset()
		if !parked {
			h.settle()
			h.recv(c)
		}
		wantErrno(t, "recv", h.take(c, backend.OpRecv).n, syscall.ECONNRESET)
		h.close(c)
	}
}

// Of many connections that wait, each wakes for its own data.
func testRecvManyParked(t *testing.T, s *suite) {
	h := s.start(t, slots)
	var conns []*conn
	for range slots {
		c := h.connect()
		h.recv(c)
		conns = append(conns, c)
	}
	h.settle()
	for i, c := range conns {
		h.write(c.peer, []byte{byte(i)})
	}
	for i := len(conns) - 1; i >= 0; i-- {
		equal(t, "recv", h.take(conns[i], backend.OpRecv).data, []byte{byte(i)})
	}
}
