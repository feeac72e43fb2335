package httpx

import "aws/httpx/message"

// Responses with several ranges: a body of parts, each a small head and a piece
// of the file (RFC 9110 §14.6).

// maxParted bounds a loop's responses with several parts at a time. Beyond it
// such a request gets the whole file, as it may (RFC 9110 §14.2).
const maxParted = 64

// partSet is what is left of a body of parts.
type partSet struct {
	ranges   message.RangeSet
	next     int // part
	boundary message.Boundary
}

// takeParts reserves parts for these ranges; it returns none where there is no
// room.
func (l *loop) takeParts(ranges *message.RangeSet) (i int32) {
	n := len(l.freeParts)
	if n == 0 {
		return none
	}
	i = l.freeParts[n-1]
	l.freeParts = l.freeParts[:n-1]
	l.parts[i] = partSet{ranges: *ranges, boundary: l.boundaries.Next()}
	return i
}

// nextOfParts is next for a body of parts: the head of a part, its bytes, and
// after the last one the final delimiter.
func (l *loop) nextOfParts(i int32, b *body) (piece, []byte, supply) {
	if p, s := l.nextOfFile(i, b); s != over {
		return p, nil, s
	}
	set := &l.parts[b.parts]
	if set.next > set.ranges.Len() {
		return piece{}, nil, over
	}
	e := l.files.At(b.file)
	if set.next < set.ranges.Len() {
		r := set.ranges.At(set.next)
		l.text = message.AppendPartHead(l.text[:0], &set.boundary, e.Fields.ContentType(), r, e.ID.Size)
		b.off, b.left = r.First, r.Length
	} else {
		l.text = message.AppendLastDelimiter(l.text[:0], &set.boundary)
	}
	set.next++
	return piece{}, l.text, hasText
}
