// What the errno of a failed look-up means.

package files

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/httpx/message"
)

// errNoAnswer is why a look-up is given up.
var errNoAnswer = errors.New("the file system does not answer")

// StatusOf returns the status for the errno of a look-up. Only what is not there
// is 404: a client may forget it, and a cache may remember that. 503 is a shortage
// that may be over in a moment, and 500 is everything else.
func StatusOf(errno syscall.Errno) int {
	switch {
	case errno == unix.EACCES || errno == unix.EPERM:
		return message.StatusForbidden
	case isMissing(errno):
		return message.StatusNotFound
	case isShortage(errno):
		return message.StatusUnavailable
	}
	return message.StatusInternalError // EIO, ESTALE, ETIMEDOUT, EBUSY, …
}

// isMissing reports whether errno says that a path leads to nothing that can be
// served.
func isMissing(errno syscall.Errno) bool {
	switch errno {
	case unix.ENOENT, unix.ESRCH, // of a process that has ended: proc(5)
		unix.ENOTDIR, unix.ELOOP, unix.ENAMETOOLONG,
		unix.EXDEV,              // it leaves the root
		unix.ENXIO, unix.ENODEV, // a socket, or a device without a driver
		unix.EINVAL, unix.EILSEQ: // a name that this file system cannot have
		return true
	}
	return false
}

// isShortage reports whether errno says that the machine is short of something.
func isShortage(errno syscall.Errno) bool {
	switch errno {
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EAGAIN:
		return true
	}
	return false
}

// ErrnoOf returns the errno that an error of OpenRoot wraps, EIO if there is none.
func ErrnoOf(err error) syscall.Errno {
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		return errno
	}
	return unix.EIO
}
