package uring

import (
	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
)

func (e *engine) Recv(t backend.Token) {
	e.start(t, e.claim(t, backend.OpRecv))
}

// submitRecv receives into a buffer that the kernel takes from the ring of
// buffers when there is data. A socket that the last recv has emptied is
// first waited for, which saves an attempt. Without such a ring, and on a socket
// that is non-blocking, it only waits, and receives when there is something.
func (e *engine) submitRecv(t backend.Token, c *conn) {
	c.bits |= inRing
	if !e.recvInRing(c) {
		e.submitPoll(t, c, unix.POLLIN|unix.POLLRDHUP)
		return
	}
	s := e.entry(t, recvKind)
	s.PrepOperation(iouring.IORING_OP_RECV, c.fd, 0, uint32(e.faults.Limit(backend.OpRecv, backend.RecvSize)), 0)
	s.SetFlags(iouring.IOSQE_FLAGS_BUFFER_SELECT)
	s.SetBufGroup(recvGroup)
	if c.bits&sockNonempty == 0 {
		s.SetIoprio(recvSendPollFirst)
	}
}

// recvInRing says that the kernel receives, and does not only wait.
func (e *engine) recvInRing(c *conn) bool { return e.has.BufRing && c.bits&nonblocking == 0 }

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
		e.retry(slot, c)
		return backend.Completion{}, false
	case unix.EINTR, unix.EAGAIN:
		e.retry(slot, c)
		return backend.Completion{}, false
	}
	done := e.finish(slot, c, n)
	if n > 0 {
		done.Data = e.recvRing.bytes(uint16(e.lent), n)
	}
	return done, true
}

// retry puts an operation that has come back without a result on the queue
// for another attempt.
func (e *engine) retry(slot uint32, c *conn) {
	c.bits &^= inRing
	e.enqueue(slot)
}

// giveLent takes the lent buffer back.
func (e *engine) giveLent() {
	if e.lent >= 0 {
		e.recvRing.provide(uint16(e.lent))
		e.lent = -1
	}
}

// receive makes the recv for which submitRecv has waited.
func (e *engine) receive(slot uint32, c *conn) (backend.Completion, bool) {
	n, _, errno := e.transfer.Receive(c.fd, e.recvBuf)
	if errno == unix.EAGAIN { // a wake-up for nothing
		e.retry(slot, c)
		return backend.Completion{}, false
	}
	if errno != 0 {
		return e.finish(slot, c, negErrno(errno)), true
	}
	done := e.finish(slot, c, n)
	done.Data = e.recvBuf[:n]
	return done, true
}
