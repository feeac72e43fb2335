package uring

import (
	"os"
	"syscall"
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/sockop"
)

// claim checks a socket operation at submit and notes it.
func (e *engine) claim(t backend.Token, op backend.Op) *conn {
	backend.Assert(e.slots.Live(t), "uring: submission with a stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.op == backend.OpNone, "uring: second socket operation in flight")
	c.op = op
	return c
}

// start submits the operation, or has Next attempt it: where an attempt may
// have a result at once, the operation moves much, or faults are to be injected.
func (e *engine) start(t backend.Token, c *conn) {
	switch {
	case e.hold.Active():
		c.bits |= held
		e.hold.Put(backend.SocketEntry | t.Slot())
	case e.faults != nil || c.op == backend.OpSendFile && c.buffer < 0 || c.bits&corked != 0 || backend.IsBulk(c.op, len(c.buf), c.left):
		e.enqueue(t.Slot())
	default:
		e.submit(t, c)
	}
}

// attempt starts the connection's socket operation from the queue.
func (e *engine) attempt(slot uint32) (backend.Completion, bool) {
	c := &e.conns[slot]
	c.bits &^= queued
	switch {
	case c.bits&cancelled != 0:
		return e.finish(slot, c, negErrno(unix.ECANCELED)), true
	case e.faults.WouldBlock():
		e.counters.WouldBlock++
		e.enqueue(slot)
	case c.op == backend.OpSendFile && c.buffer < 0:
		return e.sendfile(slot, c)
	case c.op == backend.OpSend && c.bits&corked != 0:
		return e.sendLast(slot, c)
	default:
		e.submit(e.slots.Token(slot), c)
	}
	return backend.Completion{}, false
}

func (e *engine) submit(t backend.Token, c *conn) {
	switch c.op {
	case backend.OpRecv:
		e.submitRecv(t, c)
	case backend.OpSend:
		e.submitSend(t, c)
	case backend.OpSendFile:
		e.submitChain(t, c)
	}
}

// submitPoll waits for readiness, once (poll(2) events).
func (e *engine) submitPoll(t backend.Token, c *conn, events uint32) {
	s := e.entry(t, pollKind)
	s.PrepOperation(iouring.IORING_OP_POLL_ADD, c.fd, 0, 0, 0)
	s.SetOpFlags(events)
}

func (e *engine) pollDone(slot uint32, c *conn, n int) (backend.Completion, bool) {
	switch {
	case n < 0 || c.bits&cancelled != 0:
		if n >= 0 {
			n = negErrno(unix.ECANCELED)
		}
		return e.finish(slot, c, n), true
	case c.op == backend.OpRecv:
		return e.receive(slot, c)
	}
	e.retry(slot, c)
	return backend.Completion{}, false
}

// io_uring waits on a blocking socket and answers EAGAIN on a non-blocking
// one; sendfile(2) needs it the other way round. So the mode follows the way
// of sending, and is changed only where a connection goes from one to the
// other. Receiving takes it as it is.

func (e *engine) makeBlocking(c *conn) {
	if c.bits&nonblocking != 0 {
		e.setNonblock(c, false)
	}
}

func (e *engine) makeNonblocking(c *conn) {
	if c.bits&nonblocking == 0 {
		e.setNonblock(c, true)
	}
}

const fionbio = 0x5421 // FIONBIO of asm-generic/ioctls.h

// setNonblock changes the mode by ioctl(FIONBIO): one call, where fcntl would
// first have to ask for the flags.
func (e *engine) setNonblock(c *conn, on bool) {
	c.bits ^= nonblocking
	e.mode = 0
	if on {
		e.mode = 1
	}
	_, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(c.fd), fionbio, uintptr(unsafe.Pointer(&e.mode)))
	if errno != 0 {
		e.warn("changing a socket's mode", os.NewSyscallError("ioctl", errno))
	}
}

// Cancel looks for what the operation has with the kernel. What only is on
// the queue sees the mark when its turn comes.
func (e *engine) Cancel(t backend.Token) {
	backend.Assert(e.slots.Live(t), "uring: Cancel with a stale token")
	c := &e.conns[t.Slot()]
	if c.op == backend.OpNone || c.bits&cancelled != 0 {
		return
	}
	c.bits |= cancelled
	if c.bits&noticeDue != 0 {
		e.abort(c)
		return
	}
	if c.bits&inRing == 0 {
		return
	}
	switch {
	case c.op == backend.OpRecv && e.recvInRing(c):
		e.cancel(uint64(t) | recvKind)
	case c.op == backend.OpSend:
		e.cancel(uint64(t) | sendKind)
	case c.op == backend.OpSendFile && c.buffer >= 0:
		// The send cannot be found before the read has ended, and would wait
		// for a peer that has stalled: a socket that is shut down fails it.
		e.cancel(uint64(t) | sendKind)
		_ = unix.Shutdown(int(c.fd), unix.SHUT_RDWR)
	default:
		e.cancel(uint64(t) | pollKind)
	}
}

// cancel asks for the end of the operation that carries data.
func (e *engine) cancel(data uint64) {
	s := e.entry(0, cancelKind)
	s.PrepOperation(iouring.IORING_OP_ASYNC_CANCEL, -1, data, 0, 0)
}

func (e *engine) Cork(t backend.Token) {
	backend.Assert(e.slots.Live(t), "uring: Cork with a stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.op == backend.OpNone || c.op == backend.OpRecv, "uring: Cork while sending")
	c.bits |= corked
}

func (e *engine) Unacked(t backend.Token) int {
	backend.Assert(e.slots.Live(t), "uring: Unacked with a stale token")
	return sockop.Unacked(e.conns[t.Slot()].fd)
}

func (e *engine) Unread(t backend.Token) int {
	backend.Assert(e.slots.Live(t), "uring: Unread with a stale token")
	return sockop.Unread(e.conns[t.Slot()].fd)
}

func (e *engine) Shutdown(t backend.Token) {
	backend.Assert(e.slots.Live(t), "uring: Shutdown with a stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.op == backend.OpNone || c.op == backend.OpRecv, "uring: Shutdown while sending")
	_ = unix.Shutdown(int(c.fd), unix.SHUT_WR) // ENOTCONN: the peer was first
}

func (e *engine) Close(t backend.Token) {
	backend.Assert(e.slots.Live(t), "uring: Close with a stale token")
	c := &e.conns[t.Slot()]
	backend.Assert(c.op == backend.OpNone && !c.read.InFlight, "uring: Close with an operation in flight")
	_ = unix.Close(int(c.fd))
	*c = conn{fd: -1, buffer: -1}
	e.slots.Free(t)
	e.counters.Closed++
	e.slotFreed()
}

// negErrno is how a completion carries an error.
func negErrno(errno syscall.Errno) int { return -int(errno) }
