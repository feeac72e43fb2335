package httpx

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"aws/backend/simio"
	"aws/httpx/files"
	"aws/httpx/httpxtest"
	"aws/httpx/message"
	"aws/httpx/site"
)

// refusedRequests bring every error that a client alone can bring about.
var refusedRequests = []struct {
	request string
	status  int
}{
	{"GET /static/a HTTP/1.1\r\nHost: HOST\r\nA : b\r\n\r\n", 400},
	{"GET /static/a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"GET /static/a HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab", 400},
	{"GET /static/%zz HTTP/1.1\r\nHost: HOST\r\n\r\n", 400},
	{"GET /static/none HTTP/1.1\r\nHost: HOST\r\n\r\n", 404},
	{"DELETE /static/a HTTP/1.1\r\nHost: HOST\r\n\r\n", 405},
	{"GET /static/a HTTP/1.1\r\nHost: HOST\r\nA: ", 408},
	{"GET /static/a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\n\r\n1", 408},
	{"GET /static/a HTTP/1.1\r\nHost: HOST\r\nIf-Match: \"x\"\r\n\r\n", 412},
	{"GET /" + strings.Repeat("a", message.MaxTarget) + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 414},
	{"GET /static/a HTTP/1.1\r\nHost: HOST\r\nRange: bytes=99-\r\n\r\n", 416},
	{"GET /static/a HTTP/1.1\r\nHost: HOST\r\n" + strings.Repeat("A: b\r\n", message.MaxFields) + "\r\n", 431},
	{"GET /static/a HTTP/1.1\r\nHost: HOST\r\nA: " + strings.Repeat("a", 2*message.MaxHead), 431},
	{"BREW /static/a HTTP/1.1\r\nHost: HOST\r\n\r\n", 501},
	{"GET /static/a HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
	{"GET /static/a HTTP/3.0\r\nHost: HOST\r\n\r\n", 505},
}

// pageSize is the size of the page for an error: each has another.
func pageSize(status int, second bool) int {
	if second {
		status += 1000
	}
	return status
}

// errorSites are two sites with a page for every error, none for others.
func errorSites(t *testing.T) (root string, adjust func(*Config)) {
	sizes := map[string]int{"static/a": 10, "dynamic/big": 300_000}
	var pages [2][]site.ErrorPage
	for _, r := range refusedRequests {
		for i := range pages {
			path := fmt.Sprintf("/static/%d-%d.html", i, r.status)
			sizes[path[1:]] = pageSize(r.status, i == 1)
			pages[i] = append(pages[i], site.ErrorPage{Status: r.status, Path: path})
		}
	}
	root = httpxtest.Tree(t, sizes)
	return root, func(c *Config) {
		first := c.Sites[0]
		first.Root, first.ErrorPages = root, pages[0]
		second := first
		second.Hosts, second.ErrorPages = []string{"second"}, pages[1]
		c.Sites = []site.Config{first, second}
	}
}

// Every error has its page: that of the site that the request names, as far as it can
// be read. It is looked up as any file is, and the connection ends as without one.
func TestErrorsHavePages(t *testing.T) {
	root, adjust := errorSites(t)
	for seed := range uint64(3) {
		s := setup{root: root, seed: seed, adjust: adjust}
		if seed > 0 {
			s.trouble = cold
		}
		h := s.open(t)
		for _, r := range refusedRequests {
			for _, host := range []string{"first", "second"} {
				request := strings.ReplaceAll(r.request, "HOST", host)
				size := pageSize(r.status, host == "second")
				wantErrorPage(t, h, "GET", request, r.status, size)
				if head, ok := strings.CutPrefix(request, "GET "); ok && r.status != 416 { // HEAD has no ranges
					wantErrorPage(t, h, "HEAD", "HEAD "+head, r.status, size)
				}
			}
		}
		h.end()
	}
}

func wantErrorPage(t *testing.T, h *harness, method, request string, status, size int) {
	t.Helper()
	c := h.dial(get("/static/a") + request)
	var all []parsedResponse
	h.until("a refusal", func() (ok bool) {
		var err error
		all, _, err = parseResponses(c.got, "GET", method)
		return err == nil
	})
	a := all[1]
	sent := size
	if method == "HEAD" {
		sent = 0
	}
	if a.status != status || len(a.body) != sent || a.header.Get("Content-Length") != fmt.Sprint(size) {
		t.Errorf("%.60q: %d with %d bytes of %s, want %d with %d", request, a.status, len(a.body), a.header.Get("Content-Length"), status, size)
	}
	if got := a.header.Get("Content-Range"); (got == "bytes */10") != (status == 416) {
		t.Errorf("%.60q: Content-Range %q", request, got)
	}
	if got := a.header.Get("Allow"); (got != "") != (status == 405) {
		t.Errorf("%.60q: Allow %q", request, got)
	}
	if got := a.header["Cache-Control"]; len(got) != 1 || got[0] != "no-store" {
		t.Errorf("%.60q: Cache-Control %q", request, got)
	}
	for _, name := range []string{"ETag", "Last-Modified", "Accept-Ranges"} {
		if got := a.header.Get(name); got != "" {
			t.Errorf("%.60q: %s %q, which would be the page's own", request, name, got)
		}
	}
	c.peer.Close()
	c.over = true
}

// Without a page of the site's, browsers get one of ours and others a line of text,
// also where nothing but the start of a head has come.
func TestErrorsWithoutPages(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, map[string]int{"static/a": 10})}.open(t)
	for _, r := range refusedRequests {
		for accept, html := range map[string]bool{"text/html, */*;q=0.8": true, "*/*": false, "text/html;q=0.5, text/plain": false} {
			start, rest, _ := strings.Cut(r.request, "\r\n")
			request := start + "\r\nAccept: " + accept + "\r\n" + rest
			a := h.response(h.dial(request))
			text := fmt.Sprintf("%d %s\n", r.status, message.StatusText(r.status))
			isPage := bytes.Contains(a.body, []byte("<title>"+strings.TrimSpace(text)+"</title>"))
			if a.status != r.status || isPage != html || !html && string(a.body) != text || a.header.Get("Vary") != "Accept" ||
				(a.header.Get("Content-Security-Policy") != "") != html {
				t.Errorf("%s: %.60q: %d, %q, %.200q", accept, request, a.status, a.header, a.body)
			}
		}
	}
	h.end()
}

