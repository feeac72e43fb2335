// What the errno of a failed look-up means.

package files

import (
	"syscall"

	"golang.org/x/sys/unix"

	"aws/httpx/message"
)

// statusOf returns the status for the errno of an open: 404 for a path that
// leads to no file to serve, 503 for a shortage in the machine.
func statusOf(errno syscall.Errno) int {
	switch {
	case errno == unix.EACCES || errno == unix.EPERM:
		return message.StatusForbidden
	case errno == unix.EIO || errno == unix.ESTALE:
		return message.StatusInternalError
	case isShortage(errno):
		return message.StatusUnavailable
	}
	// ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EXDEV (the path leaves the root),
	// ENXIO (a socket), ENODEV, …
	return message.StatusNotFound
}

// isMissing reports whether errno says that a path leads to nothing that can be
// served.
func isMissing(errno syscall.Errno) bool {
	switch errno {
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP, unix.ENAMETOOLONG,
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
