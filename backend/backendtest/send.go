package backendtest

import (
	"syscall"
	"testing"

	"aws/backend"
)

var sendTests = []test{
	{"Small", testSendSmall},
	{"Large", testSendLarge},
	{"SlowReader", testSendSlowReader},
	{"Parked", testSendParked},
	{"PeerGone", testSendPeerGone},
	{"PeerGoneWhileParked", testSendPeerGoneWhileParked},
	{"Shutdown", testShutdown},
	{"ShutdownDuringRecv", testShutdownDuringRecv},
	{"Corked", testCorked},
	{"CorkedWithoutEnd", testCorkedWithoutEnd},
}

func testSendSmall(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	for i := range int64(100) {
		h.sendAll(c, content(1, i, 1), in.quickly())
	}
	h.expect(in, 100)
	check(t, "peer", in.got, 1, 0)
}

func testSendLarge(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	h.sendAll(c, content(1, 0, s.bulk), in.quickly())
	h.expect(in, s.bulk)
	check(t, "peer", in.got, 1, 0)
}

func testSendSlowReader(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	h.sendAll(c, content(1, 0, s.bulk), in.slowly())
	h.expect(in, s.bulk)
	check(t, "peer", in.got, 1, 0)
}

// A send into a full socket waits; it goes on when the peer reads.
func testSendParked(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	parked, sent := h.jam(c)
	r := h.takeWhile(c, backend.OpSend, in.quickly())
	if r.n <= 0 {
		t.Fatalf("parked send: %s", outcome(r.n))
	}
	h.sendAll(c, parked[r.n:], in.quickly())
	h.expect(in, sent+int64(len(parked)))
	check(t, "peer", in.got, jamID, 0)
}

// Sends of every kind to a client that has gone soon fail, and do not kill the
// process with SIGPIPE.
func testSendPeerGone(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 100<<10)
	ways := []struct {
		name   string
		submit func(c *conn)
		op     backend.Op
	}{
		{"send", func(c *conn) { h.send(c, content(1, 0, 1000)) }, backend.OpSend},
		{"sendfile", func(c *conn) { h.sendFile(c, nil, f, 0, f.size) }, backend.OpSendFile},
		{"sendfile with head", func(c *conn) { h.sendFile(c, []byte("head"), f, 0, f.size) }, backend.OpSendFile},
	}
	for _, way := range ways {
		c := h.connect()
		c.peer.Close()
		for n := 1; n > 0; {
			h.checkDeadline(way.name + " to fail")
			way.submit(c)
			if n = h.take(c, way.op).n; n <= 0 {
				wantErrno(t, way.name, n, syscall.EPIPE, syscall.ECONNRESET)
			}
			h.settle()
		}
		h.close(c)
	}
}

func testSendPeerGoneWhileParked(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	h.jam(c)
	c.peer.Reset()
	n := h.take(c, backend.OpSend).n
	for n > 0 { // it went before the reset
		h.checkDeadline("a send to fail")
		h.send(c, content(jamID, 0, 1000))
		n = h.take(c, backend.OpSend).n
	}
	wantErrno(t, "parked send", n, syscall.EPIPE, syscall.ECONNRESET)
}

// After Shutdown the peer sees the end after the data, and can still send.
func testShutdown(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	h.sendAll(c, content(1, 0, 1000), in.quickly())
	h.Backend.Shutdown(c.token)
	h.expectEOF(in)
	check(t, "peer", in.got, 1, 0)
	h.write(c.peer, content(2, 0, 1000))
	check(t, "recv", h.receiveAll(c, 1000, func() {}), 2, 0)
	c.peer.CloseWrite()
	if r := h.receive(c); r.n != 0 {
		t.Fatalf("recv: %s, want the end", outcome(r.n))
	}
}

func testShutdownDuringRecv(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	h.recv(c)
	h.settle()
	h.Backend.Shutdown(c.token)
	in := &intake{peer: c.peer}
	h.expectEOF(in)
	if len(c.done) != 0 {
		t.Fatalf("recv: %s, because of Shutdown", outcome(c.done[backend.OpRecv].n))
	}
	h.write(c.peer, []byte("x"))
	equal(t, "recv", h.take(c, backend.OpRecv).data, []byte("x"))
}

// Corked bytes all arrive before the end, be it Shutdown or Close.
func testCorked(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(2, s.bulk)
	ends := []struct {
		name string
		end  func(c *conn)
	}{
		{"close", h.close},
		{"shutdown", func(c *conn) { h.Backend.Shutdown(c.token) }},
	}
	for _, end := range ends {
		for _, n := range []int64{1, 5000, s.bulk} {
			c := h.connect()
			in := &intake{peer: c.peer}
			h.Backend.Cork(c.token)
			h.sendAll(c, content(1, 0, n), in.slowly())
			end.end(c)
			h.expectEOF(in)
			equal(t, end.name+" after send", in.got, content(1, 0, n))

			c = h.connect()
			in = &intake{peer: c.peer}
			h.Backend.Cork(c.token)
			d := delivery{content(headID, 0, 300), f, 0, n}
			if _, last := h.deliver(c, d, in.slowly()); last <= 0 {
				t.Fatalf("sendfile: %s", outcome(last))
			}
			end.end(c)
			h.expectEOF(in)
			equal(t, end.name+" after sendfile", in.got, append(content(headID, 0, 300), content(2, 0, n)...))
		}
	}
}

// Corked bytes arrive even if no end follows.
func testCorkedWithoutEnd(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(2, 1000)
	c := h.connect()
	in := &intake{peer: c.peer}
	h.Backend.Cork(c.token)
	h.sendAll(c, content(1, 0, 1000), in.quickly())
	h.expect(in, 1000)
	check(t, "peer", in.got, 1, 0)
	h.deliver(c, delivery{nil, f, 0, f.size}, in.quickly())
	h.expect(in, 2000)
	check(t, "peer", in.got[1000:], 2, 0)
}
