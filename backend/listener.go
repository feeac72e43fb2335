// Listeners: the sockets of one address, from listen.go to their end.

package backend

import (
	"errors"
	"os"
	"strings"

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
	// Proxies are the networks of those who may connect, and begin each connection with
	// a header of the PROXY protocol. Without any the listener is for everybody, and
	// there is no such header.
	Proxies Networks

	unixPath string // to remove on Close
}

// IsUnix says that it is a unix socket, whose clients have no address.
func (l *Listener) IsUnix() bool { return strings.HasPrefix(l.Addr, "unix:") }

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
