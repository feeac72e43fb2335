package backendtest

import (
	"fmt"

	"aws/backend"
)

// The harness's vocabulary: the engine's operations with an account kept, and
// the few compound steps that many tests are made of.

// dial connects a client to the first listener.
func (h *harness) dial() Peer { return h.Dial(0) }

// accept waits for the next new connection, whose peer is not known.
func (h *harness) accept() *conn {
	h.t.Helper()
	h.until("an accept", func() bool { return len(h.accepted) > 0 })
	c := h.accepted[0]
	h.accepted = h.accepted[1:]
	return c
}

// connect dials and accepts. Other clients may not be waiting.
func (h *harness) connect() *conn {
	h.t.Helper()
	return h.connectTo(0)
}

// connectTo is connect for a listener other than the first.
func (h *harness) connectTo(listener int) *conn {
	h.t.Helper()
	peer := h.Dial(listener)
	c := h.accept()
	c.peer = peer
	return c
}

func (h *harness) recv(c *conn) {
	c.asked[backend.OpRecv] = backend.RecvSize
	h.Backend.Recv(c.token)
}

func (h *harness) send(c *conn, b []byte) {
	c.asked[backend.OpSend] = int64(len(b))
	c.sending = b
	h.Backend.Send(c.token, b)
}

func (h *harness) sendFile(c *conn, head []byte, f *file, off, n int64) {
	c.asked[backend.OpSendFile] = int64(len(head)) + n
	c.sending = head
	h.Backend.SendFile(c.token, head, f.File, off, n)
}

func (h *harness) readFile(read int32, b []byte, f *file, off int64) {
	if read >= 0 && int(read) < len(h.reads) {
		h.reads[read].asked = int64(len(b))
	}
	h.Backend.ReadFile(read, b, f.File, off)
}

func (h *harness) cancel(c *conn)     { h.Backend.Cancel(c.token) }
func (h *harness) cancelSend(c *conn) { h.Backend.CancelSend(c.token) }

func (h *harness) close(c *conn) {
	h.Backend.Close(c.token)
	delete(h.conns, c.token)
}

func (h *harness) reset(c *conn) {
	h.Backend.Reset(c.token)
	delete(h.conns, c.token)
}

// take waits for the completion of op, asleep: only the engine has anything to
// do.
func (h *harness) take(c *conn, op backend.Op) result {
	h.t.Helper()
	for {
		if r, ok := c.done[op]; ok {
			delete(c.done, op)
			return r
		}
		h.checkDeadline(fmt.Sprintf("%v of %v", op, c.token))
		h.turn(h.untilDeadline())
	}
}

// takeRead waits for the completion of a file read.
func (h *harness) takeRead(number int32) result {
	h.t.Helper()
	return h.takeReadWhile(number, func() {})
}

// takeReadWhile is takeRead while step plays the peers' part.
func (h *harness) takeReadWhile(number int32, step func()) result {
	h.t.Helper()
	r := &h.reads[number]
	h.until(fmt.Sprintf("readfile %d", number), func() bool {
		step()
		return r.done
	})
	r.done = false
	return r.result
}

// takeWhile waits for the completion of op while step plays the peers' part.
func (h *harness) takeWhile(c *conn, op backend.Op, step func()) result {
	h.t.Helper()
	h.until(fmt.Sprintf("%v of %v", op, c.token), func() bool {
		step()
		_, ok := c.done[op]
		return ok
	})
	return h.take(c, op)
}

// receive submits a Recv and waits for its result.
func (h *harness) receive(c *conn) result {
	h.t.Helper()
	h.recv(c)
	return h.take(c, backend.OpRecv)
}

// receiveAll receives n bytes, in as many pieces as the engine likes, while
// step plays the peer's part.
func (h *harness) receiveAll(c *conn, n int, step func()) []byte {
	h.t.Helper()
	var got []byte
	for len(got) < n {
		h.recv(c)
		r := h.takeWhile(c, backend.OpRecv, step)
		if r.n <= 0 {
			h.t.Fatalf("recv: %s after %d of %d bytes", outcome(r.n), len(got), n)
		}
		got = append(got, r.data...)
	}
	return got
}

// sendAll sends all of b, piece by piece, while step plays the peer's part.
func (h *harness) sendAll(c *conn, b []byte, step func()) {
	h.t.Helper()
	for len(b) > 0 {
		h.send(c, b)
		r := h.takeWhile(c, backend.OpSend, step)
		if r.n <= 0 {
			h.t.Fatalf("send: %s with %d bytes left", outcome(r.n), len(b))
		}
		b = b[r.n:]
	}
}

// delivery is what is left of a head and a range of a file.
type delivery struct {
	head   []byte
	file   *file
	off, n int64
}

func (d *delivery) over() bool { return len(d.head) == 0 && d.n == 0 }

// advance notes that moved more bytes have been sent.
func (d *delivery) advance(moved int) {
	k := min(moved, len(d.head))
	d.head = d.head[k:]
	d.off += int64(moved - k)
	d.n -= int64(moved - k)
}

// deliver sends d, piece by piece, while step plays the peer's part. It
// returns the bytes sent and the last result: above 0 if all went out.
func (h *harness) deliver(c *conn, d delivery, step func()) (sent int64, last int) {
	h.t.Helper()
	for !d.over() {
		h.sendFile(c, d.head, d.file, d.off, d.n)
		last = h.takeWhile(c, backend.OpSendFile, step).n
		if last <= 0 {
			return sent, last
		}
		sent += int64(last)
		d.advance(last)
	}
	return sent, last
}

// jam sends until a send is parked: the peer reads nothing, and all buffers on
// the way are full. It returns the parked send's buffer and what was sent before.
func (h *harness) jam(c *conn) (parked []byte, sent int64) {
	h.t.Helper()
	sent = h.jamBy(c, backend.OpSend, func(sent int64) {
		parked = content(jamID, sent, 256<<10)
		h.send(c, parked)
	})
	return parked, sent
}

// jamBy is jam by any operation: submit submits the bytes that follow those
// sent.
func (h *harness) jamBy(c *conn, op backend.Op, submit func(sent int64)) (sent int64) {
	h.t.Helper()
	for {
		submit(sent)
		if !h.soon(c, op) {
			return sent
		}
		r := h.take(c, op)
		if r.n <= 0 {
			h.t.Fatalf("%v: %s", op, outcome(r.n))
		}
		sent += int64(r.n)
		h.checkDeadline("a socket to be full")
	}
}

// soon takes turns until op has completed, and gives up after some.
func (h *harness) soon(c *conn, op backend.Op) bool {
	h.t.Helper()
	for range 10 {
		if _, ok := c.done[op]; ok {
			return true
		}
		h.turn(tick)
	}
	_, ok := c.done[op]
	return ok
}
