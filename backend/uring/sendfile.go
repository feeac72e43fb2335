package uring

import (
	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
)

// SendFile has two ways. A small file is read behind its head into a buffer
// of the engine's, and one send takes both; the kernel runs the two as a
// chain. A larger one goes by sendfile(2), which io_uring lacks, made from
// Next; where the socket is full the ring waits for it.

func (e *engine) SendFile(t backend.Token, head []byte, f backend.File, off, n int64) {
	backend.Assert(n > 0 && off >= 0, "uring: SendFile of nothing")
	c := e.claim(t, backend.OpSendFile)
	c.buf, c.file, c.off, c.left = head, f.FD, off, n
	if c.bits &^= cached; f.Cached {
		c.bits |= cached
	}
	if n <= smallFileMax && len(head) <= headRoom {
		c.buffer = e.files.Take()
	}
	e.start(t, c)
}

// submitChain reads the file behind the head, and sends both.
func (e *engine) submitChain(t backend.Token, c *conn) {
	e.makeBlocking(c)
	e.reserve(2)
	c.bits |= inRing
	buffer := e.files.Bytes(c.buffer)
	copy(buffer[headRoom-len(c.buf):], c.buf)
	n := e.faults.Limit(backend.OpSendFile, int(c.left))
	c.result = int32(n) // unless the read's completion says otherwise

	s := e.entry(t, chainKind)
	op := iouring.IORING_OP_READ
	if e.has.Fixed { // all of files is registered, as buffer 0
		op = iouring.IORING_OP_READ_FIXED
	}
	s.PrepOperation(op, c.file, addressOf(buffer[headRoom:]), uint32(n), uint64(c.off))
	if !e.has.Link {
		return // chainDone sends
	}
	s.SetFlags(iouring.IOSQE_FLAGS_IO_LINK)
	if e.has.CQESkip {
		s.SetFlags(sqeCQESkipSuccess)
	}
	e.submitBytes(t, c, iouring.IORING_OP_SEND, e.chainBytes(c, n))
}

// chainBytes are the head and n bytes of the file in the chain's buffer.
func (e *engine) chainBytes(c *conn, n int) []byte {
	return e.files.Bytes(c.buffer)[headRoom-len(c.buf) : headRoom+n]
}

// chainDone takes the completion of a chain's read. Linked to the send, the
// read has broken the chain if it fell short of what was asked, and says so by
// this completion or by that of the send, see readEndsChain.
func (e *engine) chainDone(slot uint32, c *conn, n int) (backend.Completion, bool) {
	c.result = int32(n)
	if !e.readEndsChain() {
		return backend.Completion{}, false
	}
	return e.continueChain(slot, c)
}

// readEndsChain says that no completion of the send follows that of the read:
// there is no chain, or the read only completes when it has failed, and then
// the kernel cancels what is linked to it in silence (io_uring/io_uring.c,
// REQ_F_SKIP_LINK_CQES).
func (e *engine) readEndsChain() bool { return !e.has.Link || e.has.CQESkip }

// continueChain goes on where the send of a chain has not been made: with what
// the read brought, or its error.
func (e *engine) continueChain(slot uint32, c *conn) (backend.Completion, bool) {
	n := int(c.result)
	switch errno := unix.Errno(-n); {
	case errno == unix.EINTR || errno == unix.EAGAIN:
		e.retry(slot, c)
		return backend.Completion{}, false
	case n < 0:
		return e.finish(slot, c, n), true
	case len(c.buf)+n == 0: // the file has ended before off
		return e.finish(slot, c, 0), true
	case c.bits&cancelled != 0:
		return e.finish(slot, c, negErrno(unix.ECANCELED)), true
	}
	e.submitBytes(e.slots.Token(slot), c, iouring.IORING_OP_SEND, e.chainBytes(c, n))
	return backend.Completion{}, false
}

// sendfile makes one attempt by sendfile(2), and waits for room in the socket
// where there is none.
func (e *engine) sendfile(slot uint32, c *conn) (backend.Completion, bool) {
	e.makeNonblocking(c)
	n, errno := e.transfer.TransmitFile(c.fd, c.buf, backend.File{FD: c.file, Cached: c.bits&cached != 0}, c.off, c.left)
	switch errno {
	case 0:
		return e.finish(slot, c, n), true
	case unix.EAGAIN:
		c.bits &^= cached // which it may not be when there is room
		c.bits |= inRing
		e.submitPoll(e.slots.Token(slot), c, unix.POLLOUT)
		return backend.Completion{}, false
	}
	return e.finish(slot, c, negErrno(errno)), true
}
