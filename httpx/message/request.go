// Request heads: what one says.
//
//	b[:end] (head.go) ► ParseRequest ► request ► plan.go
//
// The parser sees a whole head and knows the grammar. It is strict where
// leniency lets two servers disagree on where a request ends (RFC 9112 §11.2),
// and it does not allocate.

package message

import (
	"bytes"
	"math"
)

// Method is as much of the request method as the server tells apart.
type Method uint8

const (
	MethodUnknown Method = iota // no method of RFC 9110 or 5789: answered 501
	MethodGet
	MethodHead
	MethodOptions // answered with what is allowed, whatever the target
	MethodOther   // a known one that files do not have: answered 405
)

// Request is a parsed head. Its slices point into the head's bytes.
type Request struct {
	// path is still percent-encoded and starts with '/', but for "*" (OPTIONS)
	// and host:port (CONNECT).
	Path  []byte
	Query []byte // what follows '?', nil without one
	// host is the host that is asked: the target's where the target names one,
	// which makes the Host field void (RFC 9112 §3.2.2), and else that field's.
	// It is well-formed, without a port and in any case: compare it with
	// EqualFold. It is empty for an empty field, and nil without one.
	Host []byte

	ContentLength  int64 // -1 without the field
	Method         Method
	Minor          uint8 // HTTP/1.0: 0, HTTP/1.1 and up: 1
	KeepAlive      bool  // the connection goes on after the response
	close          bool  // it does not, whatever another field says
	hostField      bool  // the Host field was seen
	chunked        bool
	Trailers       bool // fields behind the body are read: TE
	ExpectContinue bool

	fields // those that say which answer is wanted (fields.go)
}

// HasBody tells whether body bytes follow the head (RFC 9112 §6.3).
func (r *Request) HasBody() bool { return r.chunked || r.ContentLength > 0 }

// ParseRequest parses a head that HeadScan has found, so one of lines that end
// with CRLF and hold no control byte but HTAB. It returns 0, or the status that
// refuses the request; then r means nothing and the connection cannot go on.
func ParseRequest(head []byte, r *Request) (status int) {
	*r = Request{ContentLength: -1}
	line, rest := cutLine(head[requestLineStart(head):])
	r.lines = rest
	if status = r.parseLine(line); status != 0 {
		return status
	}
	for n := 0; ; n++ {
		if line, rest = cutLine(rest); len(line) == 0 {
			break
		}
		if n == MaxFields {
			return statusHeadTooLarge
		}
		if status = r.parseField(line); status != 0 {
			return status
		}
	}
	switch {
	case !r.hostField && r.Minor > 0: // RFC 9112 §3.2, whatever the target names
		return StatusBadRequest
	case r.chunked && r.ContentLength >= 0: // RFC 9112 §6.1
		return StatusBadRequest
	}
	return 0
}

// cutLine splits b behind its first line, which it returns without its CRLF.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\r')
	return b[:i], b[i+2:]
}

// parseLine parses method SP request-target SP HTTP-version (RFC 9112 §3).
func (r *Request) parseLine(line []byte) (status int) {
	first, last := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if first == last {
		return StatusBadRequest
	}
	name, target := line[:first], line[first+1:last]
	if len(target) > MaxTarget {
		return StatusURITooLong
	}
	if status = r.parseVersion(line[last+1:]); status != 0 {
		return status
	}
	if len(name) == 0 || len(target) == 0 || !TokenChars.HasAll(name) || !TargetChars.HasAll(target) {
		return StatusBadRequest
	}
	switch string(name) { // methods are case-sensitive: RFC 9110 §9.1
	case "GET":
		r.Method = MethodGet
	case "HEAD":
		r.Method = MethodHead
	case "OPTIONS":
		r.Method = MethodOptions
	case "CONNECT":
		// What follows may be meant for the tunnel, sent without waiting for
		// the answer: it must not be taken for a request.
		r.Method, r.close, r.KeepAlive = MethodOther, true, false
	case "POST", "PUT", "DELETE", "TRACE", "PATCH":
		r.Method = MethodOther
	}
	if !r.parseTarget(name, target) {
		return StatusBadRequest
	}
	return 0
}

// parseVersion parses "HTTP/" DIGIT "." DIGIT (RFC 9112 §2.3). Within a major
// version a higher minor one is understood as the highest known: RFC 9110 §2.5.
func (r *Request) parseVersion(v []byte) (status int) {
	switch {
	case len(v) != 8 || string(v[:5]) != "HTTP/" || !IsDigit(v[5]) || v[6] != '.' || !IsDigit(v[7]):
		return StatusBadRequest
	case v[5] != '1':
		return statusVersionNotSupported
	}
	r.Minor = min(v[7]-'0', 1)
	r.KeepAlive = r.Minor > 0 // unless a field says otherwise: RFC 9112 §9.3
	return 0
}