// A page whose file system does not answer is replaced by a text, in time.
func TestErrorPageThatNeverComes(t *testing.T) {
	root, adjust := errorSites(t)
	h := setup{root: root, trouble: simio.Probabilities{ColdLookUp: 1}, adjust: func(c *Config) {
		adjust(c)
		c.LookUpTimeout = 10 * time.Millisecond
	}}.open(t)
	stuck := make(chan struct{})
	h.config.trouble.Fault = func() *files.Fault { return &files.Fault{Wait: func() { <-stuck }} }
	var waiting []*client
	for _, r := range refusedRequests {
		if r.status != 408 && r.status != 412 && r.status != 416 && r.status != 404 { // those look for the file first, or time out themselves
			c := h.dial(strings.Replace(r.request, "/static/a", "/nowhere", 1))
			waiting = append(waiting, c)
			a := h.response(c)
			plain := fmt.Sprintf("%d %s\n", a.status, message.StatusText(a.status))
			if a.status != r.status && a.status != 503 || string(a.body) != plain {
				t.Errorf("%.60q: %d with %q", r.request, a.status, a.body)
			}
		}
	}
	gone := h.dial("GET / HTTP/1.1\r\nHost: first\r\nA : b\r\n\r\n")
	h.until("a look-up", func() bool { return h.files.Calling() })
	gone.peer.Close()
	gone.over = true
	close(stuck)
	h.end()
	if len(waiting) == 0 {
		t.Fatal("nobody waited")
	}
}

// Once memory is used up no page is looked for.
func TestNoErrorPageWithoutMemory(t *testing.T) {
	root, adjust := errorSites(t)
	s := withMemory(root, leastBudget, 8, &bytes.Buffer{})
	inner := s.adjust
	s.adjust = func(c *Config) { inner(c); adjust(c) }
	h := s.open(t)
	h.memory.held.used.Add(h.memory.all)
	h.countMemory(false)
	a := h.response(h.dial("GET / HTTP/1.1\r\nHost: first\r\nA : b\r\n\r\n"))
	if a.status != 400 || string(a.body) != "400 Bad Request\n" {
		t.Errorf("%d with %q", a.status, a.body)
	}
	h.memory.held.used.Add(-h.memory.all)
	h.end()
}

// A page that cannot be read is replaced by a text, once: an error never brings about
// another look for a page.
func TestErrorPageThatFails(t *testing.T) {
	for path, status := range map[string]int{"/dynamic/none": 404, "/dynamic/a": 200} {
		root := httpxtest.Tree(t, map[string]int{"dynamic/page.html": 3000, "dynamic/a": 3000})
		h := setup{root: root, adjust: func(c *Config) {
			c.Sites[0].ErrorPages = []site.ErrorPage{{Status: 404, Path: "/dynamic/page.html"}, {Status: 500, Path: "/dynamic/page.html"}}
		}}.open(t)
		c := h.dial(get(path))
		for _, name := range []string{"a", "page.html"} {
			if status == 404 && name == "a" {
				continue
			}
			h.until("a read", func() bool { return h.readsInFlight() > 0 })
			if err := os.Truncate(root+"/dynamic/"+name, 0); err != nil {
				t.Fatal(err)
			}
			h.until("its end", func() bool {
				return h.readsInFlight() == 0 || h.bodies.at(0).file != none && h.files.Name(h.bodies.at(0).file) != "dynamic/"+name
			})
		}
		a := h.response(c)
		if a.status != 500 || string(a.body) != "500 Internal Server Error\n" || !a.close {
			t.Errorf("%s: %d with %q", path, a.status, a.body)
		}
		h.end()
	}
}

// The longest error fits the buffer: with all fields that an operator may add, and a
// page.
func TestLongestErrorFits(t *testing.T) {
	origin, err := site.ParseOrigin("https://" + strings.Repeat("a", 290))
	if err != nil {
		t.Fatal(err)
	}
	config := site.Config{Root: httpxtest.Tree(t, map[string]int{"static/a": 10}), Mounts: site.DefaultMounts(), SecureHeaders: true, CORS: site.Origins{origin}}
	for n := site.MaxHeaders; ; n-- {
		rule, err := site.ParseHeaderRule("always *: A: " + strings.Repeat("x", n))
		if err != nil {
			t.Fatal(err)
		}
		if config.Headers = []site.HeaderRule{rule}; config.Check() == nil {
			break
		}
	}
	h := setup{adjust: func(c *Config) { c.Sites = []site.Config{config} }}.open(t)
	for _, r := range refusedRequests {
		line, rest, _ := strings.Cut(r.request, "\r\n")
		a := h.response(h.dial(line + "\r\nAccept: text/html\r\nOrigin: " + string(origin) + "\r\n" + rest))
		if a.status != r.status || a.header.Get("Access-Control-Allow-Origin") != string(origin) || !bytes.HasPrefix(a.body, []byte("<!DOCTYPE")) {
			t.Errorf("%d: %q with %.40q", a.status, a.header, a.body)
		}
	}
	h.end()
}
