package message

import (
	"strings"
	"testing"
)

func TestHostIsHeldToItsGrammar(t *testing.T) {
	for host, ok := range map[string]bool{
		"": true, "a": true, "a.b-c_d~:8080": true, "a:": true, "192.0.2.1": true, "%C3%A4.example": true,
		"[::1]": true, "[2001:db8::1]:80": true, "[::ffff:192.0.2.1]:": true, "a!$&'()*+,;=": true,
		"[v1.a]": true, "[V1F.a:b-c~!$]:80": true, "[vF.:]:": true,
		"[v.a]": false, "[v1.]": false, "[v1]": false, "[1.a]": false, "[vg.a]": false, "[v1.a/b]": false, "[v1.a[]": false,
		"[v1.%41]": false, "[v1.\u00e4]": false, "[v1.a": false, "[v1.a]b": false, "[v1.a b]": false, "v1.a:b": false,
		":80": false, "a:b": false, "a:1:2": false, "a b": false, "a/b": false, "u@a": false, "%": false,
		"%4": false, "%zz": false, "[]": false, "[": false, "[::1": false, "[::1]a": false, "[::1]80": false,
		"[192.0.2.1]": false, "[fe80::1%25eth0]": false, "::1": false, "a,b\\": false, "\u00e4": false,
	} {
		status := 400
		if ok {
			status = 0
		}
		if _, got := parseAll([]byte("GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n"), 1, new(Request)); got != status {
			t.Errorf("Host %q: status %d, want %d", host, got, status)
		}
	}
}

func TestTargetsOfEachForm(t *testing.T) {
	for _, c := range []struct {
		line, path, query string
		Method            Method
	}{
		{"GET / HTTP/1.1", "/", "", MethodGet},
		{"HEAD /a%20b?c=d?e HTTP/1.1", "/a%20b", "c=d?e", MethodHead},
		{"get //a//b HTTP/1.1", "//a//b", "", MethodUnknown},
		{"GET http://h HTTP/1.1", "/", "", MethodGet},
		{"GET http://h?q HTTP/1.1", "/", "q", MethodGet},
		{"GET HTTP://[::1]:1/a/?q HTTP/1.1", "/a/", "q", MethodGet},
		{"OPTIONS * HTTP/1.1", "*", "", MethodOptions},
		{"OPTIONS /a?b HTTP/1.1", "/a", "b", MethodOptions},
		{"Options /a HTTP/1.1", "/a", "", MethodUnknown}, // RFC 9110 §9.1
		{"TRACE /a HTTP/1.1", "/a", "", MethodOther},
		{"CONNECT h:1 HTTP/1.1", "h:1", "", MethodOther},
		{"PATCH /a HTTP/1.1", "/a", "", MethodOther},
	} {
		var r Request
		_, status := parseAll([]byte(line(c.line)), 1, &r)
		if status != 0 || string(r.Path) != c.path || string(r.Query) != c.query || r.Method != c.Method {
			t.Errorf("%s: status %d, path %q, query %q, method %d", c.line, status, r.Path, r.Query, r.Method)
		}
	}
}

// RFC 9112 §3.2.2, §3.3.
func TestHostOfTheTargetWins(t *testing.T) {
	for _, c := range []struct{ target, field, want string }{
		{"/", "a", "a"},
		{"/", "A.b:8080", "A.b"},
		{"/", "[::1]:80", "[::1]"},
		{"/", "a:", "a"},
		{"/", "", ""},
		{"http://b/", "a", "b"},
		{"http://b:81", "a:80", "b"},
		{"HTTP://[2001:DB8::1]:1?q", "a", "[2001:DB8::1]"},
		{"http://b/", "", "b"},
		{"http://[v1.A:b]:80/", "a", "[v1.A:b]"},
	} {
		var r Request
		_, status := parseAll([]byte("GET "+c.target+" HTTP/1.1\r\nHost: "+c.field+"\r\n\r\n"), 1, &r)
		if status != 0 || r.Host == nil || string(r.Host) != c.want || !EqualFold(r.Host, strings.ToLower(c.want)) {
			t.Errorf("%s with Host %q: status %d, host %q, want %q", c.target, c.field, status, r.Host, c.want)
		}
	}
	var r Request
	if _, status := parseAll([]byte("GET / HTTP/1.0\r\n\r\n"), 1, &r); status != 0 || r.Host != nil {
		t.Errorf("without either: status %d, host %q", status, r.Host)
	}
}
