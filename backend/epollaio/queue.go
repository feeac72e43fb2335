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
		case backend.RecvEntry:
			c, ok = e.attemptRecv(index)
		case backend.SendEntry:
			c, ok = e.attemptSend(index)
		case backend.ReadEntry:
			c, ok = e.reads.Done(index, &e.counters), true
		case backend.ListenerEntry:
			c, ok = e.accept(index)
		}
		if ok {
			return c, true
		}
	}
}

// enqueueRecv puts a connection's Recv on the queue if there may be something to
// receive; otherwise it waits for epoll.
func (e *engine) enqueueRecv(slot uint32) {
	c := &e.conns[slot]
	if !c.Recv.Waits() {
		return
	}
	if c.Recv.Cancelled || c.bits&readable != 0 || !e.park(slot, c) {
		e.queue.PutRecv(slot, &c.SocketOps)
	}
}

// enqueueSend puts a connection's Send or SendFile on the queue if the socket may
// take something; otherwise it waits for epoll.
func (e *engine) enqueueSend(slot uint32) {
	c := &e.conns[slot]
	if !c.Send.Waits() {
		return
	}
	if c.Send.Cancelled || c.bits&writable != 0 || !e.park(slot, c) {
		e.queue.PutSend(slot, &c.SocketOps)
	}
}

// park makes epoll tell when an operation can go on: the first that has to wait
// registers the socket, and the next epoll_wait reports what it is ready for
// already. It returns false if the kernel has no room for the socket (ENOMEM;
// ENOSPC, max_user_watches): the attempt then finds it not ready, and fails.
func (e *engine) park(slot uint32, c *conn) bool {
	if c.bits&watched != 0 {
		return true
	}
	if err := e.watch(int(c.FD), interest, e.slots.Token(slot)); err != nil {
		e.pauseAccept(os.NewSyscallError("epoll_ctl", err))
		return false
	}
	c.bits |= watched
	return true
}
