// What an element says: whom a proxy has a request from.

package forwarded

import (
	"bytes"

	"aws/backend"
	"aws/httpx/message"
)

// forOf returns the value of the parameter "for" of an element of Forwarded, without its
// quotes: forwarded-pair *( ";" forwarded-pair ), RFC 7239 §4. It is empty if there is
// none, or a second one.
func forOf(element []byte) (value []byte) {
	for len(element) > 0 {
		end := pairLength(element)
		name, v, ok := bytes.Cut(trim(element[:end]), equals)
		element = element[min(end+1, len(element)):]
		switch {
		case !ok || !message.TokenChars.HasAll(name):
			return nil
		case !message.EqualFold(name, "for"):
		case value != nil:
			return nil
		default:
			value = unquoted(v)
		}
	}
	return value
}

var equals = []byte("=")

// pairLength is where the first pair of an element ends: at a ';' outside of quoted
// strings, in which a client may have a say (host).
func pairLength(element []byte) int {
	inside := false
	for i := 0; i < len(element); i++ {
		switch c := element[i]; {
		case c == '"':
			inside = !inside
		case c == '\\' && inside:
			i++
		case c == ';' && !inside:
			return i
		}
	}
	return len(element)
}

// unquoted is a value without its quotes. No address has anything to escape in it.
func unquoted(v []byte) []byte {
	if n := len(v); n >= 2 && v[0] == '"' && v[n-1] == '"' {
		return v[1 : n-1]
	}
	return v
}

// parseNode parses an address with or without a port: 192.0.2.43, 192.0.2.43:47011,
// [2001:db8::17], [2001:db8::17]:47011 (RFC 7239 §6), or 2001:db8::17, as many write it in
// X-Forwarded-For. A port may be obfuscated (§6.3): then it is 0.
func parseNode(b []byte) (a backend.Address, ok bool) {
	ip, port := b, []byte(nil)
	switch colon := bytes.LastIndexByte(b, ':'); {
	case len(b) > 0 && b[0] == '[':
		end := bytes.IndexByte(b, ']')
		if end < 0 || bytes.IndexByte(b[:end], ':') < 0 {
			return a, false
		}
		ip, port = b[1:end], b[end+1:]
	case colon >= 0 && bytes.IndexByte(b, ':') == colon: // two would be IPv6
		ip, port = b[:colon], b[colon:]
	}
	if a, ok = backend.ParseIP(ip); !ok || len(port) == 0 {
		return a, ok
	}
	number, isPort := backend.ParsePort(port[1:])
	if port[0] != ':' || !isPort && !isObfuscated(port[1:]) {
		return backend.Address{}, false
	}
	return a.WithPort(number), true
}

// isObfuscated says whether this is "_" 1*( ALPHA / DIGIT / "." / "_" / "-"), §6.3.
func isObfuscated(b []byte) bool {
	return len(b) > 1 && b[0] == '_' && message.TokenChars.HasAll(b)
}
