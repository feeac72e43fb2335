package message

import (
	"strings"
	"testing"
)

// Each reason for a refusal has a name and a status of its own, and is told of a head
// that deserves it.
func TestRefusals(t *testing.T) {
	heads := map[Refusal][]string{
		NotHTTP:       {"\x16\x03\x01", "(GET / HTTP/1.1"},
		BadLine:       {line("GET /"), line("GET / HTTP/1"), line("GET / http/1.1"), line("G{T / HTTP/1.1")},
		BadVersion:    {line("PRI * HTTP/2.0")},
		BadTarget:     {line("GET a HTTP/1.1"), line("GET  HTTP/1.1"), line("GET /# HTTP/1.1"), line("CONNECT a HTTP/1.1")},
		LongTarget:    {line("GET /" + strings.Repeat("a", MaxTarget) + " HTTP/1.1"), "GET /" + strings.Repeat("a", maxRequestLine)},
		ControlByte:   {"GET / HTTP/1.1\n", head("A: \x00")},
		BadField:      {head("A"), head(": b"), head("A : b"), head("A: b", " c")},
		BadHost:       {"GET / HTTP/1.1\r\n\r\n", head("Host: a"), "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
		BadLength:     {head("Content-Length: x"), head("Content-Length: 1", "Content-Length: 1"), head("Content-Length: 9223372036854775808")},
		BadCoding:     {head("Transfer-Encoding: chunked, a"), head("Transfer-Encoding: chunked", "Content-Length: 1")},
		UnknownCoding: {head("Transfer-Encoding: gzip")},
		LongHead:      {head("A: " + strings.Repeat("b", MaxHead))},
		ManyFields:    {head(strings.Repeat("A: b\r\n", MaxFields))},
	}
	names := map[string]bool{}
	for why := NotRefused + 1; why < Refusals; why++ {
		if name := why.String(); name == "" || names[name] || why.Status() < 400 {
			t.Errorf("refusal %d: name %q, status %d", why, name, why.Status())
		} else {
			names[name] = true
		}
		if len(heads[why]) == 0 {
			t.Errorf("no head is refused for %v", why)
		}
		for _, h := range heads[why] {
			var s HeadScan
			if _, got := s.Next([]byte(h), new(Request)); got != why {
				t.Errorf("%.100q is refused for %q, want %q", h, got, why)
			}
		}
	}
}
