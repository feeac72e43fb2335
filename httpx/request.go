// Request heads: where one ends, and what it says.
//
//	received bytes ► headScan.next ► b[:end] ► parseRequest ► request ► router.go
//
// There are two steps because a head may arrive in pieces. The scan looks at
// every byte once, however the pieces fall, and refuses at once what no head
// may hold. The parser sees a whole head and knows the grammar. Both are
// strict where leniency lets two servers disagree on where a request ends
// (RFC 9112 §11.2), and neither allocates.

package httpx

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"net/netip"
	"unsafe"

	"aws/backend"
)

const (
	// maxHead is the longest head in bytes; a longer one is answered 431.
	maxHead = backend.RecvSize
	// maxTarget is the longest request target; a longer one is answered 414.
	maxTarget = 8 << 10
	// maxRequestLine leaves room for a method and a version beside the target,
	// so that an endless request line is found out before the head is full.
	maxRequestLine = maxTarget + 64
	// maxFields is the most header fields; more are answered 431.
	maxFields = 100
)

// headScan finds the end of a request head in bytes that arrive in pieces.
// The zero value is at the start of a head.
type headScan struct {
	at   int // bytes before at are known
	line int // where the line that at is in starts
}

// next looks at b, which holds all bytes since the start of the head: those of
// the last call and what has arrived since. When the head is complete it is
// b[:end], and the scan is ready for the next one. When it can never be, status
// is the answer. When both are 0 the head goes on: call again with more.
//
// A line ends with CRLF and nothing else. RFC 9112 §2.2 lets a recipient take
// a bare LF too; where some do and some do not, requests are smuggled.
func (s *headScan) next(b []byte) (end, status int) {
	b = b[:min(len(b), maxHead)]
	start := requestLineStart(b)
	if len(b) == start || string(b) == "\r" {
		return 0, 0
	}
	if charClass[b[start]]&tokenChar == 0 { // no method: a TLS ClientHello, say
		return 0, 400
	}
	s.at, s.line = max(s.at, start), max(s.line, start)
	for {
		s.at += control(b[s.at:])
		switch rest := b[s.at:]; {
		case s.line == start && s.at-start > maxRequestLine:
			return 0, 414
		case len(rest) == 0 || string(rest) == "\r":
			if len(b) == maxHead {
				return 0, 431
			}
			return 0, 0
		case rest[0] == '\t': // the one control that text may hold
			s.at++
			continue
		case !startsWithCRLF(rest):
			return 0, 400
		case s.at == s.line:
			end = s.at + 2
			*s = headScan{}
			return end, 0
		}
		s.at += 2
		s.line = s.at
	}
}

// requestLineStart skips one empty line, which some clients send behind the
// body of the request before (RFC 9112 §2.2).
func requestLineStart(head []byte) int {
	if startsWithCRLF(head) {
		return 2
	}
	return 0
}

func startsWithCRLF(b []byte) bool { return len(b) >= 2 && b[0] == '\r' && b[1] == '\n' }

// control returns the index of the first control byte (below 0x20, or DEL) in
// b, len(b) without one. It takes eight bytes at a time: in a word, a borrow
// out of a byte can only mark bytes above one that is rightly marked, so the
// lowest mark is true.
func control(b []byte) (n int) {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; n+8 <= len(b); n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		del := w ^ ones*0x7f
		if m := ((w-ones*0x20)&^w | (del-ones)&^del) & tops; m != 0 {
			return n + bits.TrailingZeros64(m)/8
		}
	}
	for n < len(b) && b[n] >= 0x20 && b[n] != 0x7f {
		n++
	}
	return n
}

// method is as much of the request method as the server tells apart.
type method uint8

const (
	methodUnknown method = iota // no method of RFC 9110 or 5789: answered 501
	methodGet
	methodHead
	methodOther // a known one that files do not have: answered 405
)

// request is a parsed head. Its slices point into the head's bytes.
type request struct {
	// path is still percent-encoded and starts with '/'. Only methodOther has
	// others: "*" (OPTIONS) and host:port (CONNECT).
	path  []byte
	query []byte // what follows '?', nil without one
	host  []byte // the Host field, nil without one

	contentLength  int64 // -1 without the field
	method         method
	minor          uint8 // HTTP/1.0: 0, HTTP/1.1 and up: 1
	keepAlive      bool  // the connection goes on after the response
	close          bool  // "Connection: close" was seen, and wins
	chunked        bool
	expectContinue bool
}

