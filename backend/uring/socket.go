package uring

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
	"aws/backend/sockop"
)

// conn returns the connection that t names, which must be open.
func (e *engine) conn(t backend.Token) *conn { return &e.conns[e.slots.Check(t)] }

// io_uring waits on a blocking socket and answers EAGAIN on a non-blocking one;
// sendfile(2) needs it the other way round. So the mode follows the way of
// sending, and changes only when a connection goes from one to the other.
// Receiving takes it as it is: see submitRecv.

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

// setNonblock changes the mode by ioctl(FIONBIO), one call, where fcntl would
// first have to ask for the flags.
func (e *engine) setNonblock(c *conn, on bool) {
	c.bits ^= nonblocking
	e.mode = 0
	if on {
		e.mode = 1
	}
	began := kernel.Begin()
	_, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(c.FD), fionbio, uintptr(unsafe.Pointer(&e.mode)))
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Ioctl, FD: c.FD, Flags: fionbio, Size: int64(e.mode), Result: kernel.Result(0, errno)})
	}
	if errno != 0 {
		e.warn("changing a socket's mode", os.NewSyscallError("ioctl", errno))
	}
}

// Cancel ends the Recv first: ending a send may shut the socket down.
func (e *engine) Cancel(t backend.Token) {
	c := e.conn(t)
	e.cancelRecv(t, c)
	e.cancelSend(t, c)
}

// Peer asks the kernel at the first call: a multishot accept cannot return
// addresses, and many a caller never needs them.
func (e *engine) Peer(t backend.Token) backend.Address {
	c := e.conn(t)
	if c.bits&peerKnown == 0 {
		c.bits |= peerKnown
		c.peer = sockop.Peer(c.FD, &e.sockaddr)
	}
	return c.peer
}

func (e *engine) Cork(t backend.Token)               { e.conn(t).Cork() }
func (e *engine) Unacked(t backend.Token) int        { return sockop.Unacked(e.conn(t).FD) }
func (e *engine) Over(t backend.Token) bool          { return sockop.Over(e.conn(t).FD) }
func (e *engine) Unread(t backend.Token) int         { return sockop.Unread(e.conn(t).FD) }
func (e *engine) BoundUnsent(t backend.Token, n int) { sockop.BoundUnsent(e.conn(t).FD, n) }
func (e *engine) Shutdown(t backend.Token)           { sockop.Shutdown(&e.conn(t).SocketOps) }

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
	_ = kernel.CloseFD(int(c.FD))
	*c = conn{buffer: -1}
	c.FD = -1
	e.slots.Free(t)
	e.account.Give()
	e.counters.Closed++
	e.slotFreed()
}

// negErrno is how a completion carries an error.
func negErrno(errno syscall.Errno) int { return -int(errno) }
