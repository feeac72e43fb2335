// The frame of an answer with one or several ranges.
//
//	RangesFor (ranges.go) ► Content-Range, or multipart/byteranges:
//	part head, bytes of the file, part head, …, last delimiter
//
// All lengths are known before the first byte is sent. Each delimiter begins
// with the CRLF that ends the bytes before it; before the first part that is
// the end of an empty preamble (RFC 2046 §5.1.1). So all part heads are alike.

package message

import (
	"math/rand/v2"
	"strconv"
)

// Boundary delimits the parts of an answer. It stands in the head of the answer
// and in each part's.
type Boundary [16]byte

// Boundaries makes boundaries for a loop. A boundary must not occur in what it
// delimits (RFC 2046 §5.1.1), and whoever wrote the file may mean harm. So they
// are 64 bits of a cipher in counter mode with a random key: whoever has seen
// one, or a million, cannot tell the next.
type Boundaries struct{ source rand.ChaCha8 }

// Seed sets the key: RandomSeed, or a fixed one where a test compares answers.
func (s *Boundaries) Seed(key [32]byte) { s.source.Seed(key) }

// RandomSeed takes a key from the runtime, which has its own from the kernel.
func RandomSeed() (key [32]byte) {
	for i := range key {
		key[i] = byte(rand.Uint32())
	}
	return key
}

func (s *Boundaries) Next() (b Boundary) {
	const hex = "0123456789abcdef"
	bits := s.source.Uint64()
	for i := range b {
		b[i] = hex[bits&0xf]
		bits >>= 4
	}
	return b
}

// AppendContentRange appends the field that says which part of a file of this
// size a 206, or a part of one, has (RFC 9110 §14.4).
func AppendContentRange(b []byte, r Range, size int64) []byte {
	b = append(b, "Content-Range: bytes "...)
	b = strconv.AppendInt(b, r.First, 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, r.end()-1, 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, size, 10)
	return append(b, "\r\n"...)
}

// AppendUnsatisfiedRange appends the field that tells the client of a 416 how
// long the file is (RFC 9110 §14.4, §15.5.17).
func AppendUnsatisfiedRange(b []byte, size int64) []byte {
	b = append(b, "Content-Range: bytes */"...)
	b = strconv.AppendInt(b, size, 10)
	return append(b, "\r\n"...)
}

// AppendMultipartType appends the Content-Type of an answer in several parts,
// which has no Content-Range (RFC 9110 §14.6, §15.3.7.2).
func AppendMultipartType(b []byte, by *Boundary) []byte {
	b = append(b, "Content-Type: multipart/byteranges; boundary="...)
	b = append(b, by[:]...)
	return append(b, "\r\n"...)
}

// AppendPartHead appends what precedes the bytes of a range. ContentType is the
// file's.
func AppendPartHead(b []byte, by *Boundary, contentType []byte, r Range, size int64) []byte {
	b = append(b, "\r\n--"...)
	b = append(b, by[:]...)
	b = append(b, "\r\nContent-Type: "...)
	b = append(b, contentType...)
	b = append(b, "\r\n"...)
	b = AppendContentRange(b, r, size)
	return append(b, "\r\n"...)
}

// AppendLastDelimiter appends what follows the bytes of the last range.
func AppendLastDelimiter(b []byte, by *Boundary) []byte {
	b = append(b, "\r\n--"...)
	b = append(b, by[:]...)
	return append(b, "--\r\n"...)
}

// MultipartLength is the Content-Length of an answer with these ranges as parts.
func MultipartLength(set *RangeSet, contentType []byte, size int64) int64 {
	const delimiter = len("\r\n--") + len(Boundary{})
	n := int64(delimiter + len("--\r\n"))
	for _, r := range set.ranges[:set.n] {
		n += int64(partHeadLength(contentType, r, size)) + r.Length
	}
	return n
}

// partHeadLength is the length of what AppendPartHead appends.
func partHeadLength(contentType []byte, r Range, size int64) int {
	const fixed = len("\r\n--") + len(Boundary{}) + len("\r\nContent-Type: \r\nContent-Range: bytes -/\r\n\r\n")
	return fixed + len(contentType) + decimalLen(r.First) + decimalLen(r.end()-1) + decimalLen(size)
}

// decimalLen is the number of digits of n, which is not negative.
func decimalLen(n int64) int {
	digits := 1
	for ; n >= 10; n /= 10 {
		digits++
	}
	return digits
}
