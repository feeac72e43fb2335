// Package proxyproto parses the headers of the PROXY protocol, versions 1 and 2
// (haproxy.org/download/3.2/doc/proxy-protocol.txt): what a proxy sends first on a
// connection, to say whom it is for. It does no I/O and allocates nothing.
//
//	bytes ► Parse (parse.go) ┬► v1.go  a line of text
//	                         └► v2.go  a block with a length
package proxyproto

import "aws/backend"

// Max is the length of the longest header in bytes. The specification bounds version 1
// to 107, and version 2 by its 16 bits of length; senders have to fit in one segment.
const Max = 16 << 10

// Header is what a proxy says of a connection.
type Header struct {
	// Source is the client's address. It is zero where the connection is the proxy's own
	// (LOCAL), and where its address is of no family that has IP addresses and ports
	// (UNKNOWN, unix, datagrams): then the socket's address counts (§2.2), as HAProxy has it.
	Source backend.Address
}

// Problem is why a connection is refused, or NoProblem.
type Problem uint8

// The problems.
const (
	NoProblem    Problem = iota
	NotFromProxy         // the peer is none of the proxies; Parse does not know them
	NoHeader             // what comes first is no header
	Malformed            // it is one that breaks the specification
	TooLong              // longer than Max, or 107 bytes in version 1
	BadChecksum          // it has a CRC32c of something else
	Problems             // how many there are
)

// String is its name, for those who count.
func (p Problem) String() string {
	return [...]string{"", "proxy_unknown", "proxy_header_missing", "proxy_header", "proxy_header_too_long", "proxy_checksum"}[p]
}

// Error says it to an operator.
func (p Problem) Error() string {
	return [...]string{
		"no problem", "the client is none of the proxies", "there is no PROXY header", "the PROXY header is malformed",
		"the PROXY header is too long", "the checksum of the PROXY header is wrong",
	}[p]
}

// startsLike says that b begins with start, or is the beginning of it.
func startsLike(b []byte, start string) bool {
	n := min(len(b), len(start))
	return string(b[:n]) == start[:n]
}
