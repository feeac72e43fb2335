// Escaping: what clients send cannot end a line, a quoted value or a JSON string, nor
// steer a terminal.

package accesslog

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"aws/httpx/message"
)

// escape is a way of escaping.
type escape uint8

const (
	asText escape = iota // \xNN, as nginx and Apache write it
	asJSON               // RFC 8259 §7; what is not UTF-8 becomes U+FFFD
)

const (
	low  = 0x0101010101010101
	high = 0x8080808080808080
)

// special marks the bytes of a word that cannot stay as they are: above 0x7e, below 0x20,
// '"' and '\\'. The lowest mark is right. Above it others may be that are not, since sums
// and differences carry.
func special(w uint64) uint64 {
	return (w | (w + low) | (w - 0x20*low) | (w ^ ('"' * low) - low) | (w ^ ('\\' * low) - low)) & high
}

// escape writes a client's text, escaped, at at, and returns where that ends. In columns,
// an empty one is '-'. Nearly always nothing of it has to be escaped. A word can be read
// from any byte of s, as in message.Texts: what is in memory after its end makes no
// difference.
func (b *chunk) escape(at uint16, s []byte, how escape) (end uint16) {
	const _ = uint(message.TextSlack - wordSize) // not negative
	if len(s) == 0 && how == asText {
		return b.word(at, '-', 1)
	}
	for i := 0; i < len(s); {
		w := binary.LittleEndian.Uint64(s[i : i+wordSize])
		n := min(bits.TrailingZeros64(special(w))/8, len(s)-i) // that can stay
		at = b.word(at, w, uint16(n))
		if i += n; n < wordSize && i < len(s) {
			to, size := appendSpecial(b[:at], s[i:], how)
			at = uint16(len(to))
			i += size
		}
	}
	return at
}

// escaped says that a byte cannot stay as it is.
func escaped(c byte) bool { return c < 0x20 || c > 0x7e || c == '"' || c == '\\' }

const hexDigits = "0123456789abcdef"

// most is how many bytes come of one, at most.
func (how escape) most() int {
	if how == asText {
		return len(`\xff`)
	}
	return len(`\u00ff`)
}

// appendSpecial appends what s begins with, and returns how many bytes that is of.
func appendSpecial(b, s []byte, how escape) ([]byte, int) {
	switch c := s[0]; {
	case c == '"' || c == '\\':
		return append(b, '\\', c), 1
	case how == asText:
		return append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15]), 1
	case c < utf8.RuneSelf:
		return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15]), 1
	}
	r, size := utf8.DecodeRune(s)
	switch {
	case r == utf8.RuneError && size == 1:
		return append(b, `\ufffd`...), 1
	case r < 0xa0: // the control characters of ISO 6429, in UTF-8
		return append(b, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15]), size
	case r == 0x2028 || r == 0x2029: // ends of lines to some readers
		return append(b, '\\', 'u', '2', '0', '2', hexDigits[r&15]), size
	}
	return append(b, s[:size]...), size
}
