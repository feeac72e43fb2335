package uring

import (
	"math/bits"
	"os"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
)

// listener is one listening socket, which the caller owns.
type listener struct {
	fd     int32
	armed  uint16 // accepts that are with the kernel, one bit each
	multi  bool   // the armed one is multishot
	closed bool   // it has been shut down
}

// arrival is a socket that has been accepted and has no slot yet.
type arrival struct {
	fd       int32
	listener int32
}

const (
	// acceptBatch is how many connections a listener may accept in a turn.
	acceptBatch = 16 // bits of listener.armed
	// multishotFrom is how many slots must be free for a multishot accept, which
	// empties a whole backlog before it can be told to stop: twice the usual
	// net.core.somaxconn.
	multishotFrom = 2 * 4096
)

// An accept's token has generation 0 and, as its slot, the listener's index and
// its own number: each needs a name of its own to be cancelled by.
const maxListeners = 1 << 10

func acceptToken(listener, number int) backend.Token {
	return backend.MakeToken(uint32(listener|number*maxListeners), 0)
}

// armAccept submits an accept. There must be a number free for it.
func (e *engine) armAccept(i int, multi bool) {
	l := &e.listeners[i]
	number := bits.TrailingZeros16(^l.armed)
	l.armed |= 1 << number
	l.multi = multi
	s := e.entry(acceptToken(i, number), acceptKind)
	s.PrepOperation(iouring.IORING_OP_ACCEPT, l.fd, 0, 0, 0)
	s.SetOpFlags(unix.SOCK_CLOEXEC)
	if multi {
		s.SetIoprio(acceptMultishot)
	}
}

// acceptEnded notes the last completion of an accept, and returns its listener's
// index.
func (e *engine) acceptEnded(slot, flags uint32) (i int32) {
	i = int32(slot % maxListeners)
	if l := &e.listeners[i]; flags&cqeMore == 0 {
		l.armed &^= 1 << (slot / maxListeners)
		l.multi = false
	}
	return i
}

// acceptDone takes an accepted socket or an error.
func (e *engine) acceptDone(slot uint32, n int, flags uint32) (backend.Completion, bool) {
	e.counters.Accepts++
	i := e.acceptEnded(slot, flags)
	if n < 0 {
		e.acceptFailed(&e.listeners[i], unix.Errno(-n))
		return backend.Completion{}, false
	}
	if !e.accepting {
		_ = kernel.CloseFD(n)
		return backend.Completion{}, false
	}
	e.pause.Succeeded()
	a := arrival{int32(n), i}
	if len(e.accepted) > 0 || !e.mayAdmit() { // first come, first served
		e.accepted = append(e.accepted, a)
		return backend.Completion{}, false
	}
	return e.admit(a), true
}

// acceptFailed goes on accepting, unless there is a reason not to. ECANCELED
// comes from cancelAccepts, whose reason may have passed meanwhile.
func (e *engine) acceptFailed(l *listener, errno unix.Errno) {
	switch {
	case errno == unix.EINVAL:
		l.closed = true // shut down: it accepts no more
	case errno == unix.ECANCELED || !e.pause.Failed(errno):
		e.resumeAccept()
	default:
		e.warn("accepting pauses", os.NewSyscallError("accept", errno))
	}
}

// mayAdmit takes a place for an accepted socket. If all are taken, it has the engine
// called.
func (e *engine) mayAdmit() bool {
	switch {
	case e.slots.Full():
		e.account.Pass()
		return false
	case e.account.Waits() || !e.account.Take():
		e.account.Wait()
		return false
	}
	return true
}

// admit gives an accepted socket its slot. With the last slot, accepting stops:
// what has been accepted meanwhile waits in accepted.
func (e *engine) admit(a arrival) backend.Completion {
	t := e.slots.Take()
	c := &e.conns[t.Slot()]
	*c = conn{buffer: -1, bits: sockNonempty} // a request may be there already
	c.FD = a.fd
	e.counters.Opened++
	if e.slots.Full() {
		e.cancelAccepts()
	} else {
		e.resumeAccept()
	}
	return backend.Completion{Token: t, N: int(a.listener), Op: backend.OpAccept}
}

// slotFreed has the next accepted socket admitted, or accepts again.
func (e *engine) slotFreed() {
	if len(e.accepted) > 0 {
		if !e.account.Waits() {
			e.enqueueAdmit()
		}
		return
	}
	e.pause.End() // a descriptor has become free with the slot
	e.resumeAccept()
}

// enqueueAdmit has Next admit an accepted socket if there is a slot for it. It
// takes one place on the queue, however many wait.
func (e *engine) enqueueAdmit() {
	if !e.admitting && len(e.accepted) > 0 && !e.slots.Full() {
		e.admitting = true
		e.queue.Put(backend.ListenerEntry)
	}
}

// admitNext admits the socket that has waited longest for a slot.
func (e *engine) admitNext() (backend.Completion, bool) {
	e.admitting = false
	if len(e.accepted) == 0 || !e.mayAdmit() {
		return backend.Completion{}, false
	}
	a := e.accepted[0]
	e.accepted = append(e.accepted[:0], e.accepted[1:]...)
	done := e.admit(a)
	e.enqueueAdmit()
	return done, true
}

// called admits the next one when another connection has given its place back.
func (e *engine) called() {
	e.enqueueAdmit()
	if !e.admitting {
		e.account.Pass()
	}
}

// resumeAccept accepts from every listener as many as there are slots for. While
// the budget is spent it accepts one: only so does the engine learn that a client
// waits for a place that another engine may give back.
func (e *engine) resumeAccept() {
	free := e.slots.Len() - e.slots.Used()
	if !e.accepting || !e.enabled || free == 0 || len(e.listeners) == 0 || len(e.accepted) > 0 || e.pause.Active() {
		return
	}
	free = min(free, e.account.Share())
	multi := e.has.Multishot && free >= multishotFrom
	most := max(1, min(acceptBatch, free/len(e.listeners)))
	for i := range e.listeners {
		switch l := &e.listeners[i]; {
		case l.closed:
		case l.multi && !multi: // resumed when it has ended
			e.cancelAccept(i)
		case l.multi:
		case multi && l.armed == 0:
			e.armAccept(i, true)
		default:
			for bits.OnesCount16(l.armed) < most {
				e.armAccept(i, false)
			}
		}
	}
}

// retryAccept resumes accepting after a pause.
func (e *engine) retryAccept() {
	if e.pause.Due() {
		e.pause.End()
		e.resumeAccept()
	}
}

// cancelAccepts ends the accepts that are with the kernel.
func (e *engine) cancelAccepts() {
	for i := range e.listeners {
		e.cancelAccept(i)
	}
}

func (e *engine) cancelAccept(i int) {
	for number := range acceptBatch {
		if e.listeners[i].armed&(1<<number) != 0 {
			e.cancel(uint64(acceptToken(i, number)) | acceptKind)
		}
	}
}

// StopAccepting leaves the backlog to others that listen.
func (e *engine) StopAccepting() {
	e.accepting = false
	e.account.Quit()
	e.pause.End()
	e.cancelAccepts()
	e.closeAccepted()
}

func (e *engine) closeAccepted() {
	for _, a := range e.accepted {
		_ = kernel.CloseFD(int(a.fd))
	}
	e.accepted = e.accepted[:0]
}
