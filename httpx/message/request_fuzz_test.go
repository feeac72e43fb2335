package message

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// FuzzRequest compares the parser with net/http.ReadRequest, both ways. A request
// that one accepts the other must accept too, with the same meaning and the same
// end. The exceptions are in laxer and stricter.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		typicalHead, head("A: b"), "\r\n" + head("A: b"), "GET / HTTP/1.0\r\n\r\n", line("GET / HTTP/1.2"),
		line("PRI * HTTP/2.0"), line("GET http://a:80?b HTTP/1.1"), line("GET HTTPS://[::1]/%41?b?c HTTP/1.1"),
		line("GET //a/%zz HTTP/1.1"), line("OPTIONS * HTTP/1.1"), line("CONNECT a:1 HTTP/1.1"), line("CONNECT a:1// HTTP/1.1"), line("BREW a:b HTTP/1.1"),
		line("GET http://a%41/ HTTP/1.1"), line("GET http://[v1.a:b]:80/ HTTP/1.1"), "GET / HTTP/1.1\r\nHost: [v1.a]\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: [v1.[]\r\n\r\n", line("GET http://u@a/ HTTP/1.1"), line("GET /\xff HTTP/1.1"), "\x16\x03\x01",
		head("Content-Length: 1", "Expect: 100-continue") + "a", head("Content-Length: 1", "Content-Length: 1"),
		head("Content-Length: 9223372036854775808"), head("Connection: a , Close", "Connection: keep-alive"),
		head("Transfer-Encoding: chunked") + "0\r\n\r\n", head("Transfer-Encoding: chunked", "Content-Length: 1"),
		head("Transfer-Encoding: , chunked"), head("Transfer-Encoding: chunked,,"), head("Transfer-Encoding: gzip, chunked"), head("Transfer-Encoding: chunked", "Trailer: Content-Length"),
		"GET / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n",
		head("A: b", " c"), head("A : b"), head("Host: a"), head("A: b\nC: d"), head("A: b\rc"), head("A: b\x00"),
	} {
		f.Add([]byte(s), uint8(1))
	}
	f.Fuzz(checkRequest)
}

func checkRequest(t *testing.T, b []byte, piece uint8) {
	var r, r2 Request
	end, status := parseAll(b, max(len(b), 1), &r)
	end2, status2 := parseAll(b, max(int(piece), 1), &r2)
	if end != end2 || status != status2 {
		t.Fatalf("%q: end %d, status %d; in pieces of %d: %d, %d", b, end, status, piece, end2, status2)
	}
	start := requestLineStart(b) // net/http accepts no empty line
	oracle, oracleEnd, err := oracleRequest(b[start:])
	switch {
	case status != 0:
		if err == nil && !stricter(string(b[start:start+oracleEnd]), oracle) {
			t.Fatalf("%q: refused with %d, net/http takes it", b, status)
		}
	case end == 0:
		if err == nil {
			t.Fatalf("%q: goes on, net/http takes %d bytes", b, oracleEnd)
		}
	case err != nil:
		if !laxer(&r, err) {
			t.Fatalf("%q: accepted, net/http: %v", b, err)
		}
	case end != start+oracleEnd:
		t.Fatalf("%q: ends at %d, with net/http at %d", b, end, start+oracleEnd)
	default:
		sameRequest(t, &r, oracle)
	}
}

// oracleRequest reads b with net/http. end is the number of bytes that it reads.
func oracleRequest(b []byte) (req *http.Request, end int, err error) {
	src := bytes.NewReader(b)
	br := bufio.NewReader(src)
	req, err = http.ReadRequest(br)
	return req, len(b) - src.Len() - br.Buffered(), err
}

// sameRequest compares everything that both know of a request.
func sameRequest(t *testing.T, r *Request, o *http.Request) {
	t.Helper()
	path, err := url.PathUnescape(string(r.Path))
	oraclePath := o.URL.Path
	switch {
	case o.Method == "CONNECT":
		oraclePath = o.URL.Host
	case oraclePath == "":
		oraclePath = "/"
	}
	if err != nil || path != oraclePath || string(r.Query) != o.URL.RawQuery {
		t.Errorf("path %q, query %q, %v; net/http: %v", r.Path, r.Query, err, o.URL)
	}
	m := MethodUnknown
	switch o.Method {
	case "GET":
		m = MethodGet
	case "HEAD":
		m = MethodHead
	case "OPTIONS":
		m = MethodOptions
	case "POST", "PUT", "DELETE", "CONNECT", "TRACE", "PATCH":
		m = MethodOther
	}
	if r.Method != m {
		t.Errorf("method %d; net/http: %s", r.Method, o.Method)
	}
	if o.ProtoMajor != 1 || int(r.Minor) != min(o.ProtoMinor, 1) || r.KeepAlive == (o.Close || o.Method == "CONNECT") {
		t.Errorf("minor %d, keep-alive %v; net/http: %s, close %v", r.Minor, r.KeepAlive, o.Proto, o.Close)
	}
	length := max(r.ContentLength, 0)
	if r.chunked {
		length = -1
	}
	if length != o.ContentLength && !(o.Close && o.ContentLength == -1) || r.chunked != (len(o.TransferEncoding) > 0) {
		t.Errorf("length %d, chunked %v; net/http: %d, %q", r.ContentLength, r.chunked, o.ContentLength, o.TransferEncoding)
	}
	host := o.Host // of the target, or else of the field
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host = host[:colon]
	}
	unescaped, _ := url.PathUnescape(string(r.Host)) // as net/http has that of a target
	if string(r.Host) != host && unescaped != host {
		t.Errorf("host %q; net/http: %q", r.Host, o.Host)
	}
}

