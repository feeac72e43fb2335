package backendtest

import (
	"slices"
	"syscall"
	"testing"

	"aws/backend"
)

var laneTests = []test{
	{"EitherCompletesFirst", testLanesEitherFirst},
	{"ReceiveWhileSendStalls", testLanesReceiveWhileStalled},
	{"RecvAcrossSends", testLanesRecvAcrossSends},
	{"BothDirections", testLanesBothDirections},
	{"HalfCloseWhileSending", testLanesHalfClose},
	{"ResetCompletesBoth", testLanesReset},
	{"CancelBoth", testLanesCancelBoth},
	{"CancelBothAtOnce", testLanesCancelAtOnce},
	{"CancelWithDataThere", testLanesCancelWithData},
	{"CorkAndShutdownWhileReceiving", testLanesCorkAndShutdown},
}

// way is one of the ways in which an engine may send. All of them send the
// same: the content of a file.
type way struct {
	name   string
	op     backend.Op
	submit func(h *harness, c *conn, f *file, off int64)
}

// ways differ in what an engine does about them: from memory or a file, with a
// head or without, little or much.
var ways = []way{
	sendOf("send", 12_000),
	sendOf("large send", 256<<10),
	fileOf("small file", 0, 12_000),
	fileOf("small file with head", 300, 12_000),
	fileOf("large file", 0, 1<<20),
	fileOf("large file with head", 300, 1<<20),
}

func sendOf(name string, most int64) way {
	return way{name, backend.OpSend, func(h *harness, c *conn, f *file, off int64) {
		h.send(c, content(f.id, off, min(most, f.size-off)))
	}}
}

func fileOf(name string, head, most int64) way {
	return way{name, backend.OpSendFile, func(h *harness, c *conn, f *file, off int64) {
		head := min(head, f.size-off-1)
		h.sendFile(c, content(f.id, off, head), f, off+head, min(most, f.size-off-head))
	}}
}

// rest takes the operation in flight, and sends what is left of f after off.
func (h *harness) rest(c *conn, w way, f *file, off int64, step func()) {
	h.t.Helper()
	for {
		r := h.takeWhile(c, w.op, step)
		if r.n <= 0 {
			h.t.Fatalf("%s: %s at %d of %d", w.name, outcome(r.n), off, f.size)
		}
		if off += int64(r.n); off == f.size {
			return
		}
		w.submit(h, c, f, off)
	}
}

// fill is jam by any way. The peer has all of f in the end.
func (h *harness) fill(c *conn, w way, f *file) (sent int64) {
	h.t.Helper()
	return h.jamBy(c, w.op, func(sent int64) { w.submit(h, c, f, sent) })
}

// stalled makes a connection on which w has stalled.
func (h *harness) stalled(w way, f *file) (c *conn, sent int64) {
	h.t.Helper()
	c = h.connect()
	return c, h.fill(c, w, f)
}

// hear has the peer say something and the Recv in flight hear it.
func (h *harness) hear(c *conn, word byte) {
	h.t.Helper()
	h.write(c.peer, []byte{word})
	equal(h.t, "recv", h.take(c, backend.OpRecv).data, []byte{word})
}

// With both lanes in flight, either completes first, and the other after it.
func testLanesEitherFirst(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	for _, w := range ways {
		for _, recvFirst := range []bool{true, false} {
			c := h.connect()
			in := &intake{peer: c.peer}
			if recvFirst {
				h.recv(c)
				w.submit(h, c, f, 0)
			} else {
				w.submit(h, c, f, 0)
				h.recv(c)
			}
			n := h.takeWhile(c, w.op, in.quickly()).n // the Recv has nothing to receive
			if n <= 0 || len(c.done) != 0 {
				t.Fatalf("%s: %s, and completed then: %v", w.name, outcome(n), c.done)
			}
			h.hear(c, 'x')
			h.expect(in, int64(n))
			check(t, "peer", in.got, f.id, 0)
			h.close(c)
		}
	}
}

