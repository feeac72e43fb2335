// Listeners: the sockets of one address, from listen.go to their end.

package backend

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Listener is one address to listen on, with a listening socket for each
// loop. TCP loops have sockets of their own (SO_REUSEPORT: the kernel spreads
// the connections); a unix socket is shared by all.
type Listener struct {
	// FDs holds a listening descriptor for each loop.
	FDs []int
	// Addr is where clients connect: "127.0.0.1:8888", "[::]:8888" or
	// "unix:/path", with the port that the kernel chose for port 0.
	Addr string

	unixPath string // to remove on Close
}

// Backlog is how many connections may wait to be accepted: it asks for the longest queue the kernel allows (net.core.somaxconn).
const Backlog = 65535

// Refuse makes the kernel refuse new connections, and lets another server listen
// on the address. The descriptors stay open until Close.
func (l *Listener) Refuse() {
	for _, fd := range l.FDs {
		_ = unix.Shutdown(fd, unix.SHUT_RDWR) // a shared one is shut down already
	}
	_ = l.removePath()
}

// removePath removes a unix socket's path, once: the next one there belongs to
// another server.
func (l *Listener) removePath() error {
	path := l.unixPath
	l.unixPath = ""
	if path == "" {
		return nil
	}
	return os.Remove(path)
}

// Close closes the sockets and removes a unix socket's path.
func (l *Listener) Close() error {
	var err error
	for i, fd := range l.FDs {
		if i == 0 || fd != l.FDs[0] {
			err = errors.Join(err, unix.Close(fd))
		}
	}
	l.FDs = nil
	return errors.Join(err, l.removePath())
}
