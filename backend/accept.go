package backend

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// AcceptRetry is how long accepting pauses when the process or the machine has
// run out of descriptors or memory: no event tells when that is over.
const AcceptRetry = 100 * time.Millisecond

// AcceptGoesOn says of an error of accept(2) that the next connection may be
// fine: this one died in the backlog or a firewall forbids it (Error handling).
// What remains are limits, such as EMFILE, ENFILE, ENOBUFS and ENOMEM, and what
// nobody expects.
func AcceptGoesOn(errno syscall.Errno) bool {
	switch errno {
	case unix.EINTR, unix.ECONNABORTED, unix.EPERM, unix.EPROTO, unix.ENETDOWN,
		unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET, unix.EHOSTUNREACH, unix.ENETUNREACH:
		return true
	}
	return false
}
