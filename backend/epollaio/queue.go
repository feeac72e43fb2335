package epollaio

import (
	"os"

	"aws/backend"
)

// Next makes attempts until one has a result.
func (e *engine) Next() (backend.Completion, bool) {
	for {
		entry, ok := e.queue.Take()
		if !ok {
			return backend.Completion{}, false
		}
		var c backend.Completion
		index := entry &^ backend.EntryKind
		switch entry & backend.EntryKind {
		case backend.SocketEntry:
			c, ok = e.attempt(index)
		case backend.ReadEntry:
			c, ok = e.readDone(index), true
		case backend.ListenerEntry:
			c, ok = e.accept(index)
		}
		if ok {
			return c, true
		}
	}
}

// enqueueIfReady puts the connection on the queue if its socket operation
// could do something. Otherwise it waits for epoll.
func (e *engine) enqueueIfReady(slot uint32, c *conn) {
	if c.bits&(queued|held) != 0 {
		return
	}
	var ready bool
	switch c.op {
	case backend.OpRecv:
		ready = c.bits&(readable|cancelled) != 0
	case backend.OpSend, backend.OpSendFile:
		ready = c.bits&(writable|cancelled) != 0
	}
	if !ready && (c.op == backend.OpNone || e.park(slot, c)) {
		return
	}
	c.bits |= queued
	e.queue.PutSocket(slot, c.bits&cancelled == 0 && backend.IsBulk(c.op, len(c.buf), c.left))
}

// park sees to it that epoll tells when the operation can go on: with the
// first that has to wait the socket is registered, and what it is ready for
// already is reported by the next epoll_wait. Where the kernel has no room for
// it (ENOMEM; ENOSPC, max_user_watches), park returns false and the operation
// fails instead.
func (e *engine) park(slot uint32, c *conn) bool {
	if c.bits&watched != 0 {
		return true
	}
	if err := e.watch(int(c.fd), interest, e.slots.Token(slot)); err != nil {
		e.pauseAccept(os.NewSyscallError("epoll_ctl", err))
		c.bits |= lost
		return false
	}
	c.bits |= watched
	return true
}
