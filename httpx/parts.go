package httpx

import (
	"aws/backend"
	"aws/httpx/message"
)

// Answers of several ranges: a body of parts, each a small head and a piece of
// the file, which goes its usual way (RFC 9110 §14.6).

// maxParted bounds a loop's answers of several parts at a time. Beyond it such
// a request gets the whole file, as it may (RFC 9110 §14.2).
const maxParted = 64

// partSet is what is left of an answer of several parts.
type partSet struct {
	ranges   message.RangeSet
	next     int // part
	boundary message.Boundary
}

// takeParts keeps ranges for the connection; it is false where there is no
// room.
func (l *loop) takeParts(c *conn, ranges *message.RangeSet) bool {
	n := len(l.freeParts)
	if n == 0 {
		return false
	}
	c.parts = l.freeParts[n-1]
	l.freeParts = l.freeParts[:n-1]
	l.parts[c.parts] = partSet{ranges: *ranges, boundary: l.boundaries.Next()}
	return true
}

func (l *loop) releaseParts(c *conn) {
	if c.parts != backend.None {
		l.freeParts = append(l.freeParts, c.parts)
		c.parts = backend.None
	}
}

// nextPart composes the head of the next part, or the end behind the last. It
// is false when there is nothing more to send.
func (l *loop) nextPart(c *conn) bool {
	p := &l.parts[c.parts]
	if p.next > p.ranges.N {
		return false
	}
	c.flags |= partSent
	l.takeOut(c)
	l.appendPart(c)
	return true
}

// appendPart adds the head of the next part to what is composed.
func (l *loop) appendPart(c *conn) {
	p := &l.parts[c.parts]
	e := &l.files.Entries[c.file]
	b := l.out(c)
	if p.next < p.ranges.N {
		r := p.ranges.Ranges[p.next]
		b = message.AppendPartHead(b, &p.boundary, e.Fields.ContentType(), r, e.ID.Size)
		c.off, c.left = r.First, r.Length
	} else {
		b = message.AppendLastDelimiter(b, &p.boundary)
	}
	p.next++
	c.out.to = int32(len(b))
}
