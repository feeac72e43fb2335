package uring

import (
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
)

func (e *engine) Send(t backend.Token, b []byte) {
	backend.Assert(len(b) > 0, "uring: Send of nothing")
	c := e.claim(t, backend.OpSend)
	c.buf = b
	e.start(t, c)
}

func (e *engine) submitSend(t backend.Token, c *conn) {
	n := e.faults.Limit(backend.OpSend, len(c.buf))
	op := iouring.IORING_OP_SEND
	if e.has.ZeroCopy && e.zeroCopy > 0 && n >= e.zeroCopy && c.bits&copies == 0 {
		op = iouring.IORING_OP_SEND_ZC
	}
	e.submitBytes(t, c, op, c.buf[:n])
}

func (e *engine) submitBytes(t backend.Token, c *conn, op uint8, b []byte) {
	e.makeBlocking(c)
	c.bits |= inRing
	c.asked = int32(len(b))
	s := e.entry(t, sendKind)
	s.PrepOperation(op, c.fd, addressOf(b), uint32(len(b)), 0)
	s.SetOpFlags(unix.MSG_NOSIGNAL)
}

// sendLast makes a connection's last send itself, so that the connection can be
// closed in the same turn, and leaves to the ring what the socket does not take
// at once.
func (e *engine) sendLast(slot uint32, c *conn) (backend.Completion, bool) {
	n, errno := e.transfer.Transmit(c.fd, c.buf, unix.MSG_DONTWAIT|unix.MSG_MORE)
	switch errno {
	case 0:
		return e.finish(slot, c, n), true
	case unix.EAGAIN:
		e.submitSend(e.slots.Token(slot), c)
		return backend.Completion{}, false
	}
	return e.finish(slot, c, negErrno(errno)), true
}

// sendDone takes a completed send. One without copies completes twice: with
// its result, and when the network no longer needs the buffer.
func (e *engine) sendDone(slot uint32, c *conn, n int, flags uint32) (backend.Completion, bool) {
	switch {
	case flags&cqeNotification != 0:
		n = int(c.result)
		c.bits &^= noticeDue
	case flags&cqeMore != 0:
		c.result = int32(n)
		c.bits |= noticeDue
		if c.bits&cancelled != 0 {
			e.abort(c)
		}
		return backend.Completion{}, false
	}
	switch errno := unix.Errno(-n); {
	case errno == unix.EINTR || errno == unix.EAGAIN:
		e.retry(slot, c)
		return backend.Completion{}, false
	case errno == unix.EOPNOTSUPP && e.zeroCopy > 0 && c.bits&copies == 0:
		c.bits |= copies
		e.retry(slot, c)
		return backend.Completion{}, false
	case c.op == backend.OpSendFile && errno == unix.ECANCELED && c.bits&cancelled == 0:
		return e.continueChain(slot, c)
	}
	if n > 0 && n < int(c.asked) {
		e.counters.Short++
	}
	return e.finish(slot, c, n), true
}

// abort breaks a connection whose zero-copy send is to end: its notification
// comes when the peer has acknowledged the bytes, which a peer that has
// stalled never does. To connect a TCP socket to nothing drops what it has
// queued, and resets the peer (connect(2), AF_UNSPEC).
func (e *engine) abort(c *conn) {
	nothing := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	_, _, _ = unix.RawSyscall(unix.SYS_CONNECT, uintptr(c.fd), uintptr(unsafe.Pointer(&nothing)), unsafe.Sizeof(nothing))
}
