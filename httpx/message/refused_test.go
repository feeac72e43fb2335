package message

import (
	"strings"
	"testing"
)

// What can be read of a head that is refused is read, whatever surrounds it.
func TestGlean(t *testing.T) {
	for _, c := range []struct{ head, host, accept, origin string }{
		{"GET / HTTP/1.1\r\nHost: a:1\r\nAccept: text/html\r\nOrigin: https://b\r\n\r\n", "a", "text/html", "https://b"},
		{"GET /\nhost:a\nACCEPT:x\n\n", "a", "x", ""},
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nAccept: x\r\nAccept: y\r\n", "a", "x", ""},
		{"GET / HTTP/1.1\r\nHost: a/b\r\nHost: c\r\n", "c", "", ""},
		{"GET / HTTP/1.1\r\nHost: a\r\nAccept: tex", "a", "", ""}, // its end is yet to come
		{"GET / HTTP/1.1\r\n: x\r\nnothing\r\n\x00\xff: y\r\nHost: b\r\n\r\nAccept: late\r\n", "b", "", ""},
		{"Host: a\r\n\r\n", "", "", ""},
		{"", "", "", ""},
		{"\n\n\n\r\r\n:\n", "", "", ""},
		{"\r\n\r\nGET /\r\nHost: a\r\n\r\n", "a", "", ""},
		{"GET /\r\n\r\nHost: late\r\n\r\n", "", "", ""},
		{strings.Repeat("a", 3*MaxHead), "", "", ""},
	} {
		r := Request{Host: []byte("stale")}
		Glean([]byte(c.head), &r)
		if string(r.Host) != c.host || string(r.accept.first) != c.accept || string(r.Origin()) != c.origin || r.HasBody() || r.Method != MethodUnknown {
			t.Errorf("%.60q: host %q, accept %q, origin %q", c.head, r.Host, r.accept.first, r.Origin())
		}
	}
}

// Browsers prefer HTML when somebody looks; programs that take anything do not.
func TestPrefersHTML(t *testing.T) {
	for accept, want := range map[string][2]bool{ // whether HTML is preferred to text, and whether it is a navigation
		"":    {false, false},
		"*/*": {false, false},
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8": {true, true},
		"TEXT/HTML":                       {true, true},
		"text/*":                          {true, true},
		"text/html;q=0":                   {false, false},
		"text/html;q=0.1, text/plain":     {false, true},
		"text/plain, text/html":           {true, true},
		"text/plain, text/*":              {false, true},
		"text/plain;q=0.5, text/html":     {true, true},
		"application/json":                {false, false},
		"application/json, text/html;q=1": {true, true},
		"image/avif,image/webp,*/*;q=0.8": {false, false},
		"text/html;q=x":                   {false, false},
		"*/*, text/html;q=0":              {false, false},
	} {
		for field, mode := range map[string]bool{"": true, "Sec-Fetch-Mode: navigate\r\n": true, "Sec-Fetch-Mode: cors\r\n": false, "sec-fetch-mode:\r\n": false} {
			r := &Request{}
			if _, status := new(HeadScan).Next([]byte("GET / HTTP/1.1\r\nHost: a\r\nAccept: "+accept+"\r\n"+field+"\r\n"), r); status != 0 {
				t.Fatal(status)
			}
			if got := r.PrefersHTML(); got != want[0] {
				t.Errorf("%q: HTML %v", accept, got)
			}
			if got := r.IsNavigation(); got != (want[1] && mode) {
				t.Errorf("%q, %q: navigation %v", accept, field, got)
			}
		}
	}
	r := &Request{}
	new(HeadScan).Next([]byte("GET / HTTP/1.1\r\nHost: a\r\nAccept: a/b\r\nAccept: text/html\r\n\r\n"), r)
	if !r.PrefersHTML() || !r.IsNavigation() {
		t.Error("the second line of Accept does not count")
	}
}
