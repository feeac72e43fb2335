// Request paths: from the percent-encoded path of a target to the name of a
// file below the root.
//
//	Request.Path ► CleanPath ► packages site and files
//
// A clean path starts with '/' and has no "." or ".." segment, no "//" and no
// NUL, so a file has one name among the mounts and in the open-file table. It is
// not what keeps the server from opening files outside the root: RESOLVE_BENEATH
// in package files is.

package message

import "bytes"

// CleanPath decodes raw, and removes its dot segments and repeated slashes. A
// path that is clean already is returned itself; otherwise the result is in dst,
// which must be as long as raw. A slash at the end stays, and "/a/." and "/a/.."
// end with one: it tells a folder from a file.
//
// status is 0, or 400 for a malformed path, or 404 for a path that cannot name a
// file because it has a NUL or climbs above the root.
func CleanPath(dst, raw []byte) (path []byte, status int) {
	if len(raw) == 0 {
		return nil, StatusBadRequest
	}
	if isClean(raw) {
		return raw, 0
	}
	n, ok := unescape(dst, raw)
	if !ok || dst[0] != '/' {
		return nil, StatusBadRequest
	}
	path = dst[:n]
	if bytes.IndexByte(path, 0) >= 0 {
		return nil, StatusNotFound
	}
	if n, ok = removeDots(path); !ok {
		return nil, StatusNotFound
	}
	return path[:n], 0
}

// isClean reports whether CleanPath has nothing to do. That is so for most paths.
// It returns false for some clean ones too, such as "/.well-known".
func isClean(raw []byte) bool {
	if raw[0] != '/' {
		return false
	}
	for i, c := range raw {
		switch {
		case plainChars.Has(c):
		case c != '/', i+1 < len(raw) && (raw[i+1] == '/' || raw[i+1] == '.'):
			return false
		}
	}
	return true
}

// unescape decodes the percent-encoded bytes of raw (RFC 3986 §2.1) into dst. An
// encoded slash becomes a separator like any other: no file has one in its name.
func unescape(dst, raw []byte) (n int, ok bool) {
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '%' {
			if i+2 >= len(raw) {
				return 0, false
			}
			high, low := unhex(raw[i+1]), unhex(raw[i+2])
			if high < 0 || low < 0 {
				return 0, false
			}
			c = byte(high<<4 | low)
			i += 2
		}
		dst[n] = c
		n++
	}
	return n, true
}

// unhex returns the value of a hexadecimal digit, -1 for another byte.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return int(c - 'A' + 10)
	}
	return -1
}

// removeDots cleans p, which starts with '/', in place (RFC 3986 §5.2.4) and
// returns its new length. ok is false if ".." climbs above the root: the RFC
// would stay at the root, but no honest link leads there.
func removeDots(p []byte) (n int, ok bool) {
	n = 1 // p[:n] is clean and ends with '/'
	for rest := p[1:]; len(rest) > 0; {
		segment, more := rest, false
		if i := bytes.IndexByte(rest, '/'); i >= 0 {
			segment, more = rest[:i], true
		}
		rest = rest[len(segment):]
		if more {
			rest = rest[1:]
		}
		switch string(segment) {
		case "", ".":
		case "..":
			if n == 1 {
				return 0, false
			}
			n = bytes.LastIndexByte(p[:n-1], '/') + 1
		default: // never overtakes rest
			n += copy(p[n:], segment)
			if !more {
				return n, true
			}
			p[n] = '/'
			n++
		}
	}
	return n, true
}