// parseField parses field-name ":" OWS field-value OWS (RFC 9112 §5). A line
// that continues the one before (obs-fold) and a space before the colon are
// refused with the name, which must be a token: RFC 9112 §5.1 and §5.2.
func (r *Request) parseField(line []byte) (status int) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !TokenChars.HasAll(line[:colon]) {
		return StatusBadRequest
	}
	return r.setField(line[:colon], trimOWS(line[colon+1:]))
}

// setField takes in the fields that matter, told apart by length first.
func (r *Request) setField(name, value []byte) (status int) {
	switch len(name) {
	case len("te"):
		if EqualFold(name, "te") {
			r.setTE(value)
		}
	case len("host"):
		if EqualFold(name, "host") {
			return r.setHost(value)
		}
	case len("expect"):
		if EqualFold(name, "expect") {
			r.setExpect(value)
		}
	case len("connection"):
		if EqualFold(name, "connection") {
			r.setConnection(value)
		}
	case len("content-length"):
		if EqualFold(name, "content-length") {
			return r.setContentLength(value)
		}
	case len("transfer-encoding"):
		if EqualFold(name, "transfer-encoding") {
			return r.setTransferEncoding(value)
		}
	}
	r.fields.set(name, value)
	return 0
}

// setHost refuses a second Host and one that is not well-formed (RFC 9112
// §3.2). An empty one is well-formed: the client's URI had no authority.
func (r *Request) setHost(value []byte) (status int) {
	host, _, ok := ParseAuthority(value)
	if r.hostField || !ok && len(value) > 0 {
		return StatusBadRequest
	}
	r.hostField = true
	if r.Host == nil { // the target names none
		r.Host = host
	}
	return 0
}

// setExpect looks for 100-continue among the expectations (RFC 9110 §10.1.1),
// which HTTP/1.0 never means. Any other could be refused with 417; it is
// passed over, as nginx does, since no answer of ours depends on one.
func (r *Request) setExpect(list []byte) {
	for more := r.Minor > 0; more; {
		var expectation []byte
		expectation, list, more = cutElement(list)
		if EqualFold(expectation, "100-continue") {
			r.ExpectContinue = true
		}
	}
}

// setTE looks for trailers among what the client takes (RFC 9110 §10.1.4). The
// transfer codings that may stand there too are none that we apply.
func (r *Request) setTE(list []byte) {
	for more := true; more; {
		var member []byte
		member, list, more = cutElement(list)
		if EqualFold(member, "trailers") {
			r.Trailers = true
		}
	}
}

// setConnection looks for close and keep-alive among the options of this and
// all other Connection fields (RFC 9112 §9.3); close wins.
func (r *Request) setConnection(list []byte) {
	for more := true; more; {
		var option []byte
		option, list, more = cutElement(list)
		switch {
		case EqualFold(option, "close"):
			r.close, r.KeepAlive = true, false
		case EqualFold(option, "keep-alive"):
			r.KeepAlive = !r.close
		}
	}
}

// setContentLength takes 1*DIGIT up to 2^63-1, once. RFC 9110 §8.6 would allow
// the same number twice; a client has no reason to send that.
func (r *Request) setContentLength(value []byte) (status int) {
	if r.ContentLength >= 0 || len(value) == 0 || !digitChars.HasAll(value) {
		return StatusBadRequest
	}
	var n int64
	for _, c := range value {
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			return StatusBadRequest
		}
		n = n*10 + d
	}
	r.ContentLength = n
	return 0
}

// setTransferEncoding understands chunked alone (RFC 9112 §6.1). Any other
// coding is 501, unless something follows chunked: then where the body ends is
// anyone's guess (§6.3). So it is in HTTP/1.0, which has no such field.
//
// An empty element anywhere in the list is 400, though RFC 9110 §5.6.1.2 would
// have it ignored. A server in front that compares the whole value with
// "chunked" would see no body where this one sees one, and a request hidden in
// it would get through. No honest client sends such a list.
func (r *Request) setTransferEncoding(list []byte) (status int) {
	if r.Minor == 0 || r.chunked {
		return StatusBadRequest
	}
	for more := true; more; {
		var coding []byte
		coding, list, more = cutElement(list)
		switch {
		case r.chunked, len(coding) == 0:
			return StatusBadRequest
		case EqualFold(coding, "chunked"):
			r.chunked = true
		default:
			status = StatusNotImplemented
		}
	}
	return status
}
