package uring

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// Destroy ends what is in flight and waits for it, because closing a ring does
// not: the kernel may go on using buffers for a while. Then it frees the ring, the
// sockets and the memory.
func (e *engine) Destroy() error {
	var errs []error
	if e.enabled {
		errs = append(errs, e.settle())
	}
	for slot := uint32(0); e.slots != nil && slot < e.slots.Fresh(); slot++ {
		if e.slots.Taken(slot) {
			_ = unix.Close(int(e.conns[slot].FD))
		}
	}
	e.closeAccepted()
	e.account.Close()
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
			_ = unix.Shutdown(int(e.conns[slot].FD), unix.SHUT_RDWR)
			e.Cancel(e.slots.Token(slot))
		}
	}
	for e.busy() {
		err := e.submit()
		if err == nil {
			err = e.enter(true, 100*time.Millisecond)
		}
		if err == nil && e.spill.refusals > refusalsToEnd {
			err = errors.New("io_uring takes no submissions: what is in flight cannot be ended")
		}
		if err != nil {
			return err
		}
		e.backOff(time.Millisecond)
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
	kind := done.UserData() & kindMask
	switch kind {
	case acceptKind:
		e.acceptEnded(t.Slot(), done.Flags())
		if done.Result() >= 0 {
			_ = unix.Close(int(done.Result()))
		}
		return
	case fileKind:
		e.readsInRing--
		return
	}
	if !e.slots.Live(t) {
		return
	}
	c := &e.conns[t.Slot()]
	switch {
	case kind == recvKind || kind == recvPollKind:
		c.bits &^= recvInRing
	case kind == sendKind && done.Flags()&cqeMore != 0:
		e.abort(c)
	case kind == sendKind || kind == sendPollKind || kind == chainKind && e.readEndsChain():
		c.bits &^= sendInRing
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
		if e.slots.Taken(slot) && c.bits&(recvInRing|sendInRing) != 0 {
			return true
		}
	}
	return e.readsInRing > 0
}
