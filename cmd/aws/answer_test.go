// Whole answers, with their heads and trailers, as curl receives them.
// fetch_test.go has the fetches that only want a file.

package main_test

import (
	"bufio"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// outputOf runs a tool and returns what it writes to stdout. The tool must not
// fail.
func outputOf(t *testing.T, tool string, args ...string) []byte {
	t.Helper()
	out, err := children.Command(t, tool, args...).Output()
	if err != nil {
		t.Fatalf("%s %q: %v", tool, args, err)
	}
	return out
}

// answer is an answer as curl shows it: the head as it came, and the body
// without transfer coding, decoded if curl was asked to.
type answer struct {
	status  int
	header  http.Header
	trailer http.Header
	body    []byte
	heads   int // how many answers there were, redirects included
}

// curl fetches a path.
func (s *server) curl(t *testing.T, path string, args ...string) (a answer) {
	t.Helper()
	dump := filepath.Join(t.TempDir(), "head")
	args = append(args, "--noproxy", "*", "--silent", "--show-error", "--globoff", "--dump-header", dump, s.url(path))
	a.body = outputOf(t, "curl", args...)
	f, err := os.Open(dump)
	must(t, err)
	defer f.Close()
	in := textproto.NewReader(bufio.NewReader(f))
	for {
		line, err := in.ReadLine()
		if err != nil {
			return a
		}
		version, status, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(version, "HTTP/") { // curl writes trailer fields after the head
			name, value, _ := strings.Cut(line, ": ")
			a.trailer = http.Header{textproto.CanonicalMIMEHeaderKey(name): {value}}
			continue
		}
		a.heads++
		a.status, err = strconv.Atoi(strings.TrimSpace(status[:min(3, len(status))]))
		must(t, err)
		header, err := in.ReadMIMEHeader()
		must(t, err)
		a.header = http.Header(header)
	}
}

// want wants a status and a body.
func (a answer) want(t *testing.T, status int, body string) {
	t.Helper()
	if a.status != status || string(a.body) != body {
		t.Errorf("%d with %d bytes, %.60q; want %d with %d bytes, %.60q", a.status, len(a.body), a.body, status, len(body), body)
	}
}

// wantField wants a value of a field, "" for none.
func (a answer) wantField(t *testing.T, name, want string) {
	t.Helper()
	if got := a.header.Get(name); got != want {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}
