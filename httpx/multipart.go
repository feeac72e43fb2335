// The frame of an answer with one or several ranges.
//
//	rangesFor (ranges.go) ► Content-Range, or multipart/byteranges:
//	part head, bytes of the file, part head, …, last delimiter
//
// All lengths are known before the first byte is sent. Each delimiter begins
// with the CRLF that ends the bytes before it; before the first part that is
// the end of an empty preamble (RFC 2046 §5.1.1). So all part heads are alike.

package httpx

import (
	"math/rand/v2"
	"strconv"
)

// boundary delimits the parts of an answer. It stands in the head of the answer
// and in each part's.
type boundary [16]byte

// boundaries makes boundaries for a loop. A boundary must not occur in what it
// delimits (RFC 2046 §5.1.1), and whoever wrote the file may mean harm. So they
// are 64 bits of a cipher in counter mode with a random key: whoever has seen
// one, or a million, cannot tell the next.
type boundaries struct{ source rand.ChaCha8 }

// seed sets the key: randomSeed, or a fixed one where a test compares answers.
func (s *boundaries) seed(key [32]byte) { s.source.Seed(key) }

// randomSeed takes a key from the runtime, which has its own from the kernel.
func randomSeed() (key [32]byte) {
	for i := range key {
		key[i] = byte(rand.Uint32())
	}
	return key
}

func (s *boundaries) next() (b boundary) {
	const hex = "0123456789abcdef"
	bits := s.source.Uint64()
	for i := range b {
		b[i] = hex[bits&0xf]
		bits >>= 4
	}
	return b
}

// appendContentRange appends the field that says which part of a file of this
// size a 206, or a part of one, has (RFC 9110 §14.4).
func appendContentRange(b []byte, r byteRange, size int64) []byte {
	b = append(b, "Content-Range: bytes "...)
	b = strconv.AppendInt(b, r.first, 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, r.end()-1, 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, size, 10)
	return append(b, "\r\n"...)
}

// appendUnsatisfiedRange appends the field that tells the client of a 416 how
// long the file is (RFC 9110 §14.4, §15.5.17).
func appendUnsatisfiedRange(b []byte, size int64) []byte {
	b = append(b, "Content-Range: bytes */"...)
	b = strconv.AppendInt(b, size, 10)
	return append(b, "\r\n"...)
}

// appendMultipartType appends the Content-Type of an answer in several parts,
// which has no Content-Range (RFC 9110 §14.6, §15.3.7.2).
func appendMultipartType(b []byte, by *boundary) []byte {
	b = append(b, "Content-Type: multipart/byteranges; boundary="...)
	b = append(b, by[:]...)
	return append(b, "\r\n"...)
}

// appendPartHead appends what precedes the bytes of a range. contentType is the
// file's.
func appendPartHead(b []byte, by *boundary, contentType []byte, r byteRange, size int64) []byte {
	b = append(b, "\r\n--"...)
	b = append(b, by[:]...)
	b = append(b, "\r\nContent-Type: "...)
	b = append(b, contentType...)
	b = append(b, "\r\n"...)
	b = appendContentRange(b, r, size)
	return append(b, "\r\n"...)
}

// appendLastDelimiter appends what follows the bytes of the last range.
func appendLastDelimiter(b []byte, by *boundary) []byte {
	b = append(b, "\r\n--"...)
	b = append(b, by[:]...)
	return append(b, "--\r\n"...)
}

// multipartLength is the Content-Length of an answer with these ranges as parts.
func multipartLength(set *rangeSet, contentType []byte, size int64) int64 {
	const delimiter = len("\r\n--") + len(boundary{})
	n := int64(delimiter + len("--\r\n"))
	for _, r := range set.ranges[:set.n] {
		n += int64(partHeadLength(contentType, r, size)) + r.length
	}
	return n
}

// partHeadLength is the length of what appendPartHead appends.
func partHeadLength(contentType []byte, r byteRange, size int64) int {
	const fixed = len("\r\n--") + len(boundary{}) + len("\r\nContent-Type: \r\nContent-Range: bytes -/\r\n\r\n")
	return fixed + len(contentType) + decimalLen(r.first) + decimalLen(r.end()-1) + decimalLen(size)
}

// decimalLen is the number of digits of n, which is not negative.
func decimalLen(n int64) int {
	digits := 1
	for ; n >= 10; n /= 10 {
		digits++
	}
	return digits
}
