// Request heads: what one says.
//
//	whole head, and the ends of its lines (lines.go) ► parse ► Request

package message

import (
	"math"
)

// Method is the method of a request, as far as the server tells methods apart.
type Method uint8

// The methods.
const (
	MethodUnknown Method = iota // not in RFC 9110 or 5789: answered 501
	MethodGet
	MethodHead
	MethodOptions // answered with the allowed methods, whatever the target
	MethodOther   // known, but not for files: answered 405
)

// Request is a parsed head. Its slices share the memory of the head.
type Request struct {
	// Path is still percent-encoded. It starts with '/', except for "*"
	// (OPTIONS) and host:port (CONNECT). CleanPath decodes it.
	Path  []byte
	Query []byte // the part of the target after '?'; nil without one
	// Host is the host of the target, which overrides the Host field (RFC 9112
	// §3.2.2), or else the host of that field. It is well-formed, without a port
	// and in any case: compare it with EqualFold. It is empty for an empty field
	// and nil without one.
	Host []byte

	ContentLength  int64 // bytes; -1 without the field
	Method         Method
	Minor          uint8 // 0 for HTTP/1.0, 1 for HTTP/1.1 and later
	KeepAlive      bool  // the connection stays open after the response
	close          bool  // it does not, whatever later fields say
	hostField      bool  // a Host field was seen
	chunked        bool
	Trailers       bool // the client reads fields after the body: TE
	ExpectContinue bool // it waits for a response before it sends the body

	fields // the fields that select a response (fields.go)

	ends lineEnds
}

// HasBody reports whether a body follows the head (RFC 9112 §6.3).
func (r *Request) HasBody() bool { return r.chunked || r.ContentLength > 0 }

// parse parses a head whose lines end at ends, each with CRLF, and in which HTAB is
// the only control byte. It returns NotRefused, or why the request is refused. r is
// zero before.
func (r *Request) parse(head []byte, ends []uint16) (why Refusal) {
	r.ContentLength = -1
	line := head[requestLineStart(head):ends[0]]
	r.lines = head[ends[0]+2:]
	if why = r.parseLine(line); why != NotRefused {
		return why
	}
	from := ends[0] + 2
	for _, end := range ends[1:] {
		if why = r.parseField(head[from:end]); why != NotRefused {
			return why
		}
		from = end + 2
	}
	switch {
	case !r.hostField && r.Minor > 0: // RFC 9112 §3.2, whatever the target names
		return BadHost
	case r.chunked && r.ContentLength >= 0: // RFC 9112 §6.1
		return BadCoding
	}
	return NotRefused
}

// parseLine parses method SP request-target SP HTTP-version (RFC 9112 §3).
func (r *Request) parseLine(line []byte) (why Refusal) {
	first, last := TokenChars.Prefix(line), len(line)-versionLength-1
	if first == 0 || first >= last || line[first] != ' ' || line[last] != ' ' {
		return BadLine
	}
	name, target := line[:first], line[first+1:last]
	if len(target) > MaxTarget {
		return LongTarget
	}
	if why = r.parseVersion(line[last+1:]); why != NotRefused {
		return why
	}
	if len(target) == 0 || !TargetChars.HasAll(target) {
		return BadTarget
	}
	switch string(name) { // methods are case-sensitive: RFC 9110 §9.1
	case "GET":
		r.Method = MethodGet
	case "HEAD":
		r.Method = MethodHead
	case "OPTIONS":
		r.Method = MethodOptions
	case "CONNECT":
		// The next bytes may be for the tunnel already: a client may send them
		// before the response. They must not be taken for a request.
		r.Method, r.close, r.KeepAlive = MethodOther, true, false
	case "POST", "PUT", "DELETE", "TRACE", "PATCH":
		r.Method = MethodOther
	}
	var ok bool
	if r.Path, r.Query, r.Host, ok = parseTarget(name, target); !ok {
		return BadTarget
	}
	return NotRefused
}

const versionLength = len("HTTP/1.1")

