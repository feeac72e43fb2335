// Request heads: what one says.
//
//	b[:end] (head.go) ► parseRequest ► request ► plan.go
//
// The parser sees a whole head and knows the grammar. It is strict where
// leniency lets two servers disagree on where a request ends (RFC 9112 §11.2),
// and it does not allocate.

package httpx

import (
	"bytes"
	"math"
)

// method is as much of the request method as the server tells apart.
type method uint8

const (
	methodUnknown method = iota // no method of RFC 9110 or 5789: answered 501
	methodGet
	methodHead
	methodOptions // answered with what is allowed, whatever the target
	methodOther   // a known one that files do not have: answered 405
)

// request is a parsed head. Its slices point into the head's bytes.
type request struct {
	// path is still percent-encoded and starts with '/', but for "*" (OPTIONS)
	// and host:port (CONNECT).
	path  []byte
	query []byte // what follows '?', nil without one
	// host is the host that is asked: the target's where the target names one,
	// which makes the Host field void (RFC 9112 §3.2.2), and else that field's.
	// It is well-formed, without a port and in any case: compare it with
	// equalFold. It is empty for an empty field, and nil without one.
	host []byte

	contentLength  int64 // -1 without the field
	method         method
	minor          uint8 // HTTP/1.0: 0, HTTP/1.1 and up: 1
	keepAlive      bool  // the connection goes on after the response
	close          bool  // it does not, whatever another field says
	hostField      bool  // the Host field was seen
	chunked        bool
	trailers       bool // fields behind the body are read: TE
	expectContinue bool

	fields // those that say which answer is wanted (fields.go)
}

// hasBody tells whether body bytes follow the head (RFC 9112 §6.3).
func (r *request) hasBody() bool { return r.chunked || r.contentLength > 0 }

// parseRequest parses a head that headScan has found, so one of lines that end
// with CRLF and hold no control byte but HTAB. It returns 0, or the status that
// refuses the request; then r means nothing and the connection cannot go on.
func parseRequest(head []byte, r *request) (status int) {
	*r = request{contentLength: -1}
	line, rest := cutLine(head[requestLineStart(head):])
	r.lines = rest
	if status = r.parseLine(line); status != 0 {
		return status
	}
	for n := 0; ; n++ {
		if line, rest = cutLine(rest); len(line) == 0 {
			break
		}
		if n == maxFields {
			return statusHeadTooLarge
		}
		if status = r.parseField(line); status != 0 {
			return status
		}
	}
	switch {
	case !r.hostField && r.minor > 0: // RFC 9112 §3.2, whatever the target names
		return statusBadRequest
	case r.chunked && r.contentLength >= 0: // RFC 9112 §6.1
		return statusBadRequest
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
		return statusBadRequest
	}
	name, target := line[:first], line[first+1:last]
	if len(target) > maxTarget {
		return statusURITooLong
	}
	if status = r.parseVersion(line[last+1:]); status != 0 {
		return status
	}
	if len(name) == 0 || len(target) == 0 || !all(name, tokenChar) || !all(target, targetChar) {
		return statusBadRequest
	}
	switch string(name) { // methods are case-sensitive: RFC 9110 §9.1
	case "GET":
		r.method = methodGet
	case "HEAD":
		r.method = methodHead
	case "OPTIONS":
		r.method = methodOptions
	case "CONNECT":
		// What follows may be meant for the tunnel, sent without waiting for
		// the answer: it must not be taken for a request.
		r.method, r.close, r.keepAlive = methodOther, true, false
	case "POST", "PUT", "DELETE", "TRACE", "PATCH":
		r.method = methodOther
	}
	if !r.parseTarget(name, target) {
		return statusBadRequest
	}
	return 0
}

// parseVersion parses "HTTP/" DIGIT "." DIGIT (RFC 9112 §2.3). Within a major
// version a higher minor one is understood as the highest known: RFC 9110 §2.5.
func (r *request) parseVersion(v []byte) (status int) {
	switch {
	case len(v) != 8 || string(v[:5]) != "HTTP/" || !isDigit(v[5]) || v[6] != '.' || !isDigit(v[7]):
		return statusBadRequest
	case v[5] != '1':
		return statusVersionNotSupported
	}
	r.minor = min(v[7]-'0', 1)
	r.keepAlive = r.minor > 0 // unless a field says otherwise: RFC 9112 §9.3
	return 0
}

// parseField parses field-name ":" OWS field-value OWS (RFC 9112 §5). A line
// that continues the one before (obs-fold) and a space before the colon are
// refused with the name, which must be a token: RFC 9112 §5.1 and §5.2.
func (r *request) parseField(line []byte) (status int) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !all(line[:colon], tokenChar) {
		return statusBadRequest
	}
	return r.setField(line[:colon], trimOWS(line[colon+1:]))
}

// setField takes in the fields that matter, told apart by length first.
func (r *request) setField(name, value []byte) (status int) {
	switch len(name) {
	case len("te"):
		if equalFold(name, "te") {
			r.setTE(value)
		}
	case len("host"):
		if equalFold(name, "host") {
			return r.setHost(value)
		}
	case len("expect"):
		if equalFold(name, "expect") {
			r.setExpect(value)
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
	r.fields.set(name, value)
	return 0
}

// setHost refuses a second Host and one that is not well-formed (RFC 9112
// §3.2). An empty one is well-formed: the client's URI had no authority.
func (r *request) setHost(value []byte) (status int) {
	host, _, ok := parseAuthority(value)
	if r.hostField || !ok && len(value) > 0 {
		return statusBadRequest
	}
	r.hostField = true
	if r.host == nil { // the target names none
		r.host = host
	}
	return 0
}

// setExpect looks for 100-continue among the expectations (RFC 9110 §10.1.1),
// which HTTP/1.0 never means. Any other could be refused with 417; it is
// passed over, as nginx does, since no answer of ours depends on one.
func (r *request) setExpect(list []byte) {
	for more := r.minor > 0; more; {
		var expectation []byte
		expectation, list, more = cutElement(list)
		if equalFold(expectation, "100-continue") {
			r.expectContinue = true
		}
	}
}

// setTE looks for trailers among what the client takes (RFC 9110 §10.1.4). The
// transfer codings that may stand there too are none that we apply.
func (r *request) setTE(list []byte) {
	for more := true; more; {
		var member []byte
		member, list, more = cutElement(list)
		if equalFold(member, "trailers") {
			r.trailers = true
		}
	}
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
		return statusBadRequest
	}
	var n int64
	for _, c := range value {
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			return statusBadRequest
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
		return statusBadRequest
	}
	for more := true; more; {
		var coding []byte
		coding, list, more = cutElement(list)
		switch {
		case r.chunked:
			return statusBadRequest
		case equalFold(coding, "chunked"):
			r.chunked = true
		default:
			status = statusNotImplemented
		}
	}
	return status
}
