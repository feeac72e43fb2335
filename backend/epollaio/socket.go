package epollaio

import (
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/sockop"
)

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
	if e.hold.Active() {
		c.bits |= held
		e.hold.Put(backend.SocketEntry | t.Slot())
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
	if c.bits &^= cached; f.Cached {
		c.bits |= cached
	}
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

func (e *engine) Cork(t backend.Token) {
	backend.Assert(e.slots.Live(t), "epoll-aio: Cork with a stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.op == backend.OpNone || c.op == backend.OpRecv, "epoll-aio: Cork while sending")
	c.bits |= corked
}

// more is the flag of a send whose bytes may wait for others.
func (c *conn) more() int {
	if c.bits&corked != 0 {
		return unix.MSG_MORE
	}
	return 0
}

func (e *engine) Unacked(t backend.Token) int {
	backend.Assert(e.slots.Live(t), "epoll-aio: Unacked with a stale token")
	return sockop.Unacked(e.conns[t.Slot()].fd)
}

func (e *engine) Unread(t backend.Token) int {
	backend.Assert(e.slots.Live(t), "epoll-aio: Unread with a stale token")
	return sockop.Unread(e.conns[t.Slot()].fd)
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
	backend.Assert(c.op == backend.OpNone && !c.read.InFlight, "epoll-aio: Close with an operation in flight")
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
	if c.bits&(cancelled|lost) == lost {
		errno = unix.ENOMEM
	} else if c.bits&cancelled == 0 {
		if e.faults.WouldBlock() {
			e.counters.WouldBlock++
			e.enqueueIfReady(slot, c)
			return backend.Completion{}, false
		}
		switch c.op {
		case backend.OpRecv:
			n, errno = e.recv(c)
		case backend.OpSend:
			n, errno = e.transfer.Transmit(c.fd, c.buf, c.more())
		case backend.OpSendFile:
			if c.bits&corked != 0 {
				sockop.Cork(c.fd) // which sendfile has no flag for
			}
			n, errno = e.transfer.TransmitFile(c.fd, c.buf, backend.File{FD: c.file, Cached: c.bits&cached != 0}, c.off, c.left)
		}
	}
	if errno == unix.EAGAIN {
		if c.op != backend.OpRecv {
			c.bits &^= writable | cached // which it may not be when there is room
		}
		e.enqueueIfReady(slot, c)
		return backend.Completion{}, false
	}
	done := backend.Completion{Token: e.slots.Token(slot), N: n, Op: c.op}
	if errno != 0 {
		done.N = negErrno(errno)
	} else if c.op == backend.OpRecv {
		done.Data = e.recvBuf[:n]
	}
	c.op, c.buf = backend.OpNone, nil
	c.bits &^= cancelled | lost
	return done, true
}

// recv receives into the engine's one buffer. A socket that is known to be
// drained needs no second recv to see EAGAIN: an event will tell when there is
// more. After a hang-up none will, and recv no longer blocks, so the socket
// stays readable to its end.
func (e *engine) recv(c *conn) (int, syscall.Errno) {
	n, drained, errno := e.transfer.Receive(c.fd, e.recvBuf)
	if drained && c.bits&hungUp == 0 {
		c.bits &^= readable
	}
	return n, errno
}