// hasBody tells whether body bytes follow the head (RFC 9112 §6.3).
func (r *request) hasBody() bool { return r.chunked || r.contentLength > 0 }

// parseRequest parses a head that headScan has found, so one of lines that end
// with CRLF and hold no control byte but HTAB. It returns 0, or the status that
// refuses the request; then r means nothing and the connection cannot go on.
func parseRequest(head []byte, r *request) (status int) {
	*r = request{contentLength: -1}
	line, rest := cutLine(head[requestLineStart(head):])
	if status = r.parseLine(line); status != 0 {
		return status
	}
	for n := 0; ; n++ {
		if line, rest = cutLine(rest); len(line) == 0 {
			break
		}
		if n == maxFields {
			return 431
		}
		if status = r.parseField(line); status != 0 {
			return status
		}
	}
	switch {
	case r.host == nil && r.minor > 0: // RFC 9112 §3.2
		return 400
	case r.chunked && r.contentLength >= 0: // RFC 9112 §6.1
		return 400
	}
	return 0
}

// cutLine splits b behind its first line, which it returns without its CRLF.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\r')
	return b[:i], b[i+2:]
}

// parseLine parses method SP request-target SP HTTP-version (RFC 9112 §3).
func (r *request) parseLine(line []byte) (status int) {
	first, last := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if first == last {
		return 400
	}
	name, target := line[:first], line[first+1:last]
	if len(target) > maxTarget {
		return 414
	}
	if status = r.parseVersion(line[last+1:]); status != 0 {
		return status
	}
	if len(name) == 0 || len(target) == 0 || !all(name, tokenChar) || !all(target, targetChar) {
		return 400
	}
	switch string(name) { // methods are case-sensitive: RFC 9110 §9.1
	case "GET":
		r.method = methodGet
	case "HEAD":
		r.method = methodHead
	case "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH":
		r.method = methodOther
	}
	if !r.parseTarget(name, target) {
		return 400
	}
	return 0
}

// parseVersion parses "HTTP/" DIGIT "." DIGIT (RFC 9112 §2.3). Within a major
// version a higher minor one is understood as the highest known: RFC 9110 §2.5.
func (r *request) parseVersion(v []byte) (status int) {
	switch {
	case len(v) != 8 || string(v[:5]) != "HTTP/" || !isDigit(v[5]) || v[6] != '.' || !isDigit(v[7]):
		return 400
	case v[5] != '1':
		return 505
	}
	r.minor = min(v[7]-'0', 1)
	r.keepAlive = r.minor > 0 // unless a field says otherwise: RFC 9112 §9.3
	return 0
}

