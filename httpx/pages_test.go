package httpx

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aws/backend/simio"
	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// paged configures a site with these pages, beside files.
func paged(t *testing.T, pages ...site.Page) setup {
	return setup{root: httpxtest.Tree(t, connFiles), adjust: func(c *Config) { c.Sites[0].Pages = pages }}
}

// says is a page that says something, with a status.
func says(status int, text string) func(site.PageWriter) error {
	return func(w site.PageWriter) error {
		w.SetStatus(status)
		_, err := w.Write([]byte(text + w.Query()))
		return err
	}
}

// A page arrives whole with its status and its type, in both versions of HTTP and
// despite faults. HEAD gets the same status without the page.
func TestPageArrivesWhole(t *testing.T) {
	long := strings.Repeat("0123456789", 70_000)
	pages := []site.Page{
		{Path: "/short", Type: "text/plain", Make: says(0, "short ")},
		{Path: "/red", Type: "text/plain", Make: says(403, "draining ")},
		{Path: "/empty", Type: "text/html", Make: says(200, "")},
		{Path: "/long", Type: "text/plain", Make: says(200, long)},
		{Path: "/static/small", Type: "text/plain", Make: says(200, "over a file ")},
		{Path: "/any/*", Type: "text/plain", Make: says(403, "for others ")},
	}
	for seed, trouble := range []simio.Probabilities{{}, unkind, unkind} {
		s := paged(t, pages...)
		s.seed, s.trouble = uint64(seed), trouble
		h := s.open(t)
		for _, c := range []struct {
			target, want string
			status       int
		}{
			{"/short", "short ", 200}, {"/short?a=b&c", "short a=b&c", 200}, {"/red", "draining ", 403}, {"/empty", "", 200},
			{"/long", long, 200}, {"/static/small", "over a file ", 200}, {"/any/thing?x", "for others x", 403},
		} {
			for _, request := range []string{"GET %s HTTP/1.1", "GET %s HTTP/1.0", "HEAD %s HTTP/1.1", "HEAD %s HTTP/1.0"} {
				client := h.dial(fmt.Sprintf(request, c.target) + "\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
				method, _, _ := strings.Cut(request, " ")
				if strings.HasSuffix(request, "1.0") {
					h.until("the end", func() bool { return client.err != nil })
				}
				h.until("a response", func() bool {
					all, _, err := parseResponses(client.got, method)
					return err == nil && len(all) == 1
				})
				all, rest, _ := parseResponses(client.got, method)
				a, want := all[0], c.want
				if method == "HEAD" {
					want = ""
				}
				if a.status != c.status || string(a.body) != want || len(rest) > 0 {
					t.Errorf(request+": status %d, %d bytes, and %d bytes after them", c.target, a.status, len(a.body), len(rest))
				}
				if a.header.Get("Content-Type") == "" || a.header.Get("X-Content-Type-Options") != "nosniff" || (c.target != "/long") != (a.header.Get("Content-Length") != "") {
					t.Errorf(request+": %v", c.target, a.header)
				}
			}
		}
		h.end()
	}
}

// Nothing but GET and HEAD has a page made, and its response comes in its turn.
func TestPageAmongOtherRequests(t *testing.T) {
	h := paged(t, site.Page{Path: "/page", Type: "text/plain", Make: says(403, "page")}).open(t)
	c := h.dial(get("/static/small") + get("/page") + get("/none") + get("/page") + get("/static/small"))
	for i, want := range []int{200, 403, 404, 403, 200} {
		if a := h.responses(c, 5)[i]; a.status != want {
			t.Errorf("response %d: status %d, want %d", i, a.status, want)
		}
	}
	a := h.response(h.dial("POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"))
	if a.status != 405 || a.header.Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("POST: status %d, %v", a.status, a.header)
	}
	h.end()
}

// A page that fails is a 500 while nothing of it has been sent, and then a response
// that is cut short.
func TestPageThatFails(t *testing.T) {
	h := paged(t,
		site.Page{Path: "/fails", Type: "text/plain", Make: func(w site.PageWriter) error {
			_, _ = w.Write([]byte("half"))
			return errors.New("out of order")
		}},
		site.Page{Path: "/panics", Type: "text/plain", Make: func(site.PageWriter) error { panic("at a loss") }},
		site.Page{Path: "/late", Type: "text/plain", Make: func(w site.PageWriter) error {
			_, _ = w.Write([]byte("half"))
			w.Flush()
			return errors.New("out of order")
		}},
	).open(t)
	for _, path := range []string{"/fails", "/panics"} {
		if a := h.response(h.dial(get(path))); a.status != 500 {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
	c := h.dial(get("/late"))
	h.until("the end", func() bool { return c.err != nil })
	if _, _, err := parseResponses(c.got, "GET"); err == nil {
		t.Errorf("a page that failed late looks whole: %q", c.got)
	}
	h.end()
}

// events is a page that sends an event whenever next says so, and counts how it ends.
type events struct {
	next  chan struct{}
	ended atomic.Int32
}

func (e *events) make(w site.PageWriter) error {
	defer e.ended.Add(1)
	for i := 0; ; i++ {
		if _, err := fmt.Fprintf(w, "data: %d\n\n", i); err != nil {
			return err
		}
		w.Flush()
		for !received(e.next) {
			if !w.Wait(time.Millisecond) {
				return nil
			}
		}
	}
}

func received(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// What is flushed arrives at once. The page ends when its client goes away.
func TestFlushedEventsArrive(t *testing.T) {
	e := &events{next: make(chan struct{}, 1)}
	h := paged(t, site.Page{Path: "/events", Type: "text/event-stream", Make: e.make}).open(t)
	c := h.dial(get("/events"))
	for i := range 5 {
		last := fmt.Appendf(nil, "data: %d\n\n", i)
		h.until("an event", func() bool { return bytes.Contains(c.got, last) })
		e.next <- struct{}{}
	}
	if !bytes.Contains(c.got, []byte("Transfer-Encoding: chunked\r\n")) {
		t.Errorf("%q", c.got)
	}
	c.peer.Reset()
	c.over = true
	e.next <- struct{}{}
	h.until("the page to end", func() bool {
		select {
		case e.next <- struct{}{}:
		default:
		}
		return e.ended.Load() == 1
	})
	h.end()
}

// When the server drains, a page that waits ends at once, and its response is whole.
func TestWaitingPageEndsWithDrain(t *testing.T) {
	for _, end := range []func(*Server){(*Server).Drain, (*Server).Stop} {
		e := &events{}
		s := paged(t, site.Page{Path: "/events", Type: "text/event-stream", Make: e.make}, site.Page{Path: "/never", Type: "text/plain", Make: func(w site.PageWriter) error {
			w.Wait(time.Hour)
			_, err := w.Write([]byte("the end"))
			return err
		}})
		h := s.open(t)
		stream, waits := h.dial(get("/events")), h.dial(get("/never"))
		h.until("an event", func() bool { return bytes.Contains(stream.got, []byte("data: 0")) })
		end(h.server)
		h.until("the pages to end", func() bool { return stream.err != nil && waits.err != nil })
		if got, _, err := parseResponses(waits.got, "GET"); err == nil && string(got[0].body) != "the end" {
			t.Errorf("%q", got[0].body)
		}
		h.settle()
	}
}
