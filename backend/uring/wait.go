package uring

import (
	"time"

	"aws/backend"
	"aws/backend/kernel"
)

// Wait submits what has been filled and asks for completions. The first enter
// never waits: on a busy server something has completed by its end.
func (e *engine) Wait(timeout time.Duration) error {
	e.giveLent()
	if !e.enabled {
		if err := e.enable(); err != nil {
			return err
		}
	}
	if e.account.Called() {
		e.called()
	}
	e.release()
	e.retryAccept()
	if err := e.submit(); err != nil {
		return err
	}
	if timeout != 0 && e.queue.Empty() && e.ring.ready() == e.ring.head() {
		timeout = e.bounded(timeout)
		if err := e.enter(true, timeout); err != nil {
			return err
		}
		e.backOff(timeout)
	}
	e.release()
	e.queue.StartBatch()
	e.batchEnd = e.ring.ready()
	return nil
}

// bounded shortens timeout to what the engine itself waits for.
func (e *engine) bounded(timeout time.Duration) time.Duration {
	timeout = e.hold.Bound(e.pause.Bound(timeout))
	if e.ring.unsubmitted() > 0 { // the kernel had no room: try again soon
		timeout = backend.Sooner(timeout, time.Millisecond)
	}
	return timeout
}

// Next takes completions of the ring, and makes the attempts on the queue,
// until one has a result.
func (e *engine) Next() (backend.Completion, bool) {
	e.giveLent()
	for e.ring.head() != e.batchEnd {
		done := e.ring.peek()
		e.ring.advance()
		e.counters.CQEs++
		if kernel.Watched() {
			tellCompletion(&done)
		}
		if c, ok := e.complete(&done); ok {
			return c, true
		}
	}
	for {
		entry, ok := e.queue.Take()
		if !ok {
			return backend.Completion{}, false
		}
		var c backend.Completion
		slot := entry &^ backend.EntryKind
		switch entry & backend.EntryKind {
		case backend.RecvEntry:
			c, ok = e.attemptRecv(slot)
		case backend.SendEntry:
			c, ok = e.attemptSend(slot)
		case backend.ListenerEntry:
			c, ok = e.admitNext()
		}
		if ok {
			return c, true
		}
	}
}

// complete takes one completion of the ring.
func (e *engine) complete(done *cqe) (backend.Completion, bool) {
	data := done.UserData()
	t := backend.Token(data &^ kindMask)
	kind := data & kindMask
	n, flags := int(done.Result()), done.Flags()
	switch {
	case kind == cancelKind:
		return backend.Completion{}, false
	case kind == wakeKind:
		e.armWake()
		return backend.Completion{}, false
	case kind == acceptKind:
		return e.acceptDone(t.Slot(), n, flags)
	case kind == fileKind:
		return e.fileDone(t.Slot(), n)
	case !e.slots.Live(t):
		backend.Assert(flags&cqeBuffer == 0, "uring: stale completion with a buffer")
		e.counters.Stale++
		return backend.Completion{}, false
	}
	slot := t.Slot()
	c := &e.conns[slot]
	switch kind {
	case recvKind:
		return e.recvDone(slot, c, n, flags)
	case recvPollKind:
		return e.recvPollDone(slot, c, n)
	case sendKind:
		return e.sendDone(slot, c, n, flags)
	case sendPollKind:
		return e.sendPollDone(slot, c, n)
	case chainKind:
		return e.chainDone(slot, c, n)
	}
	panic("assertion failed: uring: completion of an unknown kind")
}

// release starts the operations whose injected delay is over.
func (e *engine) release() {
	for {
		entry, ok := e.hold.Take()
		if !ok {
			return
		}
		index := entry &^ backend.EntryKind
		switch entry & backend.EntryKind {
		case backend.ReadEntry:
			e.submitRead(index)
		case backend.RecvEntry:
			e.conns[index].Recv.Held = false
			e.enqueueRecv(index)
		case backend.SendEntry:
			e.conns[index].Send.Held = false
			e.enqueueSend(index)
		}
	}
}
