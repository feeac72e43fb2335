package epollaio

import (
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
// could do something.
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
	if ready {
		c.bits |= queued
		e.queue.Put(backend.SocketEntry | slot)
	}
}
