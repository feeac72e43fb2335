package uring

import (
	"math/bits"
	"os"
	"time"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
)

// listener is one listening socket. It is the caller's; the engine accepts
// from it.
type listener struct {
	fd     int32
	armed  uint16 // accepts that are with the kernel, a bit for each
	multi  bool   // the one that is armed accepts all that come
	closed bool   // it has been shut down
}

const (
	// acceptBatch is how many connections a listener can accept in a turn.
	acceptBatch = 16 // bits of listener.armed
	// multishotFrom is how many slots have to be free for a multishot accept,
	// which empties a whole backlog before it can be told to stop: twice the
	// length that net.core.somaxconn commonly has.
	multishotFrom = 2 * 4096
)

// An accept's token has generation 0, and as its slot the listener's index and
// its own number: to be cancelled, each needs a name of its own.
const maxListeners = 1 << 10

func acceptToken(listener, number int) backend.Token {
	return backend.MakeToken(uint32(listener|number*maxListeners), 0)
}

// armAccept submits an accept. There is a number free for it.
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

// acceptEnded notes the last completion of an accept, and returns its listener.
func (e *engine) acceptEnded(slot, flags uint32) *listener {
	l := &e.listeners[slot%maxListeners]
	if flags&cqeMore == 0 {
		l.armed &^= 1 << (slot / maxListeners)
		l.multi = false
	}
	return l
}

// acceptDone takes an accepted socket or an error.
func (e *engine) acceptDone(slot uint32, n int, flags uint32) (backend.Completion, bool) {
	e.counters.Accepts++
	l := e.acceptEnded(slot, flags)
	if n < 0 {
		e.acceptFailed(l, unix.Errno(-n))
		return backend.Completion{}, false
	}
	if !e.accepting {
		_ = unix.Close(n)
		return backend.Completion{}, false
	}
	if e.slots.Full() {
		e.accepted = append(e.accepted, int32(n))
		return backend.Completion{}, false
	}
	return e.admit(int32(n)), true
}

// acceptFailed goes on accepting, unless there is a reason not to. ECANCELED
// comes of a cancelAccepts whose reason may have passed meanwhile.
func (e *engine) acceptFailed(l *listener, errno unix.Errno) {
	switch {
	case errno == unix.EINVAL:
		l.closed = true // shut down: it accepts no more
	case errno == unix.ECANCELED, errno == unix.EAGAIN, backend.AcceptGoesOn(errno):
		e.resumeAccept()
	default:
		e.pauseEnd = time.Now().Add(backend.AcceptRetry)
		e.warn("accepting pauses", os.NewSyscallError("accept", errno))
	}
}

// admit gives an accepted socket its slot. With the last slot, accepting
// stops: what has been accepted meanwhile waits in accepted.
func (e *engine) admit(fd int32) backend.Completion {
	t := e.slots.Take()
	e.conns[t.Slot()] = conn{fd: fd, buffer: -1, bits: sockNonempty} // a request may be there already
	e.counters.Opened++
	if e.slots.Full() {
		e.cancelAccepts()
	} else {
		e.resumeAccept()
	}
	return backend.Completion{Token: t, Op: backend.OpAccept}
}

// slotFreed has the next accepted socket admitted, or accepts again.
func (e *engine) slotFreed() {
	if len(e.accepted) > 0 {
		e.queue.Put(backend.ListenerEntry)
	} else {
		e.pauseEnd = time.Time{} // a descriptor has become free with it
		e.resumeAccept()
	}
}

// admitNext admits the socket that has waited longest for a slot.
func (e *engine) admitNext() (backend.Completion, bool) {
	if len(e.accepted) == 0 || e.slots.Full() {
		return backend.Completion{}, false
	}
	fd := e.accepted[0]
	e.accepted = append(e.accepted[:0], e.accepted[1:]...)
	return e.admit(fd), true
}

// resumeAccept accepts from every listener what there are slots for.
func (e *engine) resumeAccept() {
	free := e.slots.Len() - e.slots.Used()
	if !e.accepting || !e.begun || free == 0 || len(e.accepted) > 0 || !e.pauseEnd.IsZero() {
		return
	}
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

// retryAccept resumes accepting when a pause is over.
func (e *engine) retryAccept() {
	if !e.pauseEnd.IsZero() && !time.Now().Before(e.pauseEnd) {
		e.pauseEnd = time.Time{}
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

// StopAccepting leaves the backlog to whoever else listens.
func (e *engine) StopAccepting() {
	e.accepting = false
	e.pauseEnd = time.Time{}
	e.cancelAccepts()
	e.closeAccepted()
}

func (e *engine) closeAccepted() {
	for _, fd := range e.accepted {
		_ = unix.Close(int(fd))
	}
	e.accepted = e.accepted[:0]
}
