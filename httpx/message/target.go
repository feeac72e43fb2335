// Request targets, and the authority in them and in Host.

package message

import (
	"bytes"
	"net/netip"
	"unsafe"
)

// parseTarget takes the path, the query and the host out of a target, which has
// one of the four forms of RFC 9112 §3.2. It returns false for any other.
func parseTarget(name, target []byte) (path, query, host []byte, ok bool) {
	switch {
	case string(name) == "CONNECT": // authority-form; RFC 9110 §9.3.6 wants the port
		host, port, ok := ParseAuthority(target)
		return target, nil, host, ok && len(port) > 0
	case string(target) == "*":
		return target, nil, nil, string(name) == "OPTIONS"
	case target[0] != '/':
		if host, target, ok = cutAuthority(target); !ok {
			return nil, nil, nil, false
		}
	}
	path = target
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		path, query = target[:i], target[i+1:]
	}
	if len(path) == 0 { // absolute-form without a path: RFC 9110 §4.2.3
		path = rootPath
	}
	return path, query, host, true
}

var rootPath = []byte("/")

// cutAuthority returns the host of an absolute-form target, which an origin
// server must accept too (RFC 9112 §3.2.2), and the rest after its authority.
func cutAuthority(target []byte) (host, rest []byte, ok bool) {
	i := bytes.IndexByte(target, ':')
	if i < 0 || !EqualFold(target[:i], "http") && !EqualFold(target[:i], "https") {
		return nil, nil, false
	}
	rest = target[i+1:]
	if len(rest) < 2 || string(rest[:2]) != "//" {
		return nil, nil, false
	}
	rest = rest[2:]
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, _, ok = ParseAuthority(rest[:end])
	return host, rest[end:], ok
}

// ParseAuthority splits uri-host [ ":" port ] (RFC 9110 §7.2, RFC 3986 §3.2). An
// address in brackets keeps them. port is nil without a colon. ok is false if b
// is malformed or has no host, and for user information (RFC 9110 §4.2.4).
func ParseAuthority(b []byte) (host, port []byte, ok bool) {
	var end int // of the host
	if len(b) > 0 && b[0] == '[' {
		end = bytes.IndexByte(b, ']') + 1
		ok = end > 0 && (isIPv6(b[1:end-1]) || isIPvFuture(b[1:end-1]))
	} else {
		if end = bytes.IndexByte(b, ':'); end < 0 {
			end = len(b)
		}
		ok = end > 0 && isRegName(b[:end])
	}
	host = b[:end]
	if !ok || end == len(b) {
		return host, nil, ok
	}
	port = b[end+1:]
	return host, port, b[end] == ':' && digitChars.HasAll(port)
}

// isIPv6 reports whether b is an IPv6 address without a zone.
func isIPv6(b []byte) bool {
	if len(b) == 0 || bytes.IndexByte(b, '%') >= 0 {
		return false
	}
	// Not copied: that would make garbage for each request to an address. The
	// only part of its argument that ParseAddr keeps is a zone, and there is none.
	addr, err := netip.ParseAddr(unsafe.String(&b[0], len(b)))
	return err == nil && addr.Is6()
}

// isIPvFuture reports whether b is an address of a later version of IP: "v"
// 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) (RFC 3986 §3.2.2).
func isIPvFuture(b []byte) bool {
	version, address, ok := bytes.Cut(b, dot)
	if !ok || len(version) < 2 || version[0]|0x20 != 'v' || len(address) == 0 {
		return false
	}
	for _, c := range version[1:] {
		if unhex(c) < 0 {
			return false
		}
	}
	for _, c := range address {
		if !HostChars.Has(c) && c != ':' {
			return false
		}
	}
	return true
}

var dot = []byte(".")

// isRegName reports whether b is a reg-name (RFC 3986 §3.2.2).
func isRegName(b []byte) bool {
	for i := 0; i < len(b); i++ {
		switch {
		case HostChars.Has(b[i]):
		case b[i] == '%' && i+2 < len(b) && unhex(b[i+1]) >= 0 && unhex(b[i+2]) >= 0:
			i += 2
		default:
			return false
		}
	}
	return true
}
