package simio

import (
	"slices"
	"syscall"

	"aws/backend"
)

// SocketBuffer is how many bytes a direction of a connection holds.
const SocketBuffer = 64 << 10

// stream is one direction of a connection: the bytes under way. They lie in an
// array that grows as it is needed, and move to its front only once every
// SocketBuffer bytes.
type stream struct {
	buf   []byte // unread bytes end at len(buf)
	start int    // and start here
	bound int    // of unread bytes, if not 0
	fin   bool   // the writer has ended; the reader finds out after the bytes
}

func (s *stream) unread() int { return len(s.buf) - s.start }

func (s *stream) room() int {
	if s.bound > 0 {
		return max(min(SocketBuffer, s.bound)-s.unread(), 0)
	}
	return SocketBuffer - s.unread()
}

// free returns n bytes after those under way, to be written in place; see grow.
// There is room for them.
func (s *stream) free(n int) []byte {
	if s.start > SocketBuffer {
		s.buf = s.buf[:copy(s.buf, s.buf[s.start:])]
		s.start = 0
	}
	s.buf = slices.Grow(s.buf, n)
	return s.buf[len(s.buf):][:n]
}

func (s *stream) grow(n int) { s.buf = s.buf[:len(s.buf)+n] }

func (s *stream) write(b []byte) int {
	n := copy(s.free(min(len(b), s.room())), b)
	s.grow(n)
	return n
}

func (s *stream) read(b []byte) int {
	n := copy(b, s.buf[s.start:])
	s.start += n
	return n
}

func (s *stream) lose() { s.buf, s.start = s.buf[:0], 0 }

// link is one connection, both ends: TCP as far as its users can tell.
type link struct {
	up, down     stream // to the server, to the client
	clientClosed bool
	serverClosed bool
	reset        bool
	corked       bool // the server has asked to hold back the end
	listener     int32
	address      backend.Address // the client's
}

// abort is a reset that overtakes all bytes under way.
func (l *link) abort() {
	l.reset = true
	l.up.lose()
	l.down.lose()
}

// canRecv says that a receive by the server has a result.
func (l *link) canRecv() bool { return l.up.unread() > 0 || l.up.fin || l.reset }

// canSend says that a send by the server has a result.
func (l *link) canSend() bool { return l.down.room() > 0 || l.sendError() != 0 }

func (l *link) sendError() syscall.Errno {
	if l.reset || l.down.fin {
		return syscall.EPIPE
	}
	return 0
}

// recv is the server's: 0 is the end, below 0 is an errno.
func (l *link) recv(b []byte) int {
	if l.reset {
		return -int(syscall.ECONNRESET)
	}
	return l.up.read(b)
}

// sent follows each send by the server. A client that has closed answers with a
// reset: the send itself succeeds, and the bytes are lost.
func (l *link) sent() {
	if l.clientClosed {
		l.abort()
	}
}

// serverClose closes the server's end. With input unread that is a reset, which
// may cost the client what it has not read yet (RFC 9112, section 9.6): here it
// always does.
func (l *link) serverClose() {
	l.serverClosed = true
	if l.up.unread() > 0 {
		l.abort()
		return
	}
	l.down.fin = true
}

// serverReset closes the server's end by a reset.
func (l *link) serverReset() {
	l.serverClosed = true
	l.abort()
}
