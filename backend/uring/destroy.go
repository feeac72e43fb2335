package uring

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// Destroy ends what is in flight and waits for it, since closing a ring does
// not: the kernel may use buffers for a while after. Then it frees the ring,
// the sockets and the memory.
func (e *engine) Destroy() error {
	var errs []error
	if e.begun {
		errs = append(errs, e.settle())
	}
	for slot := range e.slots.Fresh() {
		if e.slots.Taken(slot) {
			_ = unix.Close(int(e.conns[slot].fd))
		}
	}
	e.closeAccepted()
	if e.ring != nil {
		e.ring.close()
	}
	if e.wakefd >= 0 {
		errs = append(errs, os.NewSyscallError("close", unix.Close(e.wakefd)))
	}
	if e.recvRing != nil {
		e.recvRing.destroy()
	}
	if e.files != nil {
		errs = append(errs, e.files.Destroy())
	}
	return errors.Join(errs...)
}

// settle runs until the kernel holds nothing of ours. A socket that is shut
// down completes whatever waits on it; a read of a disk comes to its end.
func (e *engine) settle() error {
	e.StopAccepting()
	for slot := range e.slots.Fresh() {
		if e.slots.Taken(slot) {
			_ = unix.Shutdown(int(e.conns[slot].fd), unix.SHUT_RDWR)
			e.Cancel(e.slots.Token(slot))
		}
	}
	for e.busy() {
		if err := e.enter(true, 100*time.Millisecond); err != nil {
			return err
		}
		e.giveLent()
		for e.ring.head() != e.ring.ready() {
			done := e.ring.peek()
			e.ring.advance()
			e.settled(&done)
		}
	}
	return nil
}

// settled takes a completion whose result no longer matters.
func (e *engine) settled(done *cqe) {
	t := backend.Token(done.UserData() &^ kindMask)
	more := done.Flags()&cqeMore != 0
	switch done.UserData() & kindMask {
	case acceptKind:
		e.acceptEnded(t.Slot(), done.Flags())
		if done.Result() >= 0 {
			_ = unix.Close(int(done.Result()))
		}
	case recvKind, sendKind, pollKind:
		if !e.slots.Live(t) {
			return
		}
		if c := &e.conns[t.Slot()]; more {
			e.abort(c)
		} else {
			c.bits &^= inRing
		}
	case chainKind:
		if e.readEndsChain() && e.slots.Live(t) {
			e.conns[t.Slot()].bits &^= inRing
		}
	case fileKind:
		e.conns[t.Slot()].bits &^= readInRing
	}
}

// busy says that the kernel holds a buffer or a socket of ours.
func (e *engine) busy() bool {
	for i := range e.listeners {
		if e.listeners[i].armed > 0 {
			return true
		}
	}
	for slot := range e.slots.Fresh() {
		c := &e.conns[slot]
		if e.slots.Taken(slot) && c.bits&(inRing|readInRing) != 0 {
			return true
		}
	}
	return false
}