// parseVersion parses "HTTP/" DIGIT "." DIGIT (RFC 9112 §2.3). It takes a higher
// minor version of HTTP/1 for HTTP/1.1 (RFC 9110 §2.5).
func (r *Request) parseVersion(v []byte) (why Refusal) {
	switch {
	case len(v) != versionLength || string(v[:5]) != "HTTP/" || !IsDigit(v[5]) || v[6] != '.' || !IsDigit(v[7]):
		return BadLine
	case v[5] != '1':
		return BadVersion
	}
	r.Minor = min(v[7]-'0', 1)
	r.KeepAlive = r.Minor > 0 // unless a field says otherwise: RFC 9112 §9.3
	return NotRefused
}

// parseField parses field-name ":" OWS field-value OWS (RFC 9112 §5). The name
// must be a token, so a line that continues the one before (obs-fold) and a
// space before the colon are refused, as RFC 9112 §5.1 and §5.2 demand.
func (r *Request) parseField(line []byte) (why Refusal) {
	colon := TokenChars.Prefix(line)
	if colon == 0 || colon == len(line) || line[colon] != ':' {
		return BadField
	}
	return r.setField(line[:colon], trimOWS(line[colon+1:]))
}

// setField takes the fields that matter. It tells them apart by length first.
func (r *Request) setField(name, value []byte) (why Refusal) {
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
	return NotRefused
}

// setHost refuses a second Host and a malformed one (RFC 9112 §3.2). An empty one
// is well-formed: the client's URI had no authority.
func (r *Request) setHost(value []byte) (why Refusal) {
	host, _, ok := ParseAuthority(value)
	if r.hostField || !ok && len(value) > 0 {
		return BadHost
	}
	r.hostField = true
	if r.Host == nil { // the target names none
		r.Host = host
	}
	return NotRefused
}

// setExpect looks for 100-continue among the expectations (RFC 9110 §10.1.1).
// HTTP/1.0 does not have it. Others could be refused with 417, but no response
// depends on them, so they are ignored, as in nginx.
func (r *Request) setExpect(list []byte) {
	for more := r.Minor > 0; more; {
		var expectation []byte
		expectation, list, more = cutElement(list)
		if EqualFold(expectation, "100-continue") {
			r.ExpectContinue = true
		}
	}
}

// setTE looks for "trailers" (RFC 9110 §10.1.4). TE may also list transfer
// codings, which the server never applies.
func (r *Request) setTE(list []byte) {
	for more := true; more; {
		var member []byte
		member, list, more = cutElement(list)
		if EqualFold(member, "trailers") {
			r.Trailers = true
		}
	}
}

// setConnection looks for close and keep-alive among the options of all
// Connection fields (RFC 9112 §9.3); close wins.
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
// the same number twice, but no client has a reason to send that.
func (r *Request) setContentLength(value []byte) (why Refusal) {
	if r.ContentLength >= 0 || len(value) == 0 || !digitChars.HasAll(value) {
		return BadLength
	}
	var n int64
	for _, c := range value {
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			return BadLength
		}
		n = n*10 + d
	}
	r.ContentLength = n
	return NotRefused
}

// setTransferEncoding takes chunked alone (RFC 9112 §6.1). Other codings are 501.
// A coding after chunked is 400, since the end of the body is then anyone's
// guess (§6.3), and so is the field in HTTP/1.0, which does not have it.
//
// An empty element anywhere in the list is 400, though RFC 9110 §5.6.1.2 would
// have it ignored. A server in front that compares the whole value with
// "chunked" sees no body where this one would see one, and a request hidden in
// it would get through. No honest client sends such a list.
func (r *Request) setTransferEncoding(list []byte) (why Refusal) {
	if r.Minor == 0 || r.chunked {
		return BadCoding
	}
	for more := true; more; {
		var coding []byte
		coding, list, more = cutElement(list)
		switch {
		case r.chunked, len(coding) == 0:
			return BadCoding
		case EqualFold(coding, "chunked"):
			r.chunked = true
		default:
			why = UnknownCoding
		}
	}
	return why
}
