// Heads that are refused: what can be read of one that is malformed, too long or cut
// off. It decides in what form the refusal comes, and on nothing else.

package message

import "bytes"

// Glean fills r with the host, the Accept field and the other lines of a head that
// HeadScan would not take, or of a part of one. It stops where the head ends. Of two Host or Accept fields the
// first counts. Everything else in r stays empty: r is no request.
func Glean(head []byte, r *Request) {
	*r = Request{ContentLength: -1}
	_, rest, _ := bytes.Cut(head[requestLineStart(head):], lineFeed)
	for len(rest) > 0 {
		var line []byte
		var whole bool
		if line, rest, whole = bytes.Cut(rest, lineFeed); !whole {
			return // its end is yet to come
		}
		if line = bytes.TrimSuffix(line, carriageReturn); len(line) == 0 {
			return // what follows is of another request
		}
		if colon := bytes.IndexByte(line, ':'); colon > 0 {
			r.glean(line[:colon], trimOWS(line[colon+1:]))
		}
	}
}

func (r *Request) glean(name, value []byte) {
	switch {
	case EqualFold(name, "host"):
		if host, _, ok := ParseAuthority(value); ok && r.Host == nil {
			r.Host = host
		}
	case EqualFold(name, "accept"):
		if !r.accept.present() {
			r.accept.first = value
		}
	case EqualFold(name, "origin"):
		if r.origin == nil {
			r.origin = value
		}
	}
}

var (
	lineFeed       = []byte("\n")
	carriageReturn = []byte("\r")
)
