// Request heads in pieces: where one ends.
//
//	received bytes ► HeadScan.Next ► whole head ► ParseRequest (request.go)
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
	// MaxTarget is the length of the longest request target in bytes. A longer
	// one is answered 414.
	MaxTarget = 8 << 10
	// maxRequestLine leaves room for a method and a version beside the target. It
	// tells an endless request line from an endless head.
	maxRequestLine = MaxTarget + 64
	// MaxFields is the most header fields of a head. More are answered 431.
	MaxFields = 100
)

// HeadScan finds the end of a request head in bytes that arrive in pieces.
// The zero value is at the start of a head.
type HeadScan struct {
	at   int32 // the bytes before it are scanned
	line int32 // the start of its line
}

// Next scans b, which has all bytes since the start of the head: those of the
// last call and those that have arrived since. Once the head is complete, it is
// b[:end], and the scan is ready for the next one. A malformed or too long head
// gets a status that refuses it: 400, 414 or 431. If both are 0, the head goes
// on: call again with more.
//
// Only CRLF ends a line. RFC 9112 §2.2 lets a recipient accept a bare LF too, but
// where only some do, requests can be smuggled.
func (s *HeadScan) Next(b []byte) (end, status int) {
	b = b[:min(len(b), MaxHead)]
	start := requestLineStart(b)
	if len(b) == start || string(b) == "\r" {
		return 0, 0
	}
	if !TokenChars.Has(b[start]) { // not a method: a TLS ClientHello, say
		return 0, StatusBadRequest
	}
	at, line := max(int(s.at), start), max(int(s.line), start)
	for {
		at += IndexControl(b[at:])
		switch rest := b[at:]; {
		case line == start && at-start > maxRequestLine:
			return 0, StatusURITooLong
		case len(rest) == 0 || string(rest) == "\r":
			if len(b) == MaxHead {
				return 0, statusHeadTooLarge
			}
			s.at, s.line = int32(at), int32(line)
			return 0, 0
		case rest[0] == '\t': // the only control byte that text may have
			at++
			continue
		case !startsWithCRLF(rest):
			return 0, StatusBadRequest
		case at == line:
			*s = HeadScan{}
			return at + 2, 0
		}
		at += 2
		line = at
	}
}

// requestLineStart skips an empty line, which some clients send after the body
// of the request before (RFC 9112 §2.2).
func requestLineStart(head []byte) int {
	if startsWithCRLF(head) {
		return 2
	}
	return 0
}

// RequestLine returns the request line of a head, or the part of it that has
// arrived.
func RequestLine(head []byte) []byte {
	head = head[requestLineStart(head):]
	if end := bytes.IndexAny(head, "\r\n"); end >= 0 {
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

func startsWithCRLF(b []byte) bool { return len(b) >= 2 && b[0] == '\r' && b[1] == '\n' }

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
