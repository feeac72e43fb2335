package backend

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// AcceptPause is a pause in accepting, for when the process or the machine has
// run out of descriptors or memory, or something forbids accept(2): no event tells
// when that is over, so the engine tries again after a while. The zero value is no
// pause.
type AcceptPause struct {
	end     time.Time
	errno   syscall.Errno // of the last failure
	repeats int           // how often it has come without a success in between
}

const (
	acceptPause = 100 * time.Millisecond
	// acceptRepeats is how often an error may come in a row before it is no
	// longer believed to concern one connection only.
	acceptRepeats = 64
)

// Failed notes an error of accept(2). It begins a pause and returns true, unless
// the next connection may be fine.
func (p *AcceptPause) Failed(errno syscall.Errno) bool {
	if errno != p.errno {
		p.errno, p.repeats = errno, 0
	}
	p.repeats++
	if p.repeats < acceptRepeats && concernsOne(errno) {
		return false
	}
	p.Begin()
	return true
}

// Succeeded notes that accept(2) works.
func (p *AcceptPause) Succeeded() { p.repeats = 0 }

// Begin starts a pause.
func (p *AcceptPause) Begin() { p.end = time.Now().Add(acceptPause) }

// End ends a pause, if there is one.
func (p *AcceptPause) End() { p.end = time.Time{} }

// Active says that there is a pause, whether its time is up or not.
func (p *AcceptPause) Active() bool { return !p.end.IsZero() }

// Due says that there is a pause whose time is up.
func (p *AcceptPause) Due() bool { return p.Active() && !time.Now().Before(p.end) }

// Bound shortens the timeout of a Wait to the end of the pause.
func (p *AcceptPause) Bound(timeout time.Duration) time.Duration {
	if !p.Active() {
		return timeout
	}
	return Sooner(timeout, time.Until(p.end))
}

// concernsOne says of an error of accept(2) that the next connection may be fine:
// this one died in the backlog, or a firewall forbids it (accept(2), Error
// handling). The other errors are limits, such as EMFILE, ENFILE, ENOBUFS and
// ENOMEM, or unexpected.
func concernsOne(errno syscall.Errno) bool {
	switch errno {
	case unix.EINTR, unix.EAGAIN, unix.ECONNABORTED, unix.EPERM, unix.EPROTO, unix.ENETDOWN,
		unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET, unix.EHOSTUNREACH, unix.ENETUNREACH:
		return true
	}
	return false
}

// Sooner shortens the timeout of a Wait, below 0 for none, to d.
func Sooner(timeout, d time.Duration) time.Duration {
	if d = max(d, 0); timeout < 0 || d < timeout {
		return d
	}
	return timeout
}
