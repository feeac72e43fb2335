package epollaio

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// listener is one listening socket. It is the caller's; the engine accepts
// from it.
type listener struct {
	fd     int32
	ready  bool // the backlog may hold a connection
	queued bool
}

func (e *engine) listenerReady(i uint32) {
	e.listeners[i].ready = true
	e.enqueueListener(i)
}

func (e *engine) enqueueListener(i uint32) {
	if l := &e.listeners[i]; l.ready && !l.queued && e.accepting {
		l.queued = true
		e.queue.Put(backend.ListenerEntry | i)
	}
}

// accept takes one connection from the backlog, and queues the listener again
// until the backlog is empty or the slots are full.
func (e *engine) accept(i uint32) (backend.Completion, bool) {
	l := &e.listeners[i]
	l.queued = false
	if !e.accepting {
		return backend.Completion{}, false
	}
	if e.slots.Full() {
		e.starved = true // Close resumes
		return backend.Completion{}, false
	}
	fd, errno := e.accept4(l)
	if errno == 0 {
		e.enqueueListener(i)
		return e.admit(fd), true
	}
	switch {
	case errno == unix.EAGAIN:
		e.counters.WouldBlock++
		l.ready = false
	case errno == unix.EINVAL: // shut down: it accepts no more
		l.ready = false
	case backend.AcceptGoesOn(errno):
		e.enqueueListener(i)
	default:
		e.pauseAccept(os.NewSyscallError("accept4", errno))
	}
	return backend.Completion{}, false
}

func (e *engine) accept4(l *listener) (int, syscall.Errno) {
	if e.faults.WouldBlock() || e.faults.Interrupted() {
		return -1, unix.EINTR
	}
	e.counters.Accepts++
	fd, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(l.fd), 0, 0,
		unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	return int(fd), errno
}

// admit gives an accepted socket its slot. Whether something has come already
// nobody knows before the first attempt; epoll only learns of a socket that has
// to wait, and those that ask once, and have asked by now, never do.
func (e *engine) admit(fd int) backend.Completion {
	t := e.slots.Take()
	e.conns[t.Slot()] = conn{fd: int32(fd), bits: readable | writable}
	e.counters.Opened++
	return backend.Completion{Token: t, Op: backend.OpAccept}
}

func (e *engine) pauseAccept(err error) {
	e.starved = true
	e.retryAt = time.Now().Add(backend.AcceptRetry)
	e.warn("accepting pauses", err)
}

// retryAccept resumes accepting when a pause is over.
func (e *engine) retryAccept() {
	if e.starved && !e.retryAt.IsZero() && !e.slots.Full() && !time.Now().Before(e.retryAt) {
		e.resumeAccept()
	}
}

func (e *engine) resumeAccept() {
	e.starved = false
	e.retryAt = time.Time{}
	for i := range e.listeners {
		e.enqueueListener(uint32(i))
	}
}

// StopAccepting leaves the backlog to whoever else listens.
func (e *engine) StopAccepting() {
	e.accepting = false
	for _, l := range e.listeners {
		_ = unix.EpollCtl(e.epfd, unix.EPOLL_CTL_DEL, int(l.fd), nil)
	}
}