// parseTarget takes path and query out of the four forms of RFC 9112 §3.2.
func (r *request) parseTarget(name, target []byte) bool {
	switch {
	case string(name) == "CONNECT": // authority-form; RFC 9110 §9.3.6 wants the port
		r.path = target
		port, ok := parseAuthority(target)
		return ok && len(port) > 0
	case string(target) == "*":
		r.path = target
		return string(name) == "OPTIONS"
	case target[0] != '/':
		var ok bool
		if target, ok = cutAuthority(target); !ok {
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

// cutAuthority returns what follows scheme and authority in an absolute-form
// target, which even an origin server must accept (RFC 9112 §3.2.2).
func cutAuthority(target []byte) (rest []byte, ok bool) {
	i := bytes.IndexByte(target, ':')
	if i < 0 || !equalFold(target[:i], "http") && !equalFold(target[:i], "https") {
		return nil, false
	}
	rest = target[i+1:]
	if len(rest) < 2 || string(rest[:2]) != "//" {
		return nil, false
	}
	rest = rest[2:]
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	_, ok = parseAuthority(rest[:end])
	return rest[end:], ok
}

// parseAuthority checks uri-host [ ":" port ] (RFC 9110 §7.2, RFC 3986 §3.2)
// with a host that is not empty. User information is refused: RFC 9110 §4.2.4.
func parseAuthority(b []byte) (port []byte, ok bool) {
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
	if !ok || end == len(b) {
		return nil, ok
	}
	port = b[end+1:]
	return port, b[end] == ':' && all(port, digitChar)
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

// parseField parses field-name ":" OWS field-value OWS (RFC 9112 §5). A line
// that continues the one before (obs-fold) and a space before the colon are
// refused with the name, which must be a token: RFC 9112 §5.1 and §5.2.
func (r *request) parseField(line []byte) (status int) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !all(line[:colon], tokenChar) {
		return 400
	}
	return r.setField(line[:colon], trimOWS(line[colon+1:]))
}

// setField takes in the fields that matter, told apart by length first.
func (r *request) setField(name, value []byte) (status int) {
	switch len(name) {
	case len("host"):
		if equalFold(name, "host") {
			return r.setHost(value)
		}
	case len("expect"):
		if equalFold(name, "expect") { // HTTP/1.0 never means it: RFC 9110 §10.1.1
			r.expectContinue = r.expectContinue || r.minor > 0 && equalFold(value, "100-continue")
		}
	case len("connection"):
		if equalFold(name, "connection") {
			r.setConnection(value)
		}
	case len("content-length"):
		if equalFold(name, "content-length") {
			return r.setContentLength(value)
		}
	case len("transfer-encoding"):
		if equalFold(name, "transfer-encoding") {
			return r.setTransferEncoding(value)
		}
	}
	return 0
}

// setHost refuses a second Host and one that is not well-formed (RFC 9112
// §3.2). An empty one is: the client's URI had no authority.
func (r *request) setHost(value []byte) (status int) {
	if r.host != nil {
		return 400
	}
	r.host = value
	if _, ok := parseAuthority(value); !ok && len(value) > 0 {
		return 400
	}
	return 0
}

// setConnection looks for close and keep-alive among the options of this and
// all other Connection fields (RFC 9112 §9.3); close wins.
func (r *request) setConnection(list []byte) {
	for more := true; more; {
		var option []byte
		option, list, more = cutElement(list)
		switch {
		case equalFold(option, "close"):
			r.close, r.keepAlive = true, false
		case equalFold(option, "keep-alive"):
			r.keepAlive = !r.close
		}
	}
}

// setContentLength takes 1*DIGIT up to 2^63-1, once. RFC 9110 §8.6 would allow
// the same number twice; a client has no reason to send that.
func (r *request) setContentLength(value []byte) (status int) {
	if r.contentLength >= 0 || len(value) == 0 || !all(value, digitChar) {
		return 400
	}
	var n int64
	for _, c := range value {
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			return 400
		}
		n = n*10 + d
	}
	r.contentLength = n
	return 0
}

// setTransferEncoding understands chunked alone (RFC 9112 §6.1). Any other
// coding is 501, unless chunked precedes something: then where the body ends is
// anyone's guess (§6.3), as it is with HTTP/1.0, which has no such field.
func (r *request) setTransferEncoding(list []byte) (status int) {
	if r.minor == 0 || r.chunked || len(list) == 0 {
		return 400
	}
	for more := true; more; {
		var coding []byte
		coding, list, more = cutElement(list)
		switch {
		case r.chunked:
			return 400
		case equalFold(coding, "chunked"):
			r.chunked = true
		default:
			status = 501
		}
	}
	return status
}

// cutElement splits a comma-separated list behind its first element, which it
// returns without white space; more is false at the last (RFC 9110 §5.6.1).
func cutElement(list []byte) (element, rest []byte, more bool) {
	i := bytes.IndexByte(list, ',')
	if i < 0 {
		return trimOWS(list), nil, false
	}
	return trimOWS(list[:i]), list[i+1:], true
}

// trimOWS trims optional white space (RFC 9110 §5.6.3). What is left of a
// slice that is not nil is not nil either.
func trimOWS(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// equalFold compares without regard to case. lower consists of lower-case
// letters, digits and '-', b has no control bytes; so setting bit 5 folds
// letters and harms nothing. bytes.EqualFold would take the Kelvin sign for a
// k, and "chun\u212Aed" for chunked.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// Classes of bytes, to be tested with one look-up.
const (
	tokenChar  = 1 << iota // RFC 9110 §5.6.2
	targetChar             // all but controls, space and '#', as nginx and net/http have it
	hostChar               // unreserved and sub-delims: RFC 3986 §2.2, §2.3
	digitChar
)

var charClass = func() (class [256]uint8) {
	const alphanum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for c := range class {
		if c > ' ' && c != '#' && c != 0x7f {
			class[c] |= targetChar
		}
	}
	for chars, bit := range map[string]uint8{
		alphanum + "!#$%&'*+-.^_`|~": tokenChar,
		alphanum + "-._~!$&'()*+,;=": hostChar,
		alphanum[:10]:                digitChar,
	} {
		for _, c := range []byte(chars) {
			class[c] |= bit
		}
	}
	return class
}()

// all tells whether all of b is of a class; an empty b is.
func all(b []byte, class uint8) bool {
	for _, c := range b {
		if charClass[c]&class == 0 {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return charClass[c]&digitChar != 0 }
