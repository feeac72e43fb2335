// The rules of HTTP/1.1 messages as a client sees them, over the simulated engine:
// the response, its fields, and whether the connection stays open. The parser's own
// tests are message/request_test.go and message/chunked_test.go.

package httpx

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"aws/httpx/httpxtest"
	"aws/httpx/message"
)

// dialPieces connects a client that sends text in pieces of the given size.
func (h *harness) dialPieces(text string, size int) *client {
	c := h.dial("")
	c.pieces = slices.Collect(slices.Chunk([]byte(text), size))
	return c
}

// post is the start of a POST request, up to its fields on framing. Its response,
// 405, does not depend on a body.
const post = "POST /static/small HTTP/1.1\r\nHost: a\r\n"

// smuggled follows each malformed message. Other software might take it for a
// request; we must not.
var smuggled = get("/static/small")

// malformed are messages after which nothing can be understood.
var malformed = []struct {
	rfc     string // RFC 9112, unless it names another
	message string
	status  int
}{
	{"§2.2 bare LF in the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
	{"§2.2 bare LF in a field", "GET / HTTP/1.1\r\nHost: a\nA: b\r\n\r\n", 400},
	{"§2.2 bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
	{"§2.2 bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"§2.2 bare CR in a field", head("A: b\rTransfer-Encoding: chunked"), 400},
	{"§2.2 white space before the first field", "GET / HTTP/1.1\r\n A: b\r\nHost: a\r\n\r\n", 400},
	{"§2.3 another version", line("GET / HTTP/2.0"), 505},
	{"§3 white space in the target", line("GET /a b HTTP/1.1"), 400},
	{"§3 longer target", line("GET /" + strings.Repeat("a", message.MaxTarget) + " HTTP/1.1"), 414},
	{"§3.2 no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", 400},
	{"§3.2 no Host, absolute-form", "GET http://a/ HTTP/1.1\r\nA: b\r\n\r\n", 400},
	{"§3.2 two Hosts", head("Host: a"), 400},
	{"§3.2 malformed Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
	{"§5.1 space before the colon", head("A : b"), 400},
	{"§5.2 obs-fold", head("A: b", " c"), 400},
	{"RFC 9110 §5.5 NUL", head("A: \x00"), 400},
	{"RFC 6585 §5 too many fields", head(strings.Repeat("A: b\r\n", message.MaxFields) + "A: b"), 431},

	{"RFC 9110 §8.6 Content-Length empty", post + "Content-Length:\r\n\r\n", 400},
	{"RFC 9110 §8.6 Content-Length signed", post + "Content-Length: +9\r\n\r\n", 400},
	{"RFC 9110 §8.6 Content-Length negative", post + "Content-Length: -9\r\n\r\n", 400},
	{"RFC 9110 §8.6 Content-Length of two numbers", post + "Content-Length: 9, 9\r\n\r\n", 400},
	{"RFC 9110 §8.6 Content-Length too large", post + "Content-Length: 18446744073709551617\r\n\r\n", 400},
	{"§6.3 Content-Length twice", post + "Content-Length: 0\r\nContent-Length: 9\r\n\r\n", 400},
	{"§6.3 CL.TE", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"§6.3 TE.CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
	{"§6.1 TE in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"§6.1 TE unknown", post + "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n", 501},
	{"§6.1 TE unknown below chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
	{"§6.3 TE with chunked not last", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400},
	{"§6.1 TE with chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	{"§5.1 TE before a space", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
	{"§5.2 TE folded", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400},
	{"§6.1 TE with a control", post + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400},

	{"§7.1 chunk size of no digits", chunkedPost("x\r\n\r\n"), 400},
	{"§7.1 chunk size 0x0", chunkedPost("0x0\r\n\r\n"), 400},
	{"§7.1 chunk size signed", chunkedPost("-1\r\n\r\n"), 400},
	{"§7.1 chunk size 2^63", chunkedPost("8000000000000000\r\n"), 400},
	{"§7.1 chunk size 2^64", chunkedPost("10000000000000000\r\n"), 400},
	{"§7.1 bare LF after the size", chunkedPost("0\n\r\n"), 400},
	{"§7.1 bare LF after the data", chunkedPost("1\r\na\n0\r\n\r\n"), 400},
	{"§7.1 chunk longer than its size", chunkedPost("1\r\nab\r\n0\r\n\r\n"), 400},
	{"§7.1 bare LF at the end", chunkedPost("0\r\n\n"), 400},
	{"§7.1.1 bare LF in an extension", chunkedPost("0;a\n\r\n"), 400},
	{"§7.1.1 extensions too long", chunkedPost("0;" + strings.Repeat("a", message.MaxChunkExt+1) + "\r\n\r\n"), 400},
	{"§7.1.2 trailer without a colon", chunkedPost("0\r\nA\r\n\r\n"), 400},
	{"§7.1.2 trailer folded", chunkedPost("0\r\nA: b\r\n c\r\n\r\n"), 400},
	{"§7.1.2 trailers too many", chunkedPost("0\r\n" + strings.Repeat("A: b\r\n", message.MaxFields+1) + "\r\n"), 400},
	{"§7.1.2 trailers too long", chunkedPost("0\r\nA:" + strings.Repeat("b", message.MaxTrailer) + "\r\n\r\n"), 400},
}

func chunkedPost(body string) string { return post + "Transfer-Encoding: chunked\r\n\r\n" + body }

// A malformed message gets an error and ends the connection, and what follows it is
// not a request (RFC 9112 §11.2), however the bytes arrive. A response to HEAD has
// no body, whatever else is wrong (RFC 9110 §9.3.2).
func TestMalformedMessageEndsConnection(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	for _, m := range malformed {
		_, rest, _ := strings.Cut(m.message, " ")
		for _, method := range []string{"GET", "POST", "HEAD"} {
			for _, size := range []int{everything, 1, 7} {
				h := setup{root: root}.open(t)
				c := h.dialPieces(get("/static/small")+method+" "+rest+smuggled, size)
				h.until("the end", func() bool { return c.err != nil })
				got, tail, err := parseResponses(c.got, "GET", method)
				status := m.status
				if method == "POST" && strings.HasPrefix(m.rfc, "§7.1") {
					status = 405
				}
				switch {
				case err != nil || len(tail) > 0 || c.err != io.EOF:
					t.Errorf("%s, %s in pieces of %d: %d responses, %v, then %q, %v", m.rfc, method, size, len(got), err, tail, c.err)
				case got[0].status != 200 || got[1].status != status || !got[1].close:
					t.Errorf("%s, %s in pieces of %d: %d, close %v, want %d", m.rfc, method, size, got[1].status, got[1].close, status)
				case (len(got[1].body) == 0) != (method == "HEAD"):
					t.Errorf("%s, %s in pieces of %d: body %q", m.rfc, method, size, got[1].body)
				}
				checkDates(t, got)
				h.destroy()
			}
		}
	}
}

// checkDates checks that every response has a Date (RFC 9110 §6.6.1).
func checkDates(t *testing.T, got []parsedResponse) {
	t.Helper()
	for _, a := range got {
		if _, err := http.ParseTime(a.header.Get("Date")); err != nil {
			t.Errorf("%d: Date: %v", a.status, err)
		}
	}
}

// wellFormedMessages are messages after which the connection stays open.
var wellFormedMessages = []struct {
	rfc             string // RFC 9112, unless it names another
	method, message string // without the method
	status          int
}{
	{"§2.2 an empty line before", "\r\nGET", "/static/small HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"§2.3 a higher minor version", "GET", "/static/small HTTP/1.7\r\nHost: a\r\n\r\n", 200},
	{"§3.2 empty Host", "GET", "/static/small HTTP/1.1\r\nHost:\r\n\r\n", 200},
	{"§3.2.2 absolute-form", "GET", "http://b:80/static/small HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"§3.2.4 asterisk-form", "OPTIONS", "* HTTP/1.1\r\nHost: a\r\n\r\n", 204},
	{"§3.2.4 asterisk-form at a proxy's", "OPTIONS", "http://a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 204},
	{"RFC 9110 §9.3.7 OPTIONS", "OPTIONS", "/static/small HTTP/1.1\r\nHost: a\r\n\r\n", 204},
	{"RFC 9110 §9.3.7 OPTIONS with a body", "OPTIONS", "/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET ", 204},
	{"RFC 9110 §9.3.2 HEAD", "HEAD", "/dynamic/small HTTP/1.1\r\nHost: a\r\n\r\n", 200},
	{"RFC 9110 §9.3.2 HEAD", "HEAD", "/nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404},
	{"RFC 9110 §9.3.8 TRACE", "TRACE", "/static/small HTTP/1.1\r\nHost: a\r\n\r\n", 405},
	{"RFC 9110 §9.1 unknown method", "BREW", "/static/small HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	{"RFC 9110 §9.1 in lower case", "get", "/static/small HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	{"RFC 9110 §9.1 in lower case", "head", "/static/small HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	{"RFC 9110 §4.2.3 malformed path", "GET", "/static/%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"§6.3 Content-Length 0", "POST", "/static/small HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405},
	{"§6.3 body of a GET", "GET", "/static/small HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\n" + get("/"), 200},
	{"§7.1 chunked", "HEAD", "/static/small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ChunKed\r\n\r\n1;a=\"\\\"\"\r\n\n\r\n00\r\nA:\r\n\r\n", 200},
	{"RFC 9110 §10.1.1 no body to wait for", "GET", "/static/small HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", 200},
	{"RFC 9110 §10.1.1 unknown expectation", "HEAD", "/static/small HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\na", 200},
	{"RFC 9110 §10.1.1 in HTTP/1.0", "GET", "/static/small HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na", 200},
	{"RFC 9110 §7.6.1 other options", "GET", "/static/small HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 200},
}

// All well-formed messages pass over one connection, however the bytes arrive.
func TestWellFormedMessagesKeepConnection(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	var all strings.Builder
	var methods []string
	for _, m := range wellFormedMessages {
		all.WriteString(m.method + " " + m.message)
		methods = append(methods, strings.TrimSpace(m.method))
	}
	for _, size := range []int{everything, 1, 2, 3, 7, 100} {
		h := setup{root: root}.open(t)
		c := h.dialPieces(all.String(), size)
		c.halfClose = true
		h.until("the end", func() bool { return c.err != nil })
		got, tail, err := parseResponses(c.got, methods...)
		if err != nil || len(tail) > 0 || c.err != io.EOF {
			t.Errorf("in pieces of %d: %d responses, %v, then %q, %v", size, len(got), err, tail, c.err)
		}
		for i, a := range got {
			m := wellFormedMessages[i]
			if a.status != m.status || a.close || methods[i] == "GET" && a.status == 200 && !bytes.Equal(a.body, httpxtest.Content("small", 100)) {
				t.Errorf("%s: in pieces of %d: %d with %d bytes, close %v, want %d", m.rfc, size, a.status, len(a.body), a.close, m.status)
			}
			if allow := a.header.Get("Allow"); (allow == "GET, HEAD, OPTIONS") != (a.status == 204 || a.status == 405) {
				t.Errorf("%s: %d with Allow: %q", m.rfc, a.status, allow) // RFC 9110 §10.2.1
			}
			if _, has := a.header["Content-Length"]; has == (a.status == 204) {
				t.Errorf("%s: %d, Content-Length: %v", m.rfc, a.status, has) // RFC 9110 §8.6
			}
		}
		checkDates(t, got)
		h.end()
		h.destroy()
	}
}

// A client that waits for 100 Continue gets the final response at once (RFC 9110
// §10.1.1). The body may still be on its way, so nothing that follows is a request.
func TestExpectContinueGetsFinalResponse(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	for _, c := range []struct {
		method, fields, body string
		status               int
	}{
		{"POST", "Expect: 100-continue\r\nContent-Length: 5\r\n", "hello", 405},
		{"PUT", "Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n", 405},
		{"GET", "Expect: a, 100-continue\r\nContent-Length: 27\r\n", get("/"), 200},
		{"HEAD", "Expect: 100-continue\r\nContent-Length: 5\r\n", "hello", 200},
	} {
		for _, waits := range []bool{true, false} {
			h := setup{root: root}.open(t)
			client := h.dial(c.method + " /static/small HTTP/1.1\r\nHost: a\r\n" + c.fields + "\r\n")
			if !waits {
				client.send(c.body + smuggled)
			}
			h.until("the end", func() bool { return client.err != nil })
			got, tail, err := parseResponses(client.got, c.method)
			if err != nil || len(tail) > 0 || client.err != io.EOF || got[0].status != c.status || !got[0].close {
				t.Errorf("%s with %q, waits: %v: %v after %q", c.method, c.fields, waits, err, client.got)
			}
			h.end()
			h.destroy()
		}
	}
}

// What follows a CONNECT may be meant for the tunnel, so it is not a request (RFC
// 9110 §9.3.6).
func TestNothingAfterConnectIsRequest(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	c := h.dial("CONNECT a:80 HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n" + smuggled)
	h.until("the end", func() bool { return c.err != nil })
	if got, tail, err := parseResponses(c.got, "CONNECT"); err != nil || len(tail) > 0 || got[0].status != 405 || !got[0].close {
		t.Errorf("%v after %q", err, c.got)
	}
	h.end()
}

// A client gets its files whole even if it reads only once the server can send no
// more, and if it shuts down its sending side after its requests.
func TestLateReaderGetsAll(t *testing.T) {
	const last = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	eachTransfer(t, func(t *testing.T, h *harness, large, _ string) {
		small := strings.Replace(large, "large", "small", 1)
		for _, paths := range [][]string{{small}, {large}, {small, small, small}, {small, large, small}, {large, large, large}} {
			var pipelined string
			for _, path := range paths {
				pipelined += get(path)
			}
			final := strings.TrimSuffix(pipelined, get(paths[len(paths)-1])) + "GET " + paths[len(paths)-1]
			for _, c := range []struct {
				requests  string
				halfClose bool
			}{
				{pipelined, true},
				{final + last, true},
				{final + last, false},
				{final + " HTTP/1.0\r\n\r\n", true},
			} {
				h.readLate(paths, c.requests, c.halfClose)
			}
		}
	})
}

// readLate makes a client read only once the server can do no more.
func (h *harness) readLate(paths []string, requests string, halfClose bool) {
	h.t.Helper()
	c := h.deaf(requests)
	c.halfClose = halfClose
	sent := h.sim.Counters().Short
	h.until("the connection", func() bool { return h.open == 1 })
	h.until("all to be sent, or the socket to be full", func() bool { return h.open == 0 || h.sim.Counters().Short > sent })
	c.pace = 1000
	h.until("the end", func() bool { return c.err != nil })
	got, tail, err := parseResponses(c.got, slices.Repeat([]string{"GET"}, len(paths))...)
	if err != nil || len(tail) > 0 || c.err != io.EOF {
		h.t.Errorf("%q, half-closed: %v: %d responses, %v, then %d bytes, %v", requests, halfClose, len(got), err, len(tail), c.err)
	}
	for i, a := range got {
		name := paths[i][strings.LastIndexByte(paths[i], '/')+1:]
		if !bytes.Equal(a.body, httpxtest.Content(name, connFiles["static/"+name])) {
			h.t.Errorf("%q, half-closed: %v: response %d, %d, has %d bytes", requests, halfClose, i, a.status, len(a.body))
		}
	}
	h.settle()
}

func line(s string) string { return s + "\r\nHost: a\r\n\r\n" }
func head(fields ...string) string {
	return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n"
}
