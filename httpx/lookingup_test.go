package httpx

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aws/backend/simio"
	"aws/httpx/files"
	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// cold makes every look-up wait for a goroutine, and each of those for some time.
var cold = simio.Probabilities{ColdLookUp: 1, SlowLookUp: 1}

// coldSetup serves index files, sidecars, an error page and listings, none of which
// the kernel knows.
func coldSetup(t *testing.T, p simio.Probabilities) setup {
	root := httpxtest.Tree(t, map[string]int{
		"static/a": 10, "static/b": 20_000, "static/b.gz": 300, "dynamic/a": 300_000,
		"static/sub/second.html": 40, "static/many/x": 1, "static/404.html": 50,
	})
	return setup{root: root, trouble: p, adjust: func(c *Config) {
		s := &c.Sites[0]
		s.Index, s.Autoindex, s.Precompressed = []string{"first.html", "second.html"}, true, []string{"gzip"}
		s.ErrorPages = []site.ErrorPage{{Status: 404, Path: "/static/404.html"}}
		s.Try = []string{"$path", "$path.html"}
	}}
}

var coldRequests = []struct {
	path, fields string
	status, size int // of the body; -1 is not known in advance
}{
	{"/static/a", "", 200, 10},
	{"/static/b", "Accept-Encoding: gzip\r\n", 200, 300},
	{"/static/b", "", 200, 20_000},
	{"/dynamic/a", "", 200, 300_000},
	{"/dynamic/a", "Range: bytes=5-9\r\n", 206, 5},
	{"/static/sub/", "", 200, 40},
	{"/static/many/", "", 200, -1},
	{"/static/none", "", 404, 50},
	{"/static/sub", "", 301, -1},
}

// However many look-ups a request needs, and however long each takes, it gets the
// same response, alone and pipelined.
func TestLookUpsThatWait(t *testing.T) {
	for seed := range uint64(8) {
		s := coldSetup(t, cold)
		s.seed = seed
		if seed > 3 {
			s.trouble.ColdLookUp, s.trouble.ShortSend, s.trouble.ShortRecv, s.trouble.Late = 0.5, 0.5, 0.5, 0.5
		}
		h := s.open(t)
		var all strings.Builder
		for _, r := range coldRequests {
			request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", r.path, r.fields)
			all.WriteString(request)
			checkCold(t, r.path, h.response(h.dial(request)), r.status, r.size)
		}
		for i, a := range h.responses(h.dial(all.String()), len(coldRequests)) {
			r := coldRequests[i]
			checkCold(t, "pipelined "+r.path, a, r.status, r.size)
		}
		body := h.response(h.dial("GET /static/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"))
		checkCold(t, "with a body", body, 200, 10)
		h.end()
	}
}

func checkCold(t *testing.T, what string, a parsedResponse, status, size int) {
	t.Helper()
	if a.status != status || size >= 0 && len(a.body) != size {
		t.Errorf("%s: status %d with %d bytes, want %d with %d", what, a.status, len(a.body), status, size)
	}
}

// A look-up that fails is an error that says so, never 404, and no other request
// suffers from it.
func TestLookUpsThatFail(t *testing.T) {
	for seed := range uint64(20) {
		p := cold
		p.FailLookUp = 0.3
		s := coldSetup(t, p)
		s.seed = seed
		h := s.open(t)
		for _, r := range coldRequests {
			a := h.response(h.dial(fmt.Sprintf("GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", r.path, r.fields)))
			failed := slices.Contains([]int{403, 500, 503}, a.status)
			spared := r.path == "/static/b" && a.status == 200 && len(a.body) == 20_000 // its sidecar was not found
			plain := r.status == 404 && a.status == 404 && bytes.Equal(a.body, []byte("404 Not Found\n"))
			if !failed && !spared && !plain {
				checkCold(t, r.path, a, r.status, r.size)
			}
		}
		h.end()
	}
}

// Who waits for a look-up too long gets 503, and the responses before it. Clients
// that go away meanwhile leave nothing behind.
func TestLookUpsThatNeverEnd(t *testing.T) {
	s := coldSetup(t, simio.Probabilities{ColdLookUp: 1})
	s.adjust = func(adjust func(*Config)) func(*Config) {
		return func(c *Config) { adjust(c); c.LookUpTimeout = 10 * time.Millisecond }
	}(s.adjust)
	h := s.open(t)
	stuck := make(chan struct{})
	h.config.trouble.Fault = func() *files.Fault { return &files.Fault{Wait: func() { <-stuck }} }
	var waiting []*client
	for i := range 6 {
		waiting = append(waiting, h.dial(get(fmt.Sprint("/static/none", i))))
	}
	gone := h.dial(get("/static/gone"))
	h.until("a look-up", func() bool { return h.files.Calling() })
	gone.peer.Close()
	gone.over = true
	for _, c := range waiting {
		if a := h.response(c); a.status != 503 || !a.close {
			t.Errorf("status %d, closing %v", a.status, a.close)
		}
	}
	close(stuck)
	h.end()
}
