// Names of files as links and as text.

package listing

import (
	"unicode"
	"unicode/utf8"

	"aws/httpx/message"
)

// appendHref appends a reference from a folder's page to its entry (RFC 3986
// §4.2). "./" keeps a colon in the name from ending a scheme. Bytes that pchar
// allows (§3.3) stay readable, except '&' and "'", which are special in HTML.
// All others are percent-encoded, valid UTF-8 or not. So the reference needs no
// escaping in an attribute or a JSON string.
func appendHref(b, name []byte, folder bool) []byte {
	b = append(b, "./"...)
	for _, c := range name {
		if (message.HostChars.Has(c) || c == ':' || c == '@') && c != '&' && c != '\'' {
			b = append(b, c)
		} else {
			b = appendPercent(b, c)
		}
	}
	if folder {
		b = append(b, '/')
	}
	return b
}

// appendEscaped appends s as a value of a query: all but the unreserved characters
// (RFC 3986 §2.3) are percent-encoded.
func appendEscaped(b, s []byte) []byte {
	for _, c := range s {
		if 'a' <= lower(c) && lower(c) <= 'z' || message.IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~' {
			b = append(b, c)
		} else {
			b = appendPercent(b, c)
		}
	}
	return b
}

func appendPercent(b []byte, c byte) []byte {
	const hex = "0123456789ABCDEF"
	return append(b, '%', hex[c>>4], hex[c&15])
}

// appendText appends s as text of HTML or as an attribute's value. It replaces
// characters that would be invisible or would change how the others look:
// controls by their pictures, and bytes that are not UTF-8 or characters that
// mislead by U+FFFD. So two names may look the same, but their links differ.
func appendText(b, s []byte) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		s = s[n:]
		switch {
		case r == '&':
			b = append(b, "&amp;"...)
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r == '"':
			b = append(b, "&#34;"...)
		case r == '\'':
			b = append(b, "&#39;"...)
		case r < ' ':
			b = utf8.AppendRune(b, '\u2400'+r)
		case r == 0x7f:
			b = append(b, "\u2421"...)
		case r < 0x7f:
			b = append(b, byte(r))
		case misleads(r):
			b = utf8.AppendRune(b, utf8.RuneError)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

// misleads reports whether r is forbidden in HTML (C1 controls and
// noncharacters: HTML §13.2.3.5), ends a line, or turns the direction of the
// text after it, which makes "gpj.exe" read "exe.jpg" (Unicode TR 36 §2.5).
func misleads(r rune) bool {
	switch {
	case r < 0xa0, r == 0x2028, r == 0x2029:
		return true
	case 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069:
		return true
	}
	return unicode.Is(unicode.Noncharacter_Code_Point, r)
}
