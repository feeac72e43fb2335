package uring

import (
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
)

func (e *engine) Send(t backend.Token, b []byte) {
	c := e.conn(t)
	c.BeginSend(b)
	e.startSend(t, c)
}

// startSend submits a Send or SendFile, or has Next attempt it: if an attempt may
// have a result at once, if it moves much, or if faults are to be injected.
func (e *engine) startSend(t backend.Token, c *conn) {
	switch {
	case e.hold.Active():
		c.Send.Held = true
		e.hold.Put(backend.SendEntry | t.Slot())
	case e.faults != nil || c.bySendfile() || c.Corked || c.IsBulk():
		e.enqueueSend(t.Slot())
	default:
		e.submitSend(t, c)
	}
}

// enqueueSend puts the connection's Send or SendFile on the queue for an attempt.
func (e *engine) enqueueSend(slot uint32) {
	if c := &e.conns[slot]; c.Send.Waits() {
		e.queue.PutSend(slot, &c.SocketOps)
	}
}

// attemptSend starts the connection's Send or SendFile from the queue.
func (e *engine) attemptSend(slot uint32) (backend.Completion, bool) {
	c := &e.conns[slot]
	c.Send.Queued = false
	switch {
	case c.Send.Cancelled:
		return e.endSend(slot, c, negErrno(unix.ECANCELED)), true
	case e.faults.WouldBlock():
		e.counters.WouldBlock++
		e.enqueueSend(slot)
	case c.bySendfile():
		return e.sendfile(slot, c)
	case c.Send.Op == backend.OpSend && c.Corked:
		return e.sendCorked(slot, c)
	default:
		e.submitSend(e.slots.Token(slot), c)
	}
	return backend.Completion{}, false
}

func (e *engine) submitSend(t backend.Token, c *conn) {
	if c.Send.Op == backend.OpSendFile {
		e.submitChain(t, c)
		return
	}
	n := e.faults.Limit(backend.OpSend, len(c.Buf()))
	op := iouring.IORING_OP_SEND
	if e.has.ZeroCopy && e.zeroCopy > 0 && n >= e.zeroCopy && c.bits&copies == 0 {
		op = iouring.IORING_OP_SEND_ZC
	}
	e.submitBytes(t, c, op, c.Buf()[:n])
}

func (e *engine) submitBytes(t backend.Token, c *conn, op uint8, b []byte) {
	e.makeBlocking(c)
	c.bits |= sendInRing
	c.asked = int32(len(b))
	s := e.entry(t, sendKind)
	s.PrepOperation(op, c.FD, addressOf(b), uint32(len(b)), 0)
	s.SetOpFlags(unix.MSG_NOSIGNAL)
}

// sendCorked makes a corked send itself, so that the connection can be closed in
// the same turn, and leaves to the ring what the socket does not take at once.
func (e *engine) sendCorked(slot uint32, c *conn) (backend.Completion, bool) {
	n, errno := e.transfer.Transmit(c.FD, c.Buf(), unix.MSG_DONTWAIT|unix.MSG_MORE)
	switch errno {
	case 0:
		return e.endSend(slot, c, n), true
	case unix.EAGAIN:
		e.submitSend(e.slots.Token(slot), c)
		return backend.Completion{}, false
	}
	return e.endSend(slot, c, negErrno(errno)), true
}

// sendDone takes a completed send. A zero-copy send completes twice: with its
// result, and when the network no longer needs the buffer.
func (e *engine) sendDone(slot uint32, c *conn, n int, flags uint32) (backend.Completion, bool) {
	switch {
	case flags&cqeNotification != 0:
		n = int(c.result)
		c.bits &^= noticeDue
	case flags&cqeMore != 0:
		c.result = int32(n)
		c.bits |= noticeDue
		if c.Send.Cancelled && c.bits&spared == 0 {
			e.abort(c)
		}
		return backend.Completion{}, false
	}
	switch errno := unix.Errno(-n); {
	case errno == unix.EINTR || errno == unix.EAGAIN:
		e.retrySend(slot, c)
		return backend.Completion{}, false
	case errno == unix.EOPNOTSUPP && e.zeroCopy > 0 && c.bits&copies == 0:
		c.bits |= copies
		e.retrySend(slot, c)
		return backend.Completion{}, false
	case c.Send.Op == backend.OpSendFile && errno == unix.ECANCELED && !c.Send.Cancelled:
		return e.continueChain(slot, c)
	}
	if n > 0 && n < int(c.asked) {
		e.counters.Short++
	}
	return e.endSend(slot, c, n), true
}

// retrySend puts a Send or SendFile that has come back without a result on the
// queue for another attempt.
func (e *engine) retrySend(slot uint32, c *conn) {
	c.bits &^= sendInRing
	e.enqueueSend(slot)
}

// endSend makes the completion of the Send or SendFile. One that was cancelled
// and has moved nothing was ended by us, whatever the kernel calls it.
func (e *engine) endSend(slot uint32, c *conn, n int) backend.Completion {
	if c.Send.Cancelled && n <= 0 {
		n = negErrno(unix.ECANCELED)
	}
	c.bits &^= sendInRing | noticeDue | spared
	if c.buffer >= 0 {
		e.files.Give(c.buffer)
		c.buffer = -1
	}
	return backend.Completion{Token: e.slots.Token(slot), N: n, Op: c.EndSend()}
}

// cancelSend asks the kernel for the end of the Send or SendFile. One that is on
// the queue sees its mark when its turn comes.
func (e *engine) cancelSend(t backend.Token, c *conn) {
	if !c.Send.Busy() || c.Send.Cancelled && c.bits&spared == 0 {
		return
	}
	c.Send.Cancelled = true
	c.bits &^= spared
	switch {
	case c.bits&noticeDue != 0:
		e.abort(c)
	case c.bits&sendInRing == 0:
	case c.bySendfile():
		e.cancel(uint64(t) | sendPollKind)
	case c.Send.Op == backend.OpSendFile:
		// The send cannot be found before the read has ended, and would wait
		// for a peer that has stalled: it fails on a socket that is shut down.
		e.cancel(uint64(t) | sendKind)
		_ = kernel.ShutdownFD(int(c.FD), unix.SHUT_RDWR)
	default:
		e.cancel(uint64(t) | sendKind)
	}
}

// CancelSend has no way to hurry a zero-copy send that has its result: see abort.
func (e *engine) CancelSend(t backend.Token) {
	c := e.conn(t)
	if c.Send.Op != backend.OpSend || c.Send.Cancelled {
		return
	}
	c.Send.Cancelled = true
	c.bits |= spared
	if c.bits&(sendInRing|noticeDue) == sendInRing {
		e.cancel(uint64(t) | sendKind)
	}
}

// abort breaks a connection whose zero-copy send is to end: the notification
// comes when the peer has acknowledged the bytes, which a peer that has stalled
// never does. Connecting a TCP socket to nothing drops what it has queued, and
// resets the peer (connect(2), AF_UNSPEC).
func (e *engine) abort(c *conn) {
	nothing := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	began := kernel.Begin()
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(c.FD), uintptr(unsafe.Pointer(&nothing)), unsafe.Sizeof(nothing))
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Connect, FD: c.FD, Result: kernel.Result(0, errno)})
	}
}