// While a send stalls, the connection receives as before; then the send goes
// on, and nothing of it is lost.
func testLanesReceiveWhileStalled(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	for _, w := range ways {
		c, sent := h.stalled(w, f)
		for i := range byte(5) {
			h.recv(c)
			if i%2 == 0 {
				h.settle()
			}
			h.hear(c, i)
			if h.soon(c, w.op) { // a delayed acknowledgement has made some room
				if sent += int64(h.take(c, w.op).n); sent >= f.size/2 {
					t.Fatalf("%s: %d bytes went, and the peer has read nothing", w.name, sent)
				}
				w.submit(h, c, f, sent)
			}
		}
		h.recv(c)
		in := &intake{peer: c.peer}
		h.rest(c, w, f, sent, in.quickly())
		h.expect(in, f.size)
		check(t, w.name, in.got, f.id, 0)
		h.hear(c, 'x')
		h.close(c)
	}
}

// A Recv that waits stays what it was while all kinds of sends run, in any
// order: an engine may change the socket's mode between them.
func testLanesRecvAcrossSends(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	c := h.connect()
	in := &intake{peer: c.peer}
	var off int64
	send := func(w way) {
		w.submit(h, c, f, off%(1<<20))
		n := int64(h.takeWhile(c, w.op, in.quickly()).n)
		if n <= 0 {
			t.Fatalf("%s: %s", w.name, outcome(int(n)))
		}
		h.expect(in, n)
		check(t, w.name, in.got, f.id, off%(1<<20))
		in.got = nil
		off += n
	}
	for i := range ways {
		for j := range ways {
			send(ways[i]) // what has set the mode when Recv is submitted
			h.recv(c)
			if (i+j)%2 == 0 {
				h.settle() // so that the kernel has it
			}
			send(ways[j])
			if len(c.done) != 0 {
				t.Fatalf("recv: %s during %s after %s", outcome(c.done[backend.OpRecv].n), ways[j].name, ways[i].name)
			}
			h.hear(c, byte(i*len(ways)+j))
		}
	}
}

// Much in both directions at once, to peers of any pace.
func testLanesBothDirections(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, s.bulk)
	for i, w := range ways {
		c := h.connect()
		in := &intake{peer: c.peer}
		read := in.quickly()
		if i%2 == 1 {
			read = in.slowly()
		}
		inward := s.bulk / 8 // faults make small pieces of it
		out := &output{t, c.peer, content(2, 0, inward)}
		var got []byte
		off := int64(0)
		w.submit(h, c, f, 0)
		h.recv(c)
		h.until("both directions", func() bool {
			out.step()
			read()
			if r, ok := c.done[w.op]; ok {
				delete(c.done, w.op)
				if r.n <= 0 {
					t.Fatalf("%s: %s", w.name, outcome(r.n))
				}
				if off += int64(r.n); off < f.size {
					w.submit(h, c, f, off)
				}
			}
			if r, ok := c.done[backend.OpRecv]; ok {
				delete(c.done, backend.OpRecv)
				if r.n <= 0 {
					t.Fatalf("recv: %s", outcome(r.n))
				}
				if got = append(got, r.data...); int64(len(got)) < inward {
					h.recv(c)
				}
			}
			return off == f.size && int64(len(got)) == inward
		})
		h.expect(in, f.size)
		check(t, w.name, in.got, f.id, 0)
		check(t, "recv", got, 2, 0)
		h.close(c)
	}
}

