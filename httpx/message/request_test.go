package message

import (
	"strings"
	"testing"
)

// parseAll does what a connection does with received bytes: it scans them in
// pieces of the given size for a head, and parses that. If end and status are 0,
// the head is incomplete.
func parseAll(b []byte, piece int, r *Request) (end, status int) {
	var s HeadScan
	for n := 0; n < len(b); {
		n = min(n+piece, len(b))
		if end, why := s.Next(b[:n], r); end != 0 || why != NotRefused {
			return end, why.Status()
		}
	}
	return 0, 0
}

// line returns a head with a request line.
func line(s string) string { return s + "\r\nHost: a\r\n\r\n" }

// head returns the head of a GET with header fields.
func head(fields ...string) string {
	return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n"
}

var statusCases = []struct {
	rfc    string // RFC 9112, unless it names another
	head   string
	status int
}{
	{"§2.2 an empty line before the request", "\r\n" + head("A: b"), 0},
	{"§2.2 two of them", "\r\n\r\n" + head("A: b"), 400},
	{"§2.2 bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
	{"§2.2 bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
	{"§2.2 bare CR", head("A: b\rc"), 400},
	{"§2.2 CR CR LF", head("A: b\r"), 400},
	{"§2.2 white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
	{"TLS ClientHello", "\x16\x03\x01\x02\x00\x01\x00", 400},
	{"empty line, then no method", "\r\n\x16", 400},

	{"§2.3 HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 0},
	{"§2.3 a higher minor version", line("GET / HTTP/1.9"), 0},
	{"§2.3 another major version", line("GET / HTTP/2.0"), 505},
	{"§2.3 another major version", line("GET / HTTP/0.9"), 505},
	{"RFC 9113 §3.4 client preface", "PRI * HTTP/2.0\r\n\r\n", 505},
	{"§2.3 case-sensitive", line("GET / http/1.1"), 400},
	{"§2.3 one digit", line("GET / HTTP/1.10"), 400},
	{"§2.3 digits", line("GET / HTTP/1.x"), 400},
	{"§2.3 digits", line("GET / HTTP/x.1"), 400},
	{"§2.3 nothing", line("GET / "), 400},
	{"RFC 1945 §5 simple request", line("GET /"), 400},

	{"§3 no spaces", line("GET/"), 400},
	{"§3 single spaces", line("GET  / HTTP/1.1"), 400},
	{"§3 single spaces", line("GET /  HTTP/1.1"), 400},
	{"§3 no trailing space", line("GET / HTTP/1.1 "), 400},
	{"§3 no tabs", line("GET\t/ HTTP/1.1"), 400},
	{"§3 no target", line("GET  HTTP/1.1"), 400},
	{"§3 target of 8 KiB", line("GET /" + strings.Repeat("a", MaxTarget-1) + " HTTP/1.1"), 0},
	{"§3 longer target", line("GET /" + strings.Repeat("a", MaxTarget) + " HTTP/1.1"), 414},
	{"§3 endless target", "GET /" + strings.Repeat("a", MaxTarget+60), 414},
	{"§3.1 unknown method", line("BREW / HTTP/1.1"), 0},
	{"§3.1 method is a token", line("G(T / HTTP/1.1"), 400},
	{"§3.1 method is a token", line("G\xc3T / HTTP/1.1"), 400},

	{"§3.2 no white space", line("GET /a b HTTP/1.1"), 400},
	{"§3.2 no white space", line("GET /a\tb HTTP/1.1"), 400},
	{"§3.2 no fragment", line("GET /#a HTTP/1.1"), 400},
	{"§3.2 no controls", line("GET /\x7f HTTP/1.1"), 400},
	{"UTF-8 unencoded", line("GET /\u00e4 HTTP/1.1"), 0},
	{"§3.2.1 no slash", line("GET a HTTP/1.1"), 400},
	{"§3.2.2 absolute-form", line("GET HTTPS://a.b:81/c?d HTTP/1.1"), 0},
	{"§3.2.2 no authority", line("GET http:///c HTTP/1.1"), 400},
	{"§3.2.2 no host", line("GET http://:80/c HTTP/1.1"), 400},
	{"§3.2.2 no slashes", line("GET http:/c HTTP/1.1"), 400},
	{"§3.2.2 no Host beside it", "GET http://a/ HTTP/1.1\r\n\r\n", 400},
	{"§3.2.2 two Hosts beside it", "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
	{"§3.2.2 malformed Host beside it", "GET http://a/ HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
	{"§3.2.2 malformed host", line("GET http://a\\b/ HTTP/1.1"), 400},
	{"§3.2.2 malformed port", line("GET http://a:b/ HTTP/1.1"), 400},
	{"§3.2.2 other scheme", line("GET ftp://a/c HTTP/1.1"), 400},
	{"RFC 9110 §4.2.4 user information", line("GET http://u@a/c HTTP/1.1"), 400},
	{"§3.2.3 authority-form", line("CONNECT a:1 HTTP/1.1"), 0},
	{"§3.2.3 only for CONNECT", line("GET a:1 HTTP/1.1"), 400},
	{"§3.2.3 nothing else for CONNECT", line("CONNECT /a HTTP/1.1"), 400},
	{"RFC 9110 §9.3.6 no port", line("CONNECT a HTTP/1.1"), 400},
	{"RFC 9110 §9.3.6 empty port", line("CONNECT a: HTTP/1.1"), 400},
	{"§3.2.4 asterisk-form", line("OPTIONS * HTTP/1.1"), 0},
	{"§3.2.4 only for OPTIONS", line("GET * HTTP/1.1"), 400},
	{"§3.2.4 nothing after it", line("OPTIONS *?a HTTP/1.1"), 400},

	{"§3.2 no Host", "GET / HTTP/1.1\r\n\r\n", 400},
	{"§3.2 two Hosts", head("Host: a"), 400},
	{"§3.2 two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
	{"§3.2 two Hosts, apart and in other case", "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nHOST: b\r\n\r\n", 400},
	{"§3.2 Host of spaces", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
	{"§3.2 Host folded", "GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n", 400},
	{"§3.2 two Hosts, one empty", "GET / HTTP/1.1\r\nHost:\r\nHost: a\r\n\r\n", 400},

	{"§5 no fields' limit", head(strings.Repeat("A: b\r\n", MaxFields-2) + "A: b"), 0},
	{"§5 too many fields", head(strings.Repeat("A: b\r\n", MaxFields-1) + "A: b"), 431},
	{"RFC 6585 §5 too long", head("A: " + strings.Repeat("b", MaxHead)), 431},
	{"§5 no colon", head("A"), 400},
	{"§5 no name", head(": b"), 400},
	{"§5 name is a token", head("A@: b"), 400},
	{"§5.1 space before the colon", head("A : b"), 400},
	{"§5.1 no value", head("A:"), 0},
	{"§5.2 obs-fold", head("A: b", " c"), 400},
	{"§5.2 obs-fold", head("A: b", "\tc"), 400},
	{"RFC 9110 §5.5 tab and obs-text", head("A: b\tc \xff"), 0},
	{"RFC 9110 §5.5 NUL", head("A: b\x00c"), 400},
	{"RFC 9110 §5.5 NUL in a name", head("A\x00: b"), 400},
	{"§3 NUL in the request line", line("GET /\x00 HTTP/1.1"), 400},
	{"RFC 9110 §5.5 DEL", head("A: b\x7fc"), 400},

	{"RFC 9110 §8.6 Content-Length", head("Content-Length: \t12 "), 0},
	{"RFC 9110 §8.6 empty", head("Content-Length:"), 400},
	{"RFC 9110 §8.6 sign", head("Content-Length: +1"), 400},
	{"RFC 9110 §8.6 sign", head("Content-Length: -1"), 400},
	{"RFC 9110 §8.6 sign", head("Content-Length: -0"), 400},
	{"RFC 9110 §8.6 space within", head("Content-Length: 1 2"), 400},
	{"RFC 9110 §8.6 fraction", head("Content-Length: 1.0"), 400},
	{"RFC 9110 §8.6 other digits", head("Content-Length: \u0661"), 400},
	{"RFC 9110 §8.6 longer than any number", head("Content-Length: " + strings.Repeat("9", 5000)), 400},
	{"RFC 9110 §8.6 list", head("Content-Length: 1, 1"), 400},
	{"RFC 9110 §8.6 hexadecimal", head("Content-Length: 0x1"), 400},
	{"RFC 9110 §8.6 2^63-1", head("Content-Length: 9223372036854775807"), 0},
	{"RFC 9110 §8.6 2^63", head("Content-Length: 9223372036854775808"), 400},
	{"RFC 9110 §8.6 2^64", head("Content-Length: 18446744073709551616"), 400},
	{"§6.3 twice", head("Content-Length: 1", "Content-Length: 1"), 400},
	{"§6.3 twice, differing", head("Content-Length: 1", "CONTENT-LENGTH: 2"), 400},
	{"§6.3 twice, one empty", head("Content-Length: 1", "Content-Length:"), 400},
	{"§6.1 chunked", head("Transfer-Encoding: Chunked"), 0},
	{"§6.1 unknown coding", head("Transfer-Encoding: br"), 501},
	{"§6.1 unknown coding below", head("Transfer-Encoding: gzip, chunked"), 501},
	{"§6.1 unknown coding above", head("Transfer-Encoding: gzip", "Transfer-Encoding: chunked"), 501},
	{"§7 parameter", head("Transfer-Encoding: chunked;a=b"), 501},
	{"§6.1 quoted", head("Transfer-Encoding: \"chunked\""), 501},
	{"§6.1 longer", head("Transfer-Encoding: xchunked"), 501},
	{"§7.4 identity is gone", head("Transfer-Encoding: identity"), 501},
	{"§6.1 tab before it", head("Transfer-Encoding:\tchunked"), 0},
	{"§5.1 space before its colon", head("Transfer-Encoding : chunked"), 400},
	{"§6.1 Kelvin sign", head("Transfer-Encoding: chun\u212aed"), 501},
	{"§6.1 vertical tab", head("Transfer-Encoding: \vchunked"), 400},
	{"§6.1 in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"§6.1 in HTTP/1.0, with Content-Length", "GET / HTTP/1.0\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"§6.1 with Content-Length", head("Transfer-Encoding: chunked", "Content-Length: 1"), 400},
	{"§6.1 with Content-Length 0", head("Content-Length: 0", "Transfer-Encoding: chunked"), 400},
	{"§6.1 with Content-Length", head("Content-Length: 1", "Transfer-Encoding: chunked"), 400},
	{"§6.1 chunked twice", head("Transfer-Encoding: chunked, chunked"), 400},
	{"§6.1 chunked twice", head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400},
	{"§6.3 chunked not last", head("Transfer-Encoding: chunked, gzip"), 400},
	{"§6.1 empty", head("Transfer-Encoding:"), 400},
	{"RFC 9110 §5.6.1 empty element after chunked", head("Transfer-Encoding: chunked,"), 400},
	{"RFC 9110 §5.6.1 empty element after chunked", head("Transfer-Encoding: chunked ,\t"), 400},
	{"RFC 9110 §5.6.1 empty element before chunked", head("Transfer-Encoding: , chunked"), 400},
	{"RFC 9110 §5.6.1 empty elements around chunked", head("Transfer-Encoding: ,,chunked,,"), 400},
	{"RFC 9110 §5.6.1 empty elements before chunked", head("Transfer-Encoding:\t,\t, chunked"), 400},
	{"RFC 9110 §5.6.1 only empty elements", head("Transfer-Encoding: ,"), 400},
	{"RFC 9110 §5.6.1 empty element after another coding", head("Transfer-Encoding: gzip,"), 400},
	{"RFC 9110 §5.6.1 empty element between codings", head("Transfer-Encoding: gzip,, chunked"), 400},
	{"RFC 9110 §5.6.1 empty line before chunked", head("Transfer-Encoding:", "Transfer-Encoding: chunked"), 400},
	{"RFC 9110 §5.6.1 empty line after chunked", head("Transfer-Encoding: chunked", "Transfer-Encoding:"), 400},
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	for _, c := range statusCases {
		for _, piece := range []int{len(c.head), 1, 3} {
			end, status := parseAll([]byte(c.head), piece, new(Request))
			if status != c.status || status == 0 && end != len(c.head) {
				t.Errorf("%s: pieces of %d: end %d, status %d, want %d, of %.100q", c.rfc, piece, end, status, c.status, c.head)
			}
		}
	}
}

func TestEqualFold(t *testing.T) {
	for _, c := range []struct {
		b, lower string
		want     bool
	}{
		{"Chunked", "chunked", true}, {"", "", true}, {"chunke", "chunked", false},
		{"chun\u212aed", "chunked", false}, {"[::1]", "[::1]", true}, {"{::1}", "[::1]", false},
		{"A_b-9.~", "a_b-9.~", true}, {"a\x0d", "a-", false}, {"\xc4", "\xe4", false},
	} {
		if got := EqualFold([]byte(c.b), c.lower); got != c.want {
			t.Errorf("EqualFold(%q, %q) is %v", c.b, c.lower, got)
		}
	}
}

// RFC 9112 §9.3.
func TestKeepAlive(t *testing.T) {
	for _, c := range []struct {
		fields   string
		v10, v11 bool
	}{
		{"", false, true},
		{"connection: Keep-Alive\r\n", true, true},
		{"Connection: close\r\n", false, false},
		{"Connection: a ,\tCLOSE\t, b\r\n", false, false},
		{"Connection: a,, b,keep-alive\r\n", true, true},
		{"Connection: close, keep-alive\r\n", false, false},
		{"Connection: keep-alive\r\nConnection: close\r\n", false, false},
		{"Connection: close\r\nConnection: keep-alive\r\n", false, false},
		{"Connection: closed, no-close\r\n", false, true},
	} {
		for version, want := range map[string]bool{"1.0": c.v10, "1.1": c.v11, "1.2": c.v11} {
			var r Request
			_, status := parseAll([]byte("GET / HTTP/"+version+"\r\nHost: a\r\n"+c.fields+"\r\n"), 1, &r)
			if status != 0 || r.KeepAlive != want {
				t.Errorf("HTTP/%s with %q: status %d, keep-alive %v", version, c.fields, status, r.KeepAlive)
			}
		}
	}
}

func TestFieldsOfTheBody(t *testing.T) {
	for _, c := range []struct {
		head          string
		contentLength int64
		chunked, body bool
		expect        bool
	}{
		{head("A: b"), -1, false, false, false},
		{head("Content-Length: 0", "Expect: 100-continue"), 0, false, false, true},
		{head("CONTENT-LENGTH: 0012"), 12, false, true, false},
		{head("Transfer-Encoding: chunked", "Expect: 100-Continue"), -1, true, true, true},
		{head("Expect: 200-ok"), -1, false, false, false},
		{head("Expect: a, 100-continue"), -1, false, false, true}, // a list: RFC 9110 §10.1.1
		{head("Expect: a", "EXPECT:\t100-CONTINUE", "Expect: b"), -1, false, false, true},
		{head("Expect: 100-continue;a"), -1, false, false, false},
		{head("Expect:"), -1, false, false, false},
		{"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", -1, false, false, false}, // RFC 9110 §10.1.1
	} {
		var r Request
		_, status := parseAll([]byte(c.head), 1, &r)
		if status != 0 || r.ContentLength != c.contentLength || r.chunked != c.chunked ||
			r.HasBody() != c.body || r.ExpectContinue != c.expect {
			t.Errorf("%q: status %d, %+v", c.head, status, r)
		}
	}
}

const typicalHead = "GET /static/css/main.css?v=3 HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
	"Accept: text/css,*/*;q=0.1\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n" +
	"Connection: keep-alive\r\nReferer: http://www.example.com/\r\nPragma: no-cache\r\n\r\n"

func TestParsingDoesNotAllocate(t *testing.T) {
	b := []byte(typicalHead)
	var r Request
	if n := testing.AllocsPerRun(100, func() {
		if end, status := parseAll(b, 64, &r); end != len(b) || status != 0 {
			t.Fatal(end, status)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRequest(b *testing.B) {
	for name, s := range map[string]string{"short": head("Accept: */*"), "browser": typicalHead} {
		b.Run(name, func(b *testing.B) {
			head := []byte(s)
			var r Request
			b.SetBytes(int64(len(head)))
			b.ReportAllocs()
			for b.Loop() {
				if end, status := parseAll(head, len(head), &r); end != len(head) || status != 0 {
					b.Fatal(end, status)
				}
			}
		})
	}
}
