// Content-Disposition: a response that is to be kept as a file (RFC 6266).

package message

import "unicode/utf8"

// Attachment returns the value of Content-Disposition for a file of this name, which
// may have any bytes: in ASCII for old clients, and in UTF-8 (RFC 8187 §3.2).
func Attachment(name string) string {
	const hex = "0123456789ABCDEF"
	b := append(make([]byte, 0, 64+4*len(name)), `attachment; filename="`...)
	for _, r := range name {
		if r < ' ' || r >= 0x7f || r == '"' || r == '\\' || r == '%' || r == '/' {
			r = '_'
		}
		b = append(b, byte(r))
	}
	b = append(b, `"; filename*=UTF-8''`...)
	for _, r := range name { // what is not UTF-8 becomes U+FFFD
		var coded [utf8.UTFMax]byte
		for _, c := range coded[:utf8.EncodeRune(coded[:], r)] {
			if attrChar(c) {
				b = append(b, c)
			} else {
				b = append(b, '%', hex[c>>4], hex[c&15])
			}
		}
	}
	return string(b)
}

// attrChar says that a character stands for itself in an extended value (attr-char
// of RFC 8187 §3.2.1).
func attrChar(c byte) bool {
	switch c {
	case '!', '#', '$', '&', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return IsDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z'
}
