// Request heads in pieces: where one ends.
//
//	received bytes ► HeadScan.Next ► whole head, and the ends of its lines (lines.go) ► request.go
//
// The scan looks at every byte once, in whatever pieces it arrives, and refuses
// at once a byte that no head may have.

package message

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"aws/backend"
)

const (
	// MaxHead is the length of the longest head in bytes. A longer one is
	// answered 431.
	MaxHead = backend.RecvSize
	// maxRequestLine leaves room for a method and a version beside the target. It
	// tells an endless request line from an endless head.
	maxRequestLine = MaxTarget + 64
)

// HeadScan finds a request head in bytes that arrive in pieces, and parses it.
// The zero value is at the start of a head.
type HeadScan struct {
	at    uint16 // the bytes before it are scanned
	line  uint16 // the start of its line
	lines uint16 // complete ones before that
}

// Next scans b, which has all bytes since the start of the head: those of the
// last call and those that have arrived since. Once the head is complete, it is
// b[:end], r says what it asks for, and the scan is ready for the next one. A head
// that is malformed or too long, or asks for what the server cannot understand, is
// refused, and why says for what; then r means nothing, and the connection cannot go on.
// If both are 0, the head goes on: call again with more.
//
// Only CRLF ends a line. RFC 9112 §2.2 lets a recipient accept a bare LF too, but
// where only some do, requests can be smuggled.
func (s *HeadScan) Next(b []byte, r *Request) (end int, why Refusal) {
	*r = Request{}
	first := s.lines
	if end, why = s.scan(b, &r.ends); end == 0 {
		return 0, why
	}
	if first > 0 {
		r.ends.find(b, first)
	}
	n := s.lines
	*s = HeadScan{}
	return end, r.parse(b[:end], r.ends[:n])
}

// scan is Next without the request: it only says where the lines end that it has come
// to.
func (s *HeadScan) scan(b []byte, ends *lineEnds) (end int, why Refusal) {
	b = b[:min(len(b), MaxHead)]
	start := requestLineStart(b)
	if len(b) == start || string(b) == "\r" {
		return 0, NotRefused
	}
	if !TokenChars.Has(b[start]) { // not a method: a TLS ClientHello, say
		return 0, NotHTTP
	}
	at, line := max(int(s.at), start), max(int(s.line), start)
	for {
		at += IndexControl(b[at:])
		switch rest := b[at:]; {
		case line == start && at-start > maxRequestLine:
			return 0, LongTarget
		case len(rest) == 0 || string(rest) == "\r":
			if len(b) == MaxHead {
				return 0, LongHead
			}
			s.at, s.line = uint16(at), uint16(line)
			return 0, NotRefused
		case rest[0] == '\t': // the only control byte that text may have
			at++
			continue
		case !startsWithCRLF(rest):
			return 0, ControlByte
		case at == line:
			return at + 2, NotRefused
		case int(s.lines) == len(ends):
			return 0, ManyFields
		}
		ends[s.lines] = uint16(at)
		s.lines++
		at += 2
		line = at
	}
}

// RequestLine returns the request line of a head, or the part of it that has
// arrived.
func RequestLine(head []byte) []byte {
	head = head[requestLineStart(head):]
	if end := bytes.IndexByte(head, '\n'); end >= 0 {
		head = head[:end]
	}
	if end := bytes.IndexByte(head, '\r'); end >= 0 {
		head = head[:end]
	}
	return head
}

// IsHEAD reports whether a head, or the part of it that has arrived, is that of
// a HEAD request. The response then has no body (RFC 9110 §9.3.2), whatever is
// wrong with the rest of the head.
func IsHEAD(head []byte) bool {
	return bytes.HasPrefix(head[requestLineStart(head):], headToken)
}

var headToken = []byte("HEAD ")

// IndexControl returns the index of the first control byte (below 0x20, or DEL)
// in b, len(b) if there is none. It takes eight bytes at a time. A borrow out of
// a byte of the word can mark higher bytes wrongly, but only above a byte that
// is marked rightly, so the lowest mark is true.
func IndexControl(b []byte) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	rest := b // not an index into b: so its length is compared once
	for ; len(rest) >= 8; rest = rest[8:] {
		w := binary.LittleEndian.Uint64(rest)
		del := w ^ ones*0x7f
		if m := ((w-ones*0x20)&^w | (del-ones)&^del) & tops; m != 0 {
			return len(b) - len(rest) + bits.TrailingZeros64(m)/8
		}
	}
	for i, c := range rest {
		if c < 0x20 || c == 0x7f {
			return len(b) - len(rest) + i
		}
	}
	return len(b)
}
