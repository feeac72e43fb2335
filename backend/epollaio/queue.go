package epollaio

import (
	"aws/backend"
)

// What an entry of the queue stands for, in its top bits; the rest is a slot
// or a listener's index.
const (
	socketEntry   = 0
	readEntry     = 1 << 30
	listenerEntry = 2 << 30
	entryKind     = 3 << 30
)

// queue is the ring of what Next has to do. A connection is on it at most
// once for its socket operation and once for its file read, a listener once,
// so it cannot overflow.
type queue struct {
	ring       []uint32 // a power of two long
	head, tail uint32   // taken and put; they wrap
	end        uint32   // of the batch
	round      int      // of the batch
}

// A batch has two rounds: what Wait found, and what the completions of that
// have submitted. So a request costs one turn of the loop, and yet the kernel
// is asked at a steady pace.
const rounds = 2

func newQueue(capacity int) queue {
	size := 1
	for size < capacity {
		size *= 2
	}
	return queue{ring: make([]uint32, size)}
}

func (q *queue) empty() bool { return q.head == q.tail }

func (q *queue) put(entry uint32) {
	backend.Assert(q.tail-q.head < uint32(len(q.ring)), "epoll-aio: queue overflow")
	q.ring[q.tail&uint32(len(q.ring)-1)] = entry
	q.tail++
}

func (q *queue) startBatch() {
	q.end = q.tail
	q.round = 1
}

// take returns the next entry of the batch.
func (q *queue) take() (entry uint32, ok bool) {
	if q.head == q.end {
		if q.round >= rounds || q.empty() {
			return 0, false
		}
		q.round++
		q.end = q.tail
	}
	entry = q.ring[q.head&uint32(len(q.ring)-1)]
	q.head++
	return entry, true
}

// Next makes attempts until one has a result.
func (e *engine) Next() (backend.Completion, bool) {
	for {
		entry, ok := e.queue.take()
		if !ok {
			return backend.Completion{}, false
		}
		var c backend.Completion
		index := entry &^ entryKind
		switch entry & entryKind {
		case socketEntry:
			c, ok = e.attempt(index)
		case readEntry:
			c, ok = e.readDone(index), true
		case listenerEntry:
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
		e.queue.put(socketEntry | slot)
	}
}
