// The grammar that all parsers share: lists, quoted strings, classes of bytes,
// numbers.

package message

import (
	"bytes"
	"math"
)

// cutLine splits b after its first line, which it returns without its CRLF.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\r')
	return b[:i], b[i+2:]
}

// cutElement splits a comma-separated list after its first element, which it
// returns without white space. more is false for the last one (RFC 9110 §5.6.1).
func cutElement(list []byte) (element, rest []byte, more bool) {
	i := bytes.IndexByte(list, ',')
	if i < 0 {
		return trimOWS(list), nil, false
	}
	return trimOWS(list[:i]), list[i+1:], true
}

// cutQuoted splits b at its first sep outside a quoted-string (RFC 9110 §5.6.4).
// It returns the part before it without white space. more is false if there is
// no such sep.
func cutQuoted(b []byte, sep byte) (part, rest []byte, more bool) {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted: // quoted-pair
			i++
		case c == sep && !quoted:
			return trimOWS(b[:i]), b[i+1:], true
		}
	}
	return trimOWS(b), nil, false
}

// trimOWS trims optional white space (RFC 9110 §5.6.3). It returns nil only for
// nil.
func trimOWS(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// EqualFold reports whether b is lower, whatever the case of its ASCII letters.
// lower has no upper case. bytes.EqualFold would take the Kelvin sign for a k,
// and "chun\u212Aed" for chunked.
func EqualFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// Class is a set of bytes that a rule of the grammar allows.
type Class uint8

// The classes.
const (
	TokenChars  Class = 1 << iota // tchar: RFC 9110 §5.6.2
	TargetChars                   // all but controls, space and '#', as nginx and net/http have it
	HostChars                     // unreserved and sub-delims: RFC 3986 §2.2, §2.3
	digitChars                    // DIGIT: RFC 5234 §B.1
	plainChars                    // those that mean themselves in a path: all but '/', '%' and NUL
)

// classes has the classes that each byte belongs to.
var classes = func() (classes [256]Class) {
	const alphanum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for c := range classes {
		if c > ' ' && c != '#' && c != 0x7f {
			classes[c] |= TargetChars
		}
		if c != '/' && c != '%' && c != 0 {
			classes[c] |= plainChars
		}
	}
	for chars, class := range map[string]Class{
		alphanum + "!#$%&'*+-.^_`|~": TokenChars,
		alphanum + "-._~!$&'()*+,;=": HostChars,
		alphanum[:10]:                digitChars,
	} {
		for _, c := range []byte(chars) {
			classes[c] |= class
		}
	}
	return classes
}()

// Has reports whether c belongs to the class.
func (class Class) Has(c byte) bool { return classes[c]&class != 0 }

// HasAll reports whether every byte of b belongs to the class. An empty b
// does.
func (class Class) HasAll(b []byte) bool {
	all := class
	for _, c := range b { // without a branch: nearly always all do
		all &= classes[c]
	}
	return all == class
}

// Prefix returns how many bytes at the start of b belong to the class.
func (class Class) Prefix(b []byte) int {
	for i, c := range b {
		if !class.Has(c) {
			return i
		}
	}
	return len(b)
}

// IsDigit reports whether c is one of 0 to 9.
func IsDigit(c byte) bool { return digitChars.Has(c) }

// parseDigits parses 1*DIGIT. It returns 2^63-1 for greater numbers.
func parseDigits(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if !IsDigit(c) {
			return 0, false
		}
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			n = math.MaxInt64
			continue // more digits do not make it smaller
		}
		n = n*10 + d
	}
	return n, len(b) > 0
}
