package epollaio

import (
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
	"aws/backend/sockop"
)

// conn returns the connection that t names, which must be open.
func (e *engine) conn(t backend.Token) *conn { return &e.conns[e.slots.Check(t)] }

func (e *engine) Recv(t backend.Token) {
	c := e.conn(t)
	c.BeginRecv()
	if e.hold.Active() {
		c.Recv.Held = true
		e.hold.Put(backend.RecvEntry | t.Slot())
		return
	}
	e.enqueueRecv(t.Slot())
}

func (e *engine) Send(t backend.Token, b []byte) {
	c := e.conn(t)
	c.BeginSend(b)
	e.startSend(t, c)
}

func (e *engine) SendFile(t backend.Token, head []byte, f backend.File, off, n int64) {
	c := e.conn(t)
	c.BeginSendFile(head, f, off, n)
	e.startSend(t, c)
}

func (e *engine) startSend(t backend.Token, c *conn) {
	if e.hold.Active() {
		c.Send.Held = true
		e.hold.Put(backend.SendEntry | t.Slot())
		return
	}
	e.enqueueSend(t.Slot())
}

func (e *engine) Cancel(t backend.Token) {
	c := e.conn(t)
	if c.Recv.Busy() {
		c.Recv.Cancelled = true
		e.enqueueRecv(t.Slot())
	}
	if c.Send.Busy() {
		c.Send.Cancelled = true
		e.enqueueSend(t.Slot())
	}
}

func (e *engine) CancelSend(t backend.Token) {
	if c := e.conn(t); c.Send.Op == backend.OpSend {
		c.Send.Cancelled = true
		e.enqueueSend(t.Slot())
	}
}

func (e *engine) Cork(t backend.Token)                 { e.conn(t).Cork() }
func (e *engine) Peer(t backend.Token) backend.Address { return e.conn(t).peer }
func (e *engine) Unacked(t backend.Token) int          { return sockop.Unacked(e.conn(t).FD) }
func (e *engine) Over(t backend.Token) bool            { return sockop.Over(e.conn(t).FD) }
func (e *engine) Unread(t backend.Token) int           { return sockop.Unread(e.conn(t).FD) }
func (e *engine) BoundUnsent(t backend.Token, n int)   { sockop.BoundUnsent(e.conn(t).FD, n) }
func (e *engine) Shutdown(t backend.Token)             { sockop.Shutdown(&e.conn(t).SocketOps) }

func (e *engine) Close(t backend.Token) {
	c := e.conn(t)
	c.AssertIdle()
	e.close(t, c)
}

func (e *engine) Reset(t backend.Token) {
	c := e.conn(t)
	c.AssertIdle()
	sockop.DropUnacked(c.FD)
	e.close(t, c)
}

// close closes the socket and frees the slot.
func (e *engine) close(t backend.Token, c *conn) {
	_ = kernel.CloseFD(int(c.FD)) // leaves epoll with its last descriptor (epoll(7), question 6)
	*c = conn{}
	c.FD = -1
	e.slots.Free(t)
	e.account.Give()
	e.counters.Closed++
	if e.starved {
		e.resumeAccept()
	}
}

// attemptRecv makes the one kernel attempt of a Recv. Without a result it waits
// on: parked, or queued again if an injected fault only pretended.
func (e *engine) attemptRecv(slot uint32) (backend.Completion, bool) {
	c := &e.conns[slot]
	c.Recv.Queued = false
	switch {
	case c.Recv.Cancelled:
		return e.endRecv(slot, c, negErrno(unix.ECANCELED)), true
	case c.bits&readable == 0: // see park
		return e.endRecv(slot, c, negErrno(unix.ENOMEM)), true
	}
	n, errno := 0, syscall.Errno(unix.EAGAIN)
	if e.faults.WouldBlock() {
		e.counters.WouldBlock++
	} else {
		n, errno = e.recv(c)
	}
	switch errno {
	case 0:
		done := e.endRecv(slot, c, n)
		done.Data = e.recvBuf[:n]
		return done, true
	case unix.EAGAIN:
		e.enqueueRecv(slot)
		return backend.Completion{}, false
	}
	return e.endRecv(slot, c, negErrno(errno)), true
}

// recv receives into the engine's one buffer. A socket known to be drained needs
// no second recv to see EAGAIN: an event will tell when there is more. Two kinds
// of socket stay readable after a short count. After a hang-up no event comes, and
// recv no longer blocks. Before an urgent byte recv stops, and its event has been
// (net/ipv4/tcp.c, tcp_recvmsg_locked; net/unix/af_unix.c, manage_oob). For both,
// EAGAIN says that it is over.
func (e *engine) recv(c *conn) (int, syscall.Errno) {
	n, drained, errno := e.transfer.Receive(c.FD, e.recvBuf, c.bits&unixSocket != 0)
	switch {
	case errno == unix.EAGAIN:
		c.bits &^= readable | hungUp | urgent
	case drained && c.bits&(hungUp|urgent) == 0:
		c.bits &^= readable
	}
	return n, errno
}

// attemptSend makes the one kernel attempt of a Send or SendFile, as attemptRecv
// does.
func (e *engine) attemptSend(slot uint32) (backend.Completion, bool) {
	c := &e.conns[slot]
	c.Send.Queued = false
	switch {
	case c.Send.Cancelled:
		return e.endSend(slot, c, negErrno(unix.ECANCELED)), true
	case c.bits&writable == 0: // see park
		return e.endSend(slot, c, negErrno(unix.ENOMEM)), true
	case e.faults.WouldBlock():
		e.counters.WouldBlock++
		e.enqueueSend(slot)
		return backend.Completion{}, false
	}
	n, errno := e.send(c)
	switch errno {
	case 0:
		return e.endSend(slot, c, n), true
	case unix.EAGAIN:
		c.bits &^= writable
		c.Cached = false // when there is room, it may no longer be
		e.enqueueSend(slot)
		return backend.Completion{}, false
	}
	return e.endSend(slot, c, negErrno(errno)), true
}

func (e *engine) send(c *conn) (int, syscall.Errno) {
	if c.Send.Op == backend.OpSend {
		flags := 0
		if c.Corked {
			flags = unix.MSG_MORE
		}
		return e.transfer.Transmit(c.FD, c.Buf(), flags)
	}
	if c.Corked {
		sockop.Cork(c.FD) // sendfile has no flag for it
	}
	return e.transfer.TransmitFile(&c.SocketOps)
}

func (e *engine) endRecv(slot uint32, c *conn, n int) backend.Completion {
	return backend.Completion{Token: e.slots.Token(slot), N: n, Op: c.Recv.End()}
}

func (e *engine) endSend(slot uint32, c *conn, n int) backend.Completion {
	return backend.Completion{Token: e.slots.Token(slot), N: n, Op: c.EndSend()}
}
