// Fetches with curl and wget that look at more than the body. fetch_test.go
// has those that want a whole file and nothing else.

package main_test

import (
	"bufio"
	"context"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// outputOf runs a tool to its end and returns what it writes to stdout. It may not
// fail.
func outputOf(t *testing.T, tool string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, args...)
	var complaint output
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", tool, args, err, &complaint)
	}
	return out
}

// answer is what curl makes of an answer: the head as it came, and the body
// as curl hands it on.
type answer struct {
	status  int
	header  http.Header
	trailer http.Header
	body    []byte
	heads   int // of redirects that were followed, and of this answer
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
		if !strings.HasPrefix(version, "HTTP/") { // curl puts trailer fields behind the head
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

// want holds the answer to a status and a body.
func (a answer) want(t *testing.T, status int, body string) {
	t.Helper()
	if a.status != status || string(a.body) != body {
		t.Errorf("%d with %d bytes, %.60q; want %d with %d bytes, %.60q", a.status, len(a.body), a.body, status, len(body), body)
	}
}

// wantField holds the answer to a field, "" for none.
func (a answer) wantField(t *testing.T, name, want string) {
	t.Helper()
	if got := a.header.Get(name); got != want {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}
