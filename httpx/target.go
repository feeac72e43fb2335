package httpx

import (
	"bytes"
	"net/netip"
	"unsafe"
)

// parseTarget takes path and query out of the four forms of RFC 9112 §3.2.
func (r *request) parseTarget(name, target []byte) bool {
	switch {
	case string(name) == "CONNECT": // authority-form; RFC 9110 §9.3.6 wants the port
		host, port, ok := parseAuthority(target)
		r.path, r.host = target, host
		return ok && len(port) > 0
	case string(target) == "*":
		r.path = target
		return string(name) == "OPTIONS"
	case target[0] != '/':
		var ok bool
		if r.host, target, ok = cutAuthority(target); !ok {
			return false
		}
	}
	r.path = target
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		r.path, r.query = target[:i], target[i+1:]
	}
	if len(r.path) == 0 { // absolute-form without a path: RFC 9110 §4.2.3
		r.path = rootPath
	}
	return true
}

var rootPath = []byte("/")

// cutAuthority returns the host of an absolute-form target, which even an
// origin server must accept (RFC 9112 §3.2.2), and what follows its authority.
func cutAuthority(target []byte) (host, rest []byte, ok bool) {
	i := bytes.IndexByte(target, ':')
	if i < 0 || !equalFold(target[:i], "http") && !equalFold(target[:i], "https") {
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
	host, _, ok = parseAuthority(rest[:end])
	return host, rest[end:], ok
}

// parseAuthority splits uri-host [ ":" port ] (RFC 9110 §7.2, RFC 3986 §3.2);
// it is ok with a host that is not empty. User information is refused: RFC 9110
// §4.2.4.
func parseAuthority(b []byte) (host, port []byte, ok bool) {
	var end int // of the host
	if len(b) > 0 && b[0] == '[' {
		end = bytes.IndexByte(b, ']') + 1
		ok = end > 0 && isIPv6(b[1:end-1])
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
	return host, port, b[end] == ':' && all(port, digitChar)
}

// isIPv6 tells whether b is an IPv6 address without a zone.
func isIPv6(b []byte) bool {
	if len(b) == 0 || bytes.IndexByte(b, '%') >= 0 {
		return false
	}
	// A copy would be garbage for each request to an address. ParseAddr keeps
	// no part of its argument but the zone, which is excluded.
	addr, err := netip.ParseAddr(unsafe.String(&b[0], len(b)))
	return err == nil && addr.Is6()
}

// isRegName tells whether b is a reg-name (RFC 3986 §3.2.2).
func isRegName(b []byte) bool {
	for i := 0; i < len(b); i++ {
		switch {
		case charClass[b[i]]&hostChar != 0:
		case b[i] == '%' && i+2 < len(b) && unhex(b[i+1]) >= 0 && unhex(b[i+2]) >= 0:
			i += 2
		default:
			return false
		}
	}
	return true
}