// laxer reports whether the parser may accept a request that net/http refuses.
// Each case is one exception.
func laxer(r *Request, err error) bool {
	message := err.Error()
	_, pathErr := url.PathUnescape(string(r.Path))
	switch {
	case pathErr != nil: // CleanPath refuses it
		return true
	case strings.Contains(message, "bad trailer key"): // trailers are dropped
		return true
	case strings.Contains(message, "invalid URL escape"): // of ASCII in a host, which RFC 3986 §3.2.2 allows
		return true
	case ipvFuture.Match(r.Host): // legal by RFC 3986 §3.2.2
		return true
	}
	return false
}

// stricter reports whether the parser may refuse a request that net/http accepts.
// Each case is one exception.
func stricter(head string, o *http.Request) bool {
	if len(head) > MaxHead || len(o.RequestURI) > MaxTarget || strings.Count(head, "\n") > MaxFields {
		return true // limits
	}
	if o.ProtoMajor != 1 { // 505
		return true
	}
	for _, text := range laxText {
		if text.MatchString(head) {
			return true
		}
	}
	switch {
	case laxTarget(o):
		return true
	case o.ProtoMinor == 0 && transferEncoding.MatchString(head): // net/http ignores it
		return true
	case len(o.TransferEncoding) > 0 && contentLength.MatchString(head): // net/http ignores Content-Length
		return true
	}
	host := hostField.FindStringSubmatch(head) // net/http.Server checks it, ReadRequest does not
	if host == nil {
		return o.ProtoMinor > 0
	}
	return host[1] != "" && !wellFormedHost(host[1])
}

// laxTarget reports whether the target has none of the forms of RFC 9112 §3.2.
func laxTarget(o *http.Request) bool {
	switch {
	case o.Method == "CONNECT": // a path, for net/rpc; no port
		return !wellFormedHost(o.RequestURI) || o.URL.Port() == ""
	case o.RequestURI == "*":
		return o.Method != "OPTIONS"
	case o.URL.IsAbs(): // another scheme; http:/path; user information
		authority := absolute.FindStringSubmatch(o.RequestURI)
		return authority == nil || !wellFormedHost(authority[1])
	}
	return false
}

// wellFormedHost reports whether host is uri-host [ ":" port ]. net/url judges
// IPv6 addresses only: it is not strict elsewhere.
func wellFormedHost(host string) bool {
	_, err := url.Parse("http://" + host)
	return wellFormed.MatchString(host) && (host[0] != '[' || ipvFuture.MatchString(host) || err == nil)
}

var (
	laxText = []*regexp.Regexp{
		regexp.MustCompile(`(^|[^\r])\n`),                                  // bare LF
		regexp.MustCompile(`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r([^\n]|$)`), // controls, bare CR
		regexp.MustCompile(`\n[ \t]`),                                      // obs-fold
		regexp.MustCompile(`\n[^\r\n:]* [^\r\n:]*:`),                       // space in a name
		regexp.MustCompile(`^\S* [^\r]*[#\t ][^\r]* HTTP/`),                // fragment or space in a target
		regexp.MustCompile(`(?is)\ncontent-length:.*\ncontent-length:`),    // the same one twice
		regexp.MustCompile(`(?is)\nhost:.*\nhost:`),
	}
	absolute         = regexp.MustCompile(`^(?i:https?)://([^/?]*)`)
	hostField        = regexp.MustCompile(`(?i)\nhost:[ \t]*(.*?)[ \t]*\r\n`)
	contentLength    = regexp.MustCompile(`(?i)\ncontent-length:`)
	transferEncoding = regexp.MustCompile(`(?i)\ntransfer-encoding:`)
	ipvFuture        = regexp.MustCompile(`^\[[vV][0-9A-Fa-f]+\.[\w.~!$&'()*+,;=:-]+\]`)
	wellFormed       = regexp.MustCompile(`^(\[[0-9A-Fa-f:.]+\]|\[[vV][0-9A-Fa-f]+\.[\w.~!$&'()*+,;=:-]+\]|` +
		`([\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(:[0-9]*)?$`)
)
