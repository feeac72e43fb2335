package epollaio

import (
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
)

// listener is one listening socket, which the caller owns.
type listener struct {
	fd     int32
	unix   bool // of unix sockets
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
	switch {
	case e.slots.Full() || e.pause.Active():
		e.starved = true // Close or retryAccept resumes
		e.account.Pass()
		return backend.Completion{}, false
	case e.faults.WouldBlock() || e.faults.Interrupted():
		e.enqueueListener(i)
		return backend.Completion{}, false
	case e.account.Waits():
		return backend.Completion{}, false // called resumes
	case !e.account.Take():
		if l.ready = pending(l.fd); l.ready { // only a client that is there waits for a place
			e.account.Wait()
		}
		return backend.Completion{}, false
	}
	e.counters.Accepts++
	fd, errno := e.accept4(l.fd)
	if errno == 0 {
		e.pause.Succeeded()
		e.enqueueListener(i)
		return e.admit(fd, i), true
	}
	e.account.Give()
	switch {
	case errno == unix.EAGAIN:
		e.counters.WouldBlock++
		l.ready = false
	case errno == unix.EINVAL: // shut down: it accepts no more
		l.ready = false
	case e.pause.Failed(errno):
		e.pauseAccept(os.NewSyscallError("accept4", errno))
	default:
		e.enqueueListener(i)
	}
	return backend.Completion{}, false
}

func (e *engine) accept4(listener int32) (int, syscall.Errno) {
	sockaddr, length := e.sockaddr.Prepare()
	began := kernel.Begin()
	fd, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), uintptr(sockaddr), uintptr(length),
		unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Accept4, FD: listener, Flags: unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC, Result: kernel.Result(int(fd), errno)})
	}
	return int(fd), errno
}

// pending reports whether the backlog of a listening socket holds a connection.
func pending(fd int32) bool {
	fds := [1]unix.PollFd{{Fd: fd, Events: unix.POLLIN}}
	began := kernel.Begin()
	n, err := unix.Poll(fds[:], 0)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Poll, FD: fd, Size: 1, Result: kernel.Failed(n, err)})
	}
	return n > 0 || err != nil
}

// admit gives the socket that listener i has just accepted its slot. Only an
// attempt shows whether something has arrived already. epoll learns only of
// sockets that have to wait; one whose only request is there by now never does.
func (e *engine) admit(fd int, i uint32) backend.Completion {
	t := e.slots.Take()
	c := &e.conns[t.Slot()]
	*c = conn{peer: e.sockaddr.Address(), bits: readable | writable}
	if e.listeners[i].unix {
		c.bits |= unixSocket
	}
	c.FD = int32(fd)
	e.counters.Opened++
	return backend.Completion{Token: t, N: int(i), Op: backend.OpAccept}
}

func (e *engine) pauseAccept(err error) {
	e.starved = true
	e.pause.Begin()
	e.warn("accepting pauses", err)
}

// retryAccept resumes accepting after a pause.
func (e *engine) retryAccept() {
	if e.starved && !e.slots.Full() && e.pause.Due() {
		e.resumeAccept()
	}
}

// called tries again when another connection has given its place back.
func (e *engine) called() {
	e.resumeAccept()
	if !slices.ContainsFunc(e.listeners, func(l listener) bool { return l.queued }) {
		e.account.Pass() // all clients have gone to others
	}
}

func (e *engine) resumeAccept() {
	e.starved = false
	e.pause.End()
	for i := range e.listeners {
		e.enqueueListener(uint32(i))
	}
}

// StopAccepting leaves the backlog to others that listen.
func (e *engine) StopAccepting() {
	e.accepting = false
	e.account.Quit()
	for _, l := range e.listeners {
		_ = kernel.WatchFD(e.epfd, unix.EPOLL_CTL_DEL, int(l.fd), nil)
	}
}
