// The lines of a request head: where each ends.
//
//	HeadScan (head.go) ► lineEnds ► Request.parse (request.go)

package message

import "bytes"

const (
	// MaxTarget is the length of the longest request target in bytes. A longer
	// one is answered 414.
	MaxTarget = 8 << 10
	// MaxFields is the most header fields of a head. More are answered 431.
	MaxFields = 100
)

// lineEnds has where each line of a head ends: the index of its CR.
type lineEnds [1 + MaxFields]uint16

// find finds the ends of the first n lines of b.
func (e *lineEnds) find(b []byte, n uint16) {
	at := requestLineStart(b)
	for i := range e[:n] {
		at += bytes.IndexByte(b[at:], '\r')
		e[i] = uint16(at)
		at += 2
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

func startsWithCRLF(b []byte) bool { return len(b) >= 2 && b[0] == '\r' && b[1] == '\n' }
