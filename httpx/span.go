package httpx

import "aws/backend"

// none marks the absence of an index: of a slot, an exchange, a file or a
// buffer.
const none = backend.None

// span is a part of a buffer.
type span struct {
	buffer   int32 // none when empty
	from, to int32
}

var noSpan = span{buffer: none}

func (s *span) len() int32 { return s.to - s.from }
