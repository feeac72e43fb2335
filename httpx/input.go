package httpx

import (
	"aws/backend"
)

// Saved input: what has been received of requests whose turn has not come. It
// is copied out of the engine's buffer, which is only lent, so that most
// requests, which arrive alone and whole, are never copied.

// input returns the saved bytes.
func (l *loop) input(c *conn) []byte {
	return l.inputs.Bytes(c.in.buffer)[c.in.from:c.in.to]
}

// appendInput adds b to the saved bytes and returns all of them.
func (l *loop) appendInput(c *conn, b []byte) []byte {
	buffer := l.inputs.Bytes(c.in.buffer)
	if int(c.in.to)+len(b) > len(buffer) {
		c.in.to = int32(copy(buffer, buffer[c.in.from:c.in.to]))
		c.in.from = 0
	}
	n := copy(buffer[c.in.to:], b)
	backend.Assert(n == len(b), "httpx: saved input longer than its buffer")
	c.in.to += int32(n)
	return l.input(c)
}

// keepInput saves b and forgets all else. b is the end of the saved bytes, or
// lent while nothing is saved.
func (l *loop) keepInput(c *conn, b []byte) {
	switch {
	case len(b) == 0 && c.in.buffer == none:
	case len(b) == 0:
		l.inputs.Give(c.in.buffer)
		c.in = noSpan
	case c.in.buffer != none:
		c.in.from = c.in.to - int32(len(b))
	default:
		buffer := l.inputs.Take()
		backend.Assert(buffer != none, "httpx: more saved inputs than connections")
		c.in = span{buffer: buffer, to: int32(copy(l.inputs.Bytes(buffer), b))}
	}
}
