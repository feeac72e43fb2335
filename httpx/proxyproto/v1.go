// Version 1: a line of text (§2.1).
//
//	PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 CRLF

package proxyproto

import (
	"bytes"

	"aws/backend"
)

const (
	v1Start   = "PROXY "
	v1Unknown = "UNKNOWN"
	// v1Max is the longest line, with CRLF. A receiver need not look any further for its
	// end.
	v1Max = 107
)

func parseV1(b []byte) (h Header, length int, problem Problem) {
	if !startsLike(b, v1Start) {
		return Header{}, 0, NoHeader
	}
	b = b[:min(len(b), v1Max)]
	end := bytes.IndexByte(b, '\n')
	switch {
	case end < 0 && len(b) == v1Max:
		return Header{}, 0, TooLong
	case end < 0:
		return Header{}, 0, NoProblem
	case end < len(v1Start) || b[end-1] != '\r':
		return Header{}, 0, Malformed
	}
	source, ok := parseLine(b[len(v1Start) : end-1])
	if !ok {
		return Header{}, 0, Malformed
	}
	return Header{source}, end + 1, NoProblem
}

// parseLine parses the line after its start. Its parts have exactly one space between
// them. A receiver ignores what follows UNKNOWN.
func parseLine(line []byte) (source backend.Address, ok bool) {
	family, rest, _ := bytes.Cut(line, space)
	if string(family) == v1Unknown {
		return backend.Address{}, true
	}
	var parts [4][]byte
	for i := range parts {
		parts[i], rest, ok = bytes.Cut(rest, space)
		if ok == (i == len(parts)-1) {
			return backend.Address{}, false
		}
	}
	source, ok = address(family, parts[0], parts[2])
	if !ok {
		return backend.Address{}, false
	}
	_, ok = address(family, parts[1], parts[3])
	return source, ok
}

var space = []byte(" ")

// address parses an address of a family with its port.
func address(family, ip, port []byte) (a backend.Address, ok bool) {
	if a, ok = backend.ParseIP(ip); !ok {
		return a, false
	}
	switch string(family) {
	case "TCP4":
		ok = bytes.IndexByte(ip, ':') < 0
	case "TCP6": // of IPv4, too: nginx writes that if the families of the two addresses differ
	default:
		return a, false
	}
	number, isPort := backend.ParsePort(port)
	return a.WithPort(number), ok && isPort
}