// A peer that ends its side while it is being sent to still gets everything.
func testLanesHalfClose(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	for _, w := range ways {
		for _, waiting := range []bool{false, true} {
			c, sent := h.stalled(w, f)
			if waiting {
				h.recv(c)
				h.settle()
			}
			h.write(c.peer, []byte("last"))
			c.peer.CloseWrite()
			if !waiting {
				h.settle()
				h.recv(c)
			}
			got := h.take(c, backend.OpRecv).data
			equal(t, "recv", append(got, h.receiveAll(c, 4-len(got), func() {})...), []byte("last"))
			if r := h.receive(c); r.n != 0 {
				t.Fatalf("recv: %s, want the end", outcome(r.n))
			}
			in := &intake{peer: c.peer}
			h.rest(c, w, f, sent, in.quickly())
			h.expect(in, f.size)
			check(t, w.name, in.got, f.id, 0)
			h.close(c)
		}
	}
}

// A reset ends both lanes, each once.
func testLanesReset(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	for _, w := range ways {
		c, _ := h.stalled(w, f)
		h.recv(c)
		h.settle()
		c.peer.Reset()
		r := h.take(c, backend.OpRecv)
		if r.n != 0 { // the send may have taken the socket's error
			wantErrno(t, "recv", r.n, syscall.ECONNRESET, syscall.EPIPE)
		}
		if r := h.take(c, w.op); r.n <= 0 {
			wantErrno(t, w.name, r.n, syscall.EPIPE, syscall.ECONNRESET)
		}
		h.noMore(c)
		h.close(c)
	}
}

// Cancel ends both lanes, each once, however often it is called.
func testLanesCancelBoth(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	for times := range 2 {
		for _, w := range ways {
			c, _ := h.stalled(w, f)
			h.recv(c)
			h.settle()
			for range times + 1 {
				h.cancel(c)
				h.turn(0)
			}
			h.wantBothCancelled(c, w)
		}
	}
}

func (h *harness) wantBothCancelled(c *conn, w way) {
	h.t.Helper()
	wantErrno(h.t, "cancelled recv beside "+w.name, h.take(c, backend.OpRecv).n, syscall.ECANCELED)
	if r := h.take(c, w.op); r.n <= 0 { // the kernel may have found room meanwhile
		wantErrno(h.t, "cancelled "+w.name, r.n, syscall.ECANCELED)
	}
	h.noMore(c)
	h.close(c)
}

// Cancel of both before the kernel has heard of the Recv.
func testLanesCancelAtOnce(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	for _, w := range ways {
		c, _ := h.stalled(w, f)
		h.recv(c)
		h.cancel(c)
		h.wantBothCancelled(c, w)

		c = h.connect()
		w.submit(h, c, f, 0)
		h.recv(c)
		h.cancel(c)
		h.wantBothCancelled(c, w)
	}
}

// A race that either side may win, with a send that has stalled beside it.
func testLanesCancelWithData(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 4<<20)
	for i, w := range slices.Concat(ways, ways) {
		c, _ := h.stalled(w, f)
		h.recv(c)
		if i%2 == 0 {
			h.settle()
		}
		h.write(c.peer, []byte("x"))
		h.cancel(c)
		if r := h.take(c, backend.OpRecv); r.n != 1 {
			wantErrno(t, "cancelled recv", r.n, syscall.ECANCELED)
		}
		if r := h.take(c, w.op); r.n <= 0 {
			wantErrno(t, "cancelled "+w.name, r.n, syscall.ECANCELED)
		}
		h.noMore(c)
		h.close(c)
	}
}

// Cork and Shutdown are legal while a Recv waits, which goes on.
func testLanesCorkAndShutdown(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, s.bulk)
	for _, w := range ways {
		c := h.connect()
		in := &intake{peer: c.peer}
		h.recv(c)
		h.settle()
		h.Backend.Cork(c.token)
		w.submit(h, c, f, 0)
		h.rest(c, w, f, 0, in.quickly())
		h.Backend.Shutdown(c.token)
		h.expectEOF(in)
		check(t, w.name, in.got, f.id, 0)
		if int64(len(in.got)) != f.size || len(c.done) != 0 {
			t.Fatalf("%s: %d of %d bytes arrived; completed: %v", w.name, len(in.got), f.size, c.done)
		}
		h.hear(c, 'x')
		h.close(c)
	}
}
