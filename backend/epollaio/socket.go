package epollaio

import (
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// sendfileMax caps what one SendFile moves, so that the connections take
// turns.
const sendfileMax = 1 << 20

// begin checks a socket operation at submit and notes it.
func (e *engine) begin(t backend.Token, op backend.Op) *conn {
	backend.Assert(e.slots.Live(t), "epoll-aio: submission with a stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.op == backend.OpNone, "epoll-aio: second socket operation in flight")
	c.op = op
	return c
}

// start lets the operation run as soon as its socket is ready.
func (e *engine) start(t backend.Token, c *conn) {
	if e.holding.delay > 0 {
		c.bits |= held
		e.holding.put(socketEntry | t.Slot())
		return
	}
	e.enqueueIfReady(t.Slot(), c)
}

func (e *engine) Recv(t backend.Token) {
	e.start(t, e.begin(t, backend.OpRecv))
}

func (e *engine) Send(t backend.Token, b []byte) {
	backend.Assert(len(b) > 0, "epoll-aio: Send of nothing")
	c := e.begin(t, backend.OpSend)
	c.buf = b
	e.start(t, c)
}

func (e *engine) SendFile(t backend.Token, head []byte, f backend.File, off, n int64) {
	backend.Assert(n > 0 && off >= 0, "epoll-aio: SendFile of nothing")
	c := e.begin(t, backend.OpSendFile)
	c.buf, c.file, c.off, c.left = head, f.FD, off, n
	e.start(t, c)
}

func (e *engine) Cancel(t backend.Token) {
	backend.Assert(e.slots.Live(t), "epoll-aio: Cancel with a stale token")
	c := &e.conns[t.Slot()]
	if c.op != backend.OpNone {
		c.bits |= cancelled
		e.enqueueIfReady(t.Slot(), c)
	}
}

func (e *engine) Shutdown(t backend.Token) {
	backend.Assert(e.slots.Live(t), "epoll-aio: Shutdown with a stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.op == backend.OpNone || c.op == backend.OpRecv, "epoll-aio: Shutdown while sending")
	_ = unix.Shutdown(int(c.fd), unix.SHUT_WR) // ENOTCONN: the peer was first
}

func (e *engine) Close(t backend.Token) {
	backend.Assert(e.slots.Live(t), "epoll-aio: Close with a stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.op == backend.OpNone && !c.read.inFlight, "epoll-aio: Close with an operation in flight")
	_ = unix.Close(int(c.fd)) // leaves epoll with its last descriptor (epoll(7), question 6)
	*c = conn{fd: -1}
	e.slots.Free(t)
	e.counters.Closed++
	if e.starved {
		e.resumeAccept()
	}
}

// attempt makes the one kernel attempt of the connection's socket operation.
// Without a result the operation waits on: parked, or queued again where an
// injected fault only pretended.
func (e *engine) attempt(slot uint32) (backend.Completion, bool) {
	c := &e.conns[slot]
	c.bits &^= queued
	n, errno := 0, syscall.ECANCELED
	if c.bits&cancelled == 0 {
		if e.faults.WouldBlock() {
			e.counters.WouldBlock++
			e.enqueueIfReady(slot, c)
			return backend.Completion{}, false
		}
		switch c.op {
		case backend.OpRecv:
			n, errno = e.recv(c)
		case backend.OpSend:
			n, errno = e.send(c, c.buf, 0)
		case backend.OpSendFile:
			n, errno = e.sendFile(c)
		}
	}
	if errno == unix.EAGAIN {
		return backend.Completion{}, false
	}
	done := backend.Completion{Token: e.slots.Token(slot), N: n, Op: c.op}
	if errno != 0 {
		done.N = negErrno(errno)
	} else if c.op == backend.OpRecv {
		done.Data = e.recvBuf[:n]
	}
	c.op, c.buf = backend.OpNone, nil
	c.bits &^= cancelled
	return done, true
}

// recv receives into the engine's one buffer. What came short has drained the
// socket (epoll(7), question 9), so no second recv is needed to see EAGAIN;
// but a library between us and the kernel may cut calls short, and then only
// EAGAIN tells. After a hang-up recv no longer blocks, so the socket stays
// readable: its end is reported by no further event.
func (e *engine) recv(c *conn) (int, syscall.Errno) {
	want := e.faults.Limit(backend.OpRecv, len(e.recvBuf))
	for {
		if e.faults.Interrupted() {
			continue
		}
		e.counters.Recvs++
		n, errno := e.calls.Recv(c.fd, e.recvBuf[:want])
		switch {
		case errno == unix.EINTR:
			continue
		case errno == unix.EAGAIN:
			e.counters.WouldBlock++
			c.bits &^= readable
		case errno == 0 && n < want && !e.calls.Libc && c.bits&hungUp == 0:
			c.bits &^= readable
		}
		return n, errno
	}
}

// send sends what the socket takes of b. Only EAGAIN says that it is full.
func (e *engine) send(c *conn, b []byte, flags int) (int, syscall.Errno) {
	want := e.faults.Limit(backend.OpSend, len(b))
	for {
		if e.faults.Interrupted() {
			continue
		}
		e.counters.Sends++
		n, errno := e.calls.Send(c.fd, b[:want], flags)
		if errno == unix.EINTR {
			continue
		}
		e.sent(c, n, len(b), errno)
		return n, errno
	}
}

// sent notes what a send or sendfile tells of the socket.
func (e *engine) sent(c *conn, n, asked int, errno syscall.Errno) {
	if errno == unix.EAGAIN {
		e.counters.WouldBlock++
		c.bits &^= writable
	} else if errno == 0 && n < asked {
		e.counters.Short++
	}
}

// sendFile sends the head, held back by MSG_MORE until the file's first bytes
// join it, and then the file. Whatever stops it after the head went out, the
// head's bytes are a result of their own.
func (e *engine) sendFile(c *conn) (int, syscall.Errno) {
	head := len(c.buf)
	if head > 0 {
		n, errno := e.send(c, c.buf, unix.MSG_MORE)
		if errno != 0 || n < head {
			return n, errno
		}
	}
	n, errno := e.sendBody(c)
	if errno != 0 && head > 0 {
		return head, 0
	}
	return head + n, errno
}

func (e *engine) sendBody(c *conn) (int, syscall.Errno) {
	want := int(min(c.left, sendfileMax))
	want = e.faults.Limit(backend.OpSendFile, want)
	for {
		if e.faults.Interrupted() {
			continue
		}
		off := c.off
		e.counters.Sendfiles++
		n, errno := e.calls.Sendfile(c.fd, c.file, &off, want)
		if errno == unix.EINTR {
			continue
		}
		e.sent(c, n, want, errno)
		return n, errno
	}
}
