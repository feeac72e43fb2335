package uring

import (
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
	armed  bool // an accept is with the kernel
	closed bool // it has been shut down
}

// acceptRetry is how long accepting pauses when the process or the machine
// has run out of descriptors or memory: no event tells when that is over.
const acceptRetry = 100 * time.Millisecond

// armAccept accepts one connection, or with multishot all that come.
func (e *engine) armAccept(i uint32) {
	l := &e.listeners[i]
	if l.armed || l.closed {
		return
	}
	l.armed = true
	s := e.entry(backend.MakeToken(i, 0), acceptKind)
	s.PrepOperation(iouring.IORING_OP_ACCEPT, l.fd, 0, 0, 0)
	s.SetOpFlags(unix.SOCK_CLOEXEC)
	if e.has.Multishot {
		s.SetIoprio(acceptMultishot)
	}
}

// acceptDone takes an accepted socket or an error.
func (e *engine) acceptDone(i uint32, n int, flags uint32) (backend.Completion, bool) {
	e.counters.Accepts++
	if flags&cqeMore == 0 {
		e.listeners[i].armed = false
	}
	if n < 0 {
		e.acceptFailed(i, unix.Errno(-n))
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
func (e *engine) acceptFailed(i uint32, errno unix.Errno) {
	switch errno {
	case unix.EINVAL:
		e.listeners[i].closed = true // shut down: it accepts no more
	case unix.ECANCELED, unix.EINTR, unix.EAGAIN, unix.ECONNABORTED, unix.EPERM, unix.EPROTO, unix.ENETDOWN,
		unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET, unix.EHOSTUNREACH, unix.ENETUNREACH:
		// The connection died in the backlog or a firewall forbids it
		// (accept(2), Error handling): the next one may be fine.
		if e.pauseEnd.IsZero() {
			e.resumeAccept()
		}
	default: // EMFILE, ENFILE, ENOBUFS, ENOMEM, and what nobody expects
		e.pauseEnd = time.Now().Add(acceptRetry)
		e.warn("accepting pauses", os.NewSyscallError("accept", errno))
	}
}

// admit gives an accepted socket its slot. With the last slot, accepting
// stops: what multishot has accepted meanwhile waits in accepted.
func (e *engine) admit(fd int32) backend.Completion {
	t := e.slots.Take()
	e.conns[t.Slot()] = conn{fd: fd, buffer: -1}
	e.counters.Opened++
	if e.slots.Full() {
		e.cancelAccepts()
	} else if e.pauseEnd.IsZero() {
		e.resumeAccept()
	}
	return backend.Completion{Token: t, Op: backend.OpAccept}
}

// slotFreed has the next accepted socket admitted, or accepts again.
func (e *engine) slotFreed() {
	if len(e.accepted) > 0 {
		e.queue.Put(backend.ListenerEntry)
	} else if e.accepting {
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

// resumeAccept accepts from every listener, if there are slots for it.
func (e *engine) resumeAccept() {
	if !e.accepting || !e.begun || e.slots.Full() || len(e.accepted) > 0 {
		return
	}
	e.pauseEnd = time.Time{}
	for i := range e.listeners {
		e.armAccept(uint32(i))
	}
}

func (e *engine) retryAccept() {
	if !e.pauseEnd.IsZero() && !time.Now().Before(e.pauseEnd) {
		e.resumeAccept()
	}
}

// cancelAccepts ends the accepts that are with the kernel.
func (e *engine) cancelAccepts() {
	for i := range e.listeners {
		if e.listeners[i].armed {
			e.cancel(uint64(backend.MakeToken(uint32(i), 0)) | acceptKind)
		}
	}
}

// StopAccepting leaves the backlog to whoever else listens.
func (e *engine) StopAccepting() {
	e.accepting = false
	e.cancelAccepts()
	e.closeAccepted()
}

func (e *engine) closeAccepted() {
	for _, fd := range e.accepted {
		_ = unix.Close(int(fd))
	}
	e.accepted = e.accepted[:0]
}
