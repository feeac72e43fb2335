// Saved input: what http1request.go cannot serve yet.

package httpx

import "aws/backend"

// inputs hold the start of a request that is still arriving, and requests that
// have to wait. They are copied out of the engine's buffer, which is only lent.
// Most requests arrive alone and whole, and are never copied.
type inputs struct {
	*backend.Arena
	pages int32 // touched by what is saved
}

// saved returns the saved bytes.
func (in inputs) saved(s *span) []byte { return in.Bytes(s.buffer)[s.from:s.to] }

// extend adds b to the saved bytes and returns all of them.
func (in *inputs) extend(s *span, b []byte) []byte {
	buffer := in.Bytes(s.buffer)
	before := pages(s.to)
	if int(s.to)+len(b) > len(buffer) {
		s.to = int32(copy(buffer, buffer[s.from:s.to]))
		s.from = 0
	}
	n := copy(buffer[s.to:], b)
	backend.Assert(n == len(b), "httpx: saved input longer than its buffer")
	s.to += int32(n)
	in.pages += pages(s.to) - before
	return in.saved(s)
}

// keep saves b and forgets everything else. b is the end of the saved bytes, or
// lent if nothing is saved.
func (in *inputs) keep(s *span, b []byte) {
	switch {
	case len(b) == 0 && s.buffer == none:
	case len(b) == 0:
		in.Give(s.buffer)
		in.pages -= pages(s.to)
		*s = noSpan
	case s.buffer != none:
		s.from = s.to - int32(len(b))
	default:
		buffer := in.Take()
		backend.Assert(buffer != none, "httpx: more saved inputs than connections")
		*s = span{buffer: buffer, to: int32(copy(in.Bytes(buffer), b))}
		in.pages += pages(s.to)
	}
}
