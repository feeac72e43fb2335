// Request heads in pieces: where one ends.
//
//	received bytes ► HeadScan.next ► b[:end] ► ParseRequest (request.go)
//
// The scan looks at every byte once, however the pieces fall, and refuses at
// once what no head may hold. The parser then sees a whole head.

package message

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"aws/backend"
)

const (
	// MaxHead is the longest head in bytes; a longer one is answered 431.
	MaxHead = backend.RecvSize
	// MaxTarget is the longest request target; a longer one is answered 414.
	MaxTarget = 8 << 10
	// maxRequestLine leaves room for a method and a version beside the target,
	// so that an endless request line is found out before the head is full.
	maxRequestLine = MaxTarget + 64
	// MaxFields is the most header fields; more are answered 431.
	MaxFields = 100
)

// HeadScan finds the end of a request head in bytes that arrive in pieces.
// The zero value is at the start of a head.
type HeadScan struct {
	at   int // bytes before at are known
	line int // where the line that at is in starts
}

// Next looks at b, which holds all bytes since the start of the head: those of
// the last call and what has arrived since. When the head is complete it is
// b[:end], and the scan is ready for the next one. When it can never be, status
// is the answer. When both are 0 the head goes on: call again with more.
//
// A line ends with CRLF and nothing else. RFC 9112 §2.2 lets a recipient take
// a bare LF too; where some do and some do not, requests are smuggled.
func (s *HeadScan) Next(b []byte) (end, status int) {
	b = b[:min(len(b), MaxHead)]
	start := requestLineStart(b)
	if len(b) == start || string(b) == "\r" {
		return 0, 0
	}
	if !TokenChars.Has(b[start]) { // no method: a TLS ClientHello, say
		return 0, StatusBadRequest
	}
	s.at, s.line = max(s.at, start), max(s.line, start)
	for {
		s.at += IndexControl(b[s.at:])
		switch rest := b[s.at:]; {
		case s.line == start && s.at-start > maxRequestLine:
			return 0, StatusURITooLong
		case len(rest) == 0 || string(rest) == "\r":
			if len(b) == MaxHead {
				return 0, statusHeadTooLarge
			}
			return 0, 0
		case rest[0] == '\t': // the one control that text may hold
			s.at++
			continue
		case !startsWithCRLF(rest):
			return 0, StatusBadRequest
		case s.at == s.line:
			end = s.at + 2
			*s = HeadScan{}
			return end, 0
		}
		s.at += 2
		s.line = s.at
	}
}

// requestLineStart skips one empty line, which some clients send behind the
// body of the request before (RFC 9112 §2.2).
func requestLineStart(head []byte) int {
	if startsWithCRLF(head) {
		return 2
	}
	return 0
}

// RequestLine returns the request line at the start of a head, or as much of it
// as has arrived.
func RequestLine(head []byte) []byte {
	head = head[requestLineStart(head):]
	if end := bytes.IndexAny(head, "\r\n"); end >= 0 {
		head = head[:end]
	}
	return head
}

// IsHEAD tells whether a head, or what has arrived of one that is refused,
// is a HEAD request's: the answer then has no body (RFC 9110 §9.3.2), whatever
// is wrong with the rest.
func IsHEAD(head []byte) bool {
	return bytes.HasPrefix(head[requestLineStart(head):], headToken)
}

var headToken = []byte("HEAD ")

func startsWithCRLF(b []byte) bool { return len(b) >= 2 && b[0] == '\r' && b[1] == '\n' }

// IndexControl returns the index of the first control byte (below 0x20, or DEL) in
// b, len(b) without one. It takes eight bytes at a time: in a word, a borrow
// out of a byte can only mark bytes above one that is rightly marked, so the
// lowest mark is true.
func IndexControl(b []byte) (n int) {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; n+8 <= len(b); n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		del := w ^ ones*0x7f
		if m := ((w-ones*0x20)&^w | (del-ones)&^del) & tops; m != 0 {
			return n + bits.TrailingZeros64(m)/8
		}
	}
	for n < len(b) && b[n] >= 0x20 && b[n] != 0x7f {
		n++
	}
	return n
}
