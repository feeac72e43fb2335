package uring

import (
	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
)

// SendFile has two ways. A small file is read in after its head, into a buffer of
// the engine's, and one send takes both; the kernel runs the two as a chain. A
// larger one goes by sendfile(2), which io_uring lacks: Next makes the call, and
// the ring waits while the socket is full.

func (e *engine) SendFile(t backend.Token, head []byte, f backend.File, off, n int64) {
	c := e.conn(t)
	c.BeginSendFile(head, f, off, n)
	if n <= smallFileMax && len(head) <= headRoom {
		c.buffer = e.files.Take()
	}
	e.startSend(t, c)
}

// bySendfile says that a SendFile is in flight that goes by sendfile(2).
func (c *conn) bySendfile() bool { return c.Send.Op == backend.OpSendFile && c.buffer < 0 }

// submitChain reads the file in after the head, and sends both.
func (e *engine) submitChain(t backend.Token, c *conn) {
	e.makeBlocking(c)
	e.reserve(2)
	c.bits |= sendInRing
	buffer := e.files.Bytes(c.buffer)
	copy(buffer[headRoom-len(c.Buf()):], c.Buf())
	n := e.faults.Limit(backend.OpSendFile, int(c.Left))
	c.result = int32(n) // unless the read's completion says otherwise

	s := e.entry(t, chainKind)
	op := iouring.IORING_OP_READ
	if e.has.Fixed { // all of files is registered, as buffer 0
		op = iouring.IORING_OP_READ_FIXED
	}
	s.PrepOperation(op, c.File, addressOf(buffer[headRoom:]), uint32(n), uint64(c.Off))
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
	return e.files.Bytes(c.buffer)[headRoom-len(c.Buf()) : headRoom+n]
}

// chainDone takes the completion of a chain's read. A read that is linked to the
// send and falls short breaks the chain, which shows in this completion or in the
// send's, see readEndsChain.
func (e *engine) chainDone(slot uint32, c *conn, n int) (backend.Completion, bool) {
	c.result = int32(n)
	if !e.readEndsChain() {
		return backend.Completion{}, false
	}
	return e.continueChain(slot, c)
}

// readEndsChain says that no completion of the send follows the read's: there is
// no chain, or the read only completes if it has failed, and then the kernel
// silently cancels what is linked to it (io_uring/io_uring.c,
// REQ_F_SKIP_LINK_CQES).
func (e *engine) readEndsChain() bool { return !e.has.Link || e.has.CQESkip }

// continueChain goes on if the send of a chain has not been made: with what the
// read brought, or its error.
func (e *engine) continueChain(slot uint32, c *conn) (backend.Completion, bool) {
	n := int(c.result)
	switch errno := unix.Errno(-n); {
	case errno == unix.EINTR || errno == unix.EAGAIN:
		e.retrySend(slot, c)
		return backend.Completion{}, false
	case n < 0:
		return e.endSend(slot, c, n), true
	case len(c.Buf())+n == 0: // the file ends at or before off
		return e.endSend(slot, c, 0), true
	case c.Send.Cancelled:
		return e.endSend(slot, c, negErrno(unix.ECANCELED)), true
	}
	e.submitBytes(e.slots.Token(slot), c, iouring.IORING_OP_SEND, e.chainBytes(c, n))
	return backend.Completion{}, false
}

// sendfile makes one attempt by sendfile(2), and waits for room in a socket that
// is full.
func (e *engine) sendfile(slot uint32, c *conn) (backend.Completion, bool) {
	e.makeNonblocking(c)
	n, errno := e.transfer.TransmitFile(&c.SocketOps)
	switch errno {
	case 0:
		return e.endSend(slot, c, n), true
	case unix.EAGAIN:
		c.Cached = false // when there is room, it may no longer be
		c.bits |= sendInRing
		e.submitPoll(e.slots.Token(slot), sendPollKind, c.FD, unix.POLLOUT)
		return backend.Completion{}, false
	}
	return e.endSend(slot, c, negErrno(errno)), true
}

// sendPollDone attempts again what sendfile has waited for.
func (e *engine) sendPollDone(slot uint32, c *conn, n int) (backend.Completion, bool) {
	if n < 0 {
		return e.endSend(slot, c, n), true
	}
	e.retrySend(slot, c) // sees the mark if it has been cancelled
	return backend.Completion{}, false
}
