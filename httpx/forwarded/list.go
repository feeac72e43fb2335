// Lists in the lines of a field, which mean the same as one (RFC 9110 §5.3).

package forwarded

import (
	"bytes"

	"aws/httpx/message"
)

// list has the elements that have not been taken.
type list struct {
	lines  message.LastLines
	line   []byte // the current one
	quoted bool   // commas may stand in quoted strings
}

// more says that there is something left, and goes to the next line if need be.
func (l *list) more() (ok bool) {
	for len(l.line) == 0 {
		if l.line, ok = l.lines.Next(); !ok {
			return false
		}
	}
	return true
}

// last takes the last element, without white space around it. Empty ones do not count
// (RFC 9110 §5.6.1.2).
func (l *list) last() (element []byte, ok bool) {
	for l.more() {
		comma := l.lastComma()
		element = trim(l.line[comma+1:])
		l.line = l.line[:max(comma, 0)]
		if len(element) > 0 {
			return element, true
		}
	}
	return nil, false
}

// lastComma is the index of the last comma outside of quoted strings, -1 without one. It
// looks from the end: a quote that a client has left open does not reach what a proxy
// has added.
func (l *list) lastComma() int {
	if !l.quoted {
		return bytes.LastIndexByte(l.line, ',')
	}
	inside := false
	for i := len(l.line) - 1; i >= 0; i-- {
		switch c := l.line[i]; {
		case c == '"' && !escaped(l.line, i):
			inside = !inside
		case c == ',' && !inside:
			return i
		}
	}
	return -1
}

// escaped says that a backslash which is not one itself stands before an index.
func escaped(b []byte, i int) bool {
	n := 0
	for i > n && b[i-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// trim removes white space at both ends.
func trim(b []byte) []byte { return bytes.Trim(b, " \t") }
