// The framing of a response with one range or several.
//
//	RangesFor (ranges.go) ► Content-Range, or multipart/byteranges:
//	part head, bytes of the file, part head, …, last delimiter
//
// All lengths are known before the first byte is sent. Each delimiter begins
// with the CRLF that ends the bytes before it. Before the first part that CRLF
// ends an empty preamble (RFC 2046 §5.1.1), so all part heads are alike.

package message

import (
	"math/rand/v2"
	"strconv"
)

// Boundary delimits the parts of a response: 16 hexadecimal digits. It stands in
// the head of the response and in that of each part.
type Boundary [16]byte

// Boundaries makes boundaries for one loop. A boundary must not occur in the
// data that it delimits (RFC 2046 §5.1.1), and the author of a file may mean
// harm. So each is 64 bits of a cipher in counter mode with a random key: a
// million of them do not give away the next.
type Boundaries struct{ source rand.ChaCha8 }

// Seed sets the key: a RandomSeed, or a fixed one for tests that compare
// responses.
func (s *Boundaries) Seed(key [32]byte) { s.source.Seed(key) }

// RandomSeed returns a key from the runtime's generator, which the kernel seeds.
func RandomSeed() (key [32]byte) {
	for i := range key {
		key[i] = byte(rand.Uint32())
	}
	return key
}

// Next returns a new boundary.
func (s *Boundaries) Next() (b Boundary) {
	const hex = "0123456789abcdef"
	bits := s.source.Uint64()
	for i := range b {
		b[i] = hex[bits&0xf]
		bits >>= 4
	}
	return b
}

// AppendContentRange appends Content-Range for a 206, or for a part of one, with
// range r of a file of size bytes (RFC 9110 §14.4).
func AppendContentRange(b []byte, r Range, size int64) []byte {
	b = append(b, "Content-Range: bytes "...)
	b = strconv.AppendInt(b, r.First, 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, r.end()-1, 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, size, 10)
	return append(b, "\r\n"...)
}

// AppendUnsatisfiedRange appends Content-Range for a 416: the size of the file in
// bytes (RFC 9110 §14.4, §15.5.17).
func AppendUnsatisfiedRange(b []byte, size int64) []byte {
	b = append(b, "Content-Range: bytes */"...)
	b = strconv.AppendInt(b, size, 10)
	return append(b, "\r\n"...)
}

// AppendMultipartType appends Content-Type for a response in several parts, which
// has no Content-Range itself (RFC 9110 §14.6, §15.3.7.2).
func AppendMultipartType(b []byte, by *Boundary) []byte {
	b = append(b, "Content-Type: multipart/byteranges; boundary="...)
	b = append(b, by[:]...)
	return append(b, "\r\n"...)
}

// AppendPartHead appends the delimiter and the fields before the bytes of a
// range. contentType and size are the file's.
func AppendPartHead(b []byte, by *Boundary, contentType []byte, r Range, size int64) []byte {
	b = append(b, "\r\n--"...)
	b = append(b, by[:]...)
	b = append(b, "\r\nContent-Type: "...)
	b = append(b, contentType...)
	b = append(b, "\r\n"...)
	b = AppendContentRange(b, r, size)
	return append(b, "\r\n"...)
}

// AppendLastDelimiter appends the delimiter after the bytes of the last range.
func AppendLastDelimiter(b []byte, by *Boundary) []byte {
	b = append(b, "\r\n--"...)
	b = append(b, by[:]...)
	return append(b, "--\r\n"...)
}

// MultipartLength returns the Content-Length of a response with these ranges as
// parts. contentType and size are the file's.
func MultipartLength(set *RangeSet, contentType []byte, size int64) int64 {
	const delimiter = len("\r\n--") + len(Boundary{})
	n := int64(delimiter + len("--\r\n"))
	for _, r := range set.ranges[:set.n] {
		n += int64(partHeadLength(contentType, r, size)) + r.Length
	}
	return n
}

// partHeadLength returns the number of bytes that AppendPartHead appends.
func partHeadLength(contentType []byte, r Range, size int64) int {
	const fixed = len("\r\n--") + len(Boundary{}) + len("\r\nContent-Type: \r\nContent-Range: bytes -/\r\n\r\n")
	return fixed + len(contentType) + decimalLen(r.First) + decimalLen(r.end()-1) + decimalLen(size)
}

// decimalLen returns the number of decimal digits of n, which is not negative.
func decimalLen(n int64) int {
	digits := 1
	for ; n >= 10; n /= 10 {
		digits++
	}
	return digits
}
