// Bodies of several ranges, as pieces of a file and texts between them.

package httpx

import "aws/httpx/message"

// maxParted bounds the bodies of parts in one loop. Beyond it a request for
// several ranges gets the whole file, which RFC 9110 §14.2 allows.
const maxParted = 64

// partBodies yield the bodies of responses with several ranges: for each part a
// small head and a stretch of the file (RFC 9110 §14.6).
type partBodies struct {
	bodies     *fileBodies
	sets       []partSet
	free       []int32
	boundaries message.Boundaries
	text       []byte // last yielded by next
}

// partSet is the state of one body of parts.
type partSet struct {
	ranges   message.RangeSet
	part     int // the next to yield
	boundary message.Boundary
}

// over says that the final delimiter has been yielded.
func (s *partSet) over() bool { return s.part > s.ranges.Len() }

func newPartBodies(f *fileBodies) partBodies {
	p := partBodies{bodies: f, sets: make([]partSet, maxParted)}
	p.boundaries.Seed(message.RandomSeed())
	for i := range p.sets {
		p.free = append(p.free, int32(i))
	}
	return p
}

// take reserves a part set for these ranges. It returns none if all are taken.
func (p *partBodies) take(ranges *message.RangeSet) (set int32) {
	n := len(p.free)
	if n == 0 {
		return none
	}
	set = p.free[n-1]
	p.free = p.free[:n-1]
	p.sets[set] = partSet{ranges: *ranges, boundary: p.boundaries.Next()}
	return set
}

// give gives a part set back.
func (p *partBodies) give(set int32) { p.free = append(p.free, set) }

// over says that all of a body has been yielded.
func (p *partBodies) over(i int32) bool {
	return p.bodies.over(i) && p.sets[p.bodies.all[i].source].over()
}

// next yields the head of a part, its bytes, and after the last one the final
// delimiter.
func (p *partBodies) next(i int32) (piece, []byte, supply) {
	if piece, s := p.bodies.next(i); s != over {
		return piece, nil, s
	}
	b := &p.bodies.all[i]
	set := &p.sets[b.source]
	if set.over() {
		return piece{}, nil, over
	}
	e := p.bodies.files.At(b.file)
	if set.part < set.ranges.Len() {
		r := set.ranges.At(set.part)
		p.text = message.AppendPartHead(p.text[:0], &set.boundary, e.Fields.ContentType(), r, e.ID.Size)
		b.off, b.left = r.First, r.Length
	} else {
		p.text = message.AppendLastDelimiter(p.text[:0], &set.boundary)
	}
	set.part++
	return piece{}, p.text, hasText
}
