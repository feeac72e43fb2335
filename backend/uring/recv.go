package uring

import (
	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
)

func (e *engine) Recv(t backend.Token) {
	c := e.conn(t)
	c.BeginRecv()
	switch {
	case e.hold.Active():
		c.Recv.Held = true
		e.hold.Put(backend.RecvEntry | t.Slot())
	case e.faults != nil:
		e.enqueueRecv(t.Slot())
	default:
		e.submitRecv(t, c)
	}
}

// enqueueRecv puts the connection's Recv on the queue for an attempt.
func (e *engine) enqueueRecv(slot uint32) {
	if c := &e.conns[slot]; c.Recv.Waits() {
		e.queue.PutRecv(slot, &c.SocketOps)
	}
}

// attemptRecv starts the connection's Recv from the queue.
func (e *engine) attemptRecv(slot uint32) (backend.Completion, bool) {
	c := &e.conns[slot]
	c.Recv.Queued = false
	switch {
	case c.Recv.Cancelled:
		return e.endRecv(slot, c, negErrno(unix.ECANCELED)), true
	case e.faults.WouldBlock():
		e.counters.WouldBlock++
		e.enqueueRecv(slot)
	default:
		e.submitRecv(e.slots.Token(slot), c)
	}
	return backend.Completion{}, false
}

// submitRecv receives into a buffer that the kernel takes from the ring of
// buffers once there is data. It first waits for a socket that the last recv has
// emptied, which saves an attempt. Without such a ring, and on a socket that is
// non-blocking at present, it only waits; recv(2) follows. A later change of the
// socket's mode affects neither entry.
func (e *engine) submitRecv(t backend.Token, c *conn) {
	c.bits |= recvInRing
	if !e.has.BufRing || c.bits&nonblocking != 0 {
		c.bits |= recvPolls
		e.submitPoll(t, recvPollKind, c.FD, unix.POLLIN|unix.POLLRDHUP)
		return
	}
	s := e.entry(t, recvKind)
	s.PrepOperation(iouring.IORING_OP_RECV, c.FD, 0, uint32(e.faults.Limit(backend.OpRecv, backend.RecvSize)), 0)
	s.SetFlags(iouring.IOSQE_FLAGS_BUFFER_SELECT)
	s.SetBufGroup(recvGroup)
	if c.bits&sockNonempty == 0 {
		s.SetIoprio(recvSendPollFirst)
	}
}

// cancelRecv asks the kernel for the end of the Recv. One that is on the queue
// sees its mark when its turn comes.
func (e *engine) cancelRecv(t backend.Token, c *conn) {
	if !c.Recv.Busy() || c.Recv.Cancelled {
		return
	}
	c.Recv.Cancelled = true
	switch {
	case c.bits&recvInRing == 0:
	case c.bits&recvPolls != 0:
		e.cancel(uint64(t) | recvPollKind)
	default:
		e.cancel(uint64(t) | recvKind)
	}
}

// recvDone takes a completed recv, and lends its buffer.
func (e *engine) recvDone(slot uint32, c *conn, n int, flags uint32) (backend.Completion, bool) {
	if flags&cqeBuffer != 0 {
		e.lent = int32(flags >> cqeBufferShift)
	}
	c.bits &^= sockNonempty
	if flags&cqeSockNonempty != 0 {
		c.bits |= sockNonempty
	}
	switch unix.Errno(-n) {
	case unix.ENOBUFS:
		if !e.recvRing.provideMore(1) { // they come back with the steps of this batch
			e.counters.NoBuffers++
		}
		e.retryRecv(slot, c)
		return backend.Completion{}, false
	case unix.EINTR, unix.EAGAIN:
		e.retryRecv(slot, c)
		return backend.Completion{}, false
	}
	done := e.endRecv(slot, c, n)
	if n > 0 {
		done.Data = e.recvRing.bytes(uint16(e.lent), n)
	}
	return done, true
}

// recvPollDone makes the recv for which submitRecv has waited.
func (e *engine) recvPollDone(slot uint32, c *conn, n int) (backend.Completion, bool) {
	if n < 0 || c.Recv.Cancelled {
		return e.endRecv(slot, c, min(n, 0)), true
	}
	n, _, errno := e.transfer.Receive(c.FD, e.recvBuf, false)
	switch errno {
	case 0:
		done := e.endRecv(slot, c, n)
		done.Data = e.recvBuf[:n]
		return done, true
	case unix.EAGAIN: // woken for nothing
		e.retryRecv(slot, c)
		return backend.Completion{}, false
	}
	return e.endRecv(slot, c, negErrno(errno)), true
}

// retryRecv puts a Recv that has come back without a result on the queue for
// another attempt.
func (e *engine) retryRecv(slot uint32, c *conn) {
	c.bits &^= recvInRing | recvPolls
	e.enqueueRecv(slot)
}

// endRecv makes the completion of the Recv. One that was cancelled and has
// received nothing was ended by us, even where the kernel calls it an end or a
// reset: Cancel may have shut the socket down.
func (e *engine) endRecv(slot uint32, c *conn, n int) backend.Completion {
	if c.Recv.Cancelled && n <= 0 {
		n = negErrno(unix.ECANCELED)
	}
	c.bits &^= recvInRing | recvPolls
	return backend.Completion{Token: e.slots.Token(slot), N: n, Op: c.Recv.End()}
}

// giveLent takes the lent buffer back.
func (e *engine) giveLent() {
	if e.lent >= 0 {
		e.recvRing.provide(uint16(e.lent))
		e.lent = -1
	}
}
