// Spans of buffers, and the index that stands for nothing.

package httpx

import "aws/backend"

// none stands for no slot, no exchange, no file or no buffer.
const none = backend.None

// span is a part of a buffer.
type span struct {
	buffer   int32 // none when empty
	from, to int32
}

var noSpan = span{buffer: none}

func (s *span) len() int32 { return s.to - s.from }

// pages is how many pages the first n bytes of a buffer touch: one at least.
func pages(n int32) int32 { return int32(max((uint32(n)+backend.Align-1)/backend.Align, 1)) }
