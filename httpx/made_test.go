package httpx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aws/backend/simio"
	"aws/httpx/httpxtest"
	"aws/httpx/process"
)

// repeater is a processor that writes every piece several times.
type repeater struct {
	times   int
	trailer string
	openErr error
	failAt  int64  // bytes of the file after which a write fails; 0 is never
	panics  bool   // where it would fail
	only    string // the one path that it takes, if not empty
}

func (p repeater) Prepare(a *process.Response) bool {
	a.Vary = "X-Any"
	a.Trailer, a.Suffix = p.trailer, fmt.Sprint("x", p.times)
	return !strings.HasSuffix(a.Path, ".plain") && (p.only == "" || p.only == a.Path)
}

func (p repeater) Open(_ *process.Response, w io.Writer) (io.WriteCloser, error) {
	return &repeating{repeater: p, w: w}, p.openErr
}

type repeating struct {
	repeater
	w    io.Writer
	seen int64
}

func (r *repeating) Write(b []byte) (int, error) {
	r.seen += int64(len(b))
	if r.failAt > 0 && r.seen >= r.failAt {
		if r.panics {
			panic("at a loss")
		}
		return 0, errors.New("out of order")
	}
	for range r.times {
		for _, c := range [][]byte{b[:len(b)/3], b[len(b)/3:]} {
			if n, err := r.w.Write(c); err != nil || n != len(c) {
				return n, err
			}
		}
	}
	return len(b), nil
}

func (r *repeating) Close() error    { return nil }
func (r *repeating) Trailer() string { return fmt.Sprint(r.seen) }

func processed(root string, p ...process.Processor) setup {
	return setup{root: root, adjust: func(c *Config) {
		c.Sites[0].Processors, c.Sites[0].Autoindex = p, true
	}}
}

var unkind = simio.Probabilities{
	Park: 0.2, Late: 0.2, ShortRecv: 0.2, ShortSend: 0.2, CutBatch: 0.2, EmptyWait: 0.1, Early: 0.2, ShortRead: 0.2, SlowRead: 0.2,
}

var madeSizes = []int{0, 1, 1000, streamSize - 1, streamSize, streamSize + 1, bufferSize - madeFrom - trailerRoom, 700_000}

// What processors write arrives whole, however long it is, in both versions of
// HTTP, and despite faults.
func TestProcessedBodyArrivesWhole(t *testing.T) {
	sizes := map[string]int{}
	for _, n := range madeSizes {
		sizes[fmt.Sprint("dynamic/", n)], sizes[fmt.Sprint("static/", n)] = n, n
	}
	root := httpxtest.Tree(t, sizes)
	for seed, trouble := range []simio.Probabilities{{}, unkind, unkind} {
		for _, times := range []int{0, 1, 3} {
			s := processed(root, repeater{times: times})
			s.seed, s.trouble = uint64(seed), trouble
			h := s.open(t)
			for _, n := range madeSizes {
				file := httpxtest.Content(fmt.Sprint(n), n)
				want := int64(times) * int64(n)
				for i, version := range []string{"1.1", "1.0", "1.1"} {
					tree := []string{"static", "dynamic", "dynamic"}[i]
					c := h.dial(fmt.Sprintf("GET /%s/%d HTTP/%s\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", tree, n, version))
					if version == "1.0" {
						h.until("the end", func() bool { return c.err != nil })
					}
					a := h.response(c)
					if a.status != 200 || int64(len(a.body)) != want || times == 1 && !bytes.Equal(a.body, file) {
						t.Fatalf("%d bytes %d times, HTTP/%s: status %d with %d bytes", n, times, version, a.status, len(a.body))
					}
					if keeps := !a.close; keeps != (version == "1.1") {
						t.Errorf("HTTP/%s: the connection is kept: %v", version, keeps)
					}
					if a.header.Get("Accept-Ranges") != "" || a.header.Get("Vary") != "X-Any" || !strings.HasSuffix(a.header.Get("ETag"), fmt.Sprintf(`-x%d"`, times)) {
						t.Errorf("fields %v", a.header)
					}
				}
			}
			h.end()
		}
	}
}

// A file that the processor leaves alone is sent as without a processor. Only Vary
// still says what the decision depends on.
func TestUnprocessedFileIsSentAsItIs(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"dynamic/a.plain": 5000, "static/a.plain": 6000})
	h := processed(root, repeater{times: 2}).open(t)
	for _, tree := range []string{"dynamic", "static"} {
		a := h.response(h.dial("GET /" + tree + "/a.plain HTTP/1.1\r\nHost: a\r\nRange: bytes=1-2\r\n\r\n"))
		if a.status != 206 || len(a.body) != 2 || a.header.Get("Vary") != "X-Any" {
			t.Errorf("%s: status %d with %d bytes, %v", tree, a.status, len(a.body), a.header)
		}
	}
	h.end()
}

// Conditions apply to what is sent, and so to the tag with the suffix. HEAD gets the
// fields of GET, except the length, which nobody knows.
func TestConditionsApplyToProcessedTag(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"dynamic/a": 5000})
	h := processed(root, repeater{times: 2}).open(t)
	a := h.response(h.dial(get("/dynamic/a")))
	tag := a.header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) || !strings.HasSuffix(tag, `-x2"`) {
		t.Errorf("ETag %s", tag)
	}
	for field, status := range map[string]int{
		"If-None-Match: " + tag: 304, "If-None-Match: \"x\"": 200, "If-Match: " + tag: 412, "Range: bytes=0-1": 200,
	} {
		a := h.response(h.dial("GET /dynamic/a HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n"))
		if a.status != status || status == 304 && (a.header.Get("ETag") != tag || a.header.Get("Vary") != "X-Any") {
			t.Errorf("%s: status %d, %v", field, a.status, a.header)
		}
	}
	c := h.dial("HEAD /dynamic/a HTTP/1.1\r\nHost: a\r\n\r\n")
	h.until("a response", func() bool { return bytes.HasSuffix(c.got, []byte("\r\n\r\n")) })
	all, _, err := parseResponses(c.got, http.MethodHead)
	if err != nil || all[0].header.Get("ETag") != tag || all[0].header.Get("Content-Length") != "" {
		t.Errorf("HEAD: %v, %+v", err, all)
	}
	h.end()
}

// A trailer field follows the body.
func TestTrailerFollowsProcessedBody(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"dynamic/a": 500, "dynamic/b": 400_000, "dynamic/c": 0})
	h := processed(root, repeater{times: 1, trailer: "X-Seen"}).open(t)
	for name, n := range map[string]int{"a": 500, "b": 400_000, "c": 0} {
		c := h.dial(get("/dynamic/" + name))
		if a := h.response(c); len(a.body) != n || a.trailer.Get("X-Seen") != fmt.Sprint(n) {
			t.Errorf("%s: %d bytes, trailer %v", name, len(a.body), a.trailer)
		}
	}
	h.end()
}

// A failure before anything has been sent is a 500. A later one cuts the
// connection, so that an incomplete response never looks whole.
func TestFailingProcessorIs500OrCut(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"dynamic/a": 500_000})
	for _, c := range []struct {
		p    repeater
		cut  bool
		name string
	}{
		{repeater{openErr: errors.New("no")}, false, "open"},
		{repeater{times: 1, failAt: 1}, false, "first write"},
		{repeater{times: 3, failAt: 300_000}, true, "later write"},
		{repeater{times: 1, failAt: 1, panics: true}, false, "first write panics"},
		{repeater{times: 3, failAt: 300_000, panics: true}, true, "later write panics"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := processed(root, c.p).open(t)
			client := h.dial(get("/dynamic/a"))
			if !c.cut {
				if a := h.response(client); a.status != 500 {
					t.Errorf("status %d", a.status)
				}
				h.end()
				return
			}
			h.until("the end", func() bool { return client.err != nil })
			if all, _, err := parseResponses(client.got, "GET"); err == nil {
				t.Errorf("a response of %d bytes looks whole", len(all[0].body))
			}
			h.settle()
		})
	}
}

// Neither clients that go away nor a server that ends leak goroutines, buffers or
// pins.
func TestAbandonedMakersEnd(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"dynamic/a": 3_000_000})
	for _, at := range []int{1, 1000, streamSize, 500_000} {
		for _, trouble := range []simio.Probabilities{{}, unkind} {
			s := processed(root, repeater{times: 2})
			s.trouble = trouble
			h := s.open(t)
			for range 5 {
				c := h.dial(get("/dynamic/a"))
				c.breakAt, c.resets = at, at%2 == 0
			}
			h.settle()
			c := h.dial(get("/dynamic/a"))
			h.until("a start", func() bool { return len(c.got) > at })
			h.destroy()
		}
	}
}

// Without a free maker a file is sent as it is, or if the processor forbids that,
// refused with a 503.
func TestWithoutMakerFileIsSentAsItIsOrRefused(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"dynamic/a": 300_000})
	for _, required := range []bool{false, true} {
		s := processed(root, repeater{times: 2})
		if required {
			s = processed(root, insistent{repeater{times: 2}})
		}
		h := s.open(t)
		h.bodies.made.free = h.bodies.made.free[:2]
		h.bodies.made.makers = h.bodies.made.makers[:2]
		h.bodies.made.free[0], h.bodies.made.free[1] = 0, 1
		slow := []*client{h.dial(get("/dynamic/a")), h.dial(get("/dynamic/a"))}
		for _, c := range slow {
			c.pace = 0
		}
		h.until("both to be made", func() bool { return len(h.bodies.made.free) == 0 })
		a := h.response(h.dial(get("/dynamic/a")))
		if required && a.status != 503 || !required && (a.status != 200 || len(a.body) != 300_000 || a.header.Get("Accept-Ranges") != "bytes") {
			t.Errorf("required %v: status %d with %d bytes, %v", required, a.status, len(a.body), a.header)
		}
		for _, c := range slow {
			c.pace = everything
			if a := h.response(c); len(a.body) != 600_000 {
				t.Errorf("%d bytes", len(a.body))
			}
		}
		h.end()
	}
}

// A body no longer waits for a stream buffer once its connection is closing: others
// need it.
func TestClosingBodyWaitsForNoBuffer(t *testing.T) {
	h := processed(httpxtest.Tree(t, connFiles), repeater{times: 1}).open(t)
	h.limitStreams(3) // two for the body, one for the file
	h.bodies.buffers.ahead = 0
	h.deaf(get("/dynamic/large"))
	c := &h.conns[0]
	h.until("a body that waits while it is being sent", func() bool { return h.waiters() == 1 && c.has(sending) })
	h.abandon(c, Drained)
	if c.state != closing || h.waiters() > 0 {
		t.Errorf("%d bodies wait, in state %d", h.waiters(), c.state)
	}
	h.settle()
}

type insistent struct{ process.Processor }

func (p insistent) Prepare(a *process.Response) bool {
	a.Required = true
	return p.Processor.Prepare(a)
}

// A slow client holds up the maker of its body, so that memory stays bounded.
func TestSlowClientHoldsUpMaker(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"dynamic/a": 400_000})
	h := processed(root, repeater{times: 5}).open(t)
	c := h.dial(get("/dynamic/a"))
	c.pace, c.pause = 9000, 1
	most := 0
	h.until("the response", func() bool {
		most = max(most, h.bodies.buffers.arena.Taken())
		all, _, err := parseResponses(c.got, "GET")
		return err == nil && len(all[0].body) == 2_000_000
	})
	if most > 4 {
		t.Errorf("%d buffers at a time", most)
	}
	h.end()
}

// A folder's listing arrives whole, in both versions of HTTP.
func TestListingArrivesWhole(t *testing.T) {
	sizes := map[string]int{"static/a.txt": 10, "static/sub/b": 20, "dynamic/c": 1, "static/.secret": 1}
	for i := range 3000 {
		sizes[fmt.Sprintf("static/many/a-file-with-a-longer-name-%d", i)] = 0
	}
	root := httpxtest.Tree(t, sizes)
	h := processed(root).open(t)
	for _, c := range []struct {
		request  string
		status   int
		contains string
		not      string
	}{
		{get("/static/"), 200, "a.txt", ".secret"},
		{get("/static/?sort=size&order=desc"), 200, "a.txt", ".secret"},
		{get("/dynamic/"), 200, ">c<", "a.txt"},
		{get("/static/many/?page=2"), 200, "a-file-with-a-longer-name-2999", ".secret"},
		{"GET /static/ HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n", 200, `"name":"a.txt"`, "<html"},
		{get("/static/none/"), 404, "404", "a.txt"},
		{get("/static/a.txt/"), 404, "404", "a.txt"},
	} {
		for _, version := range []string{"HTTP/1.1", "HTTP/1.0"} {
			client := h.dial(strings.Replace(c.request, "HTTP/1.1", version, 1))
			if version == "HTTP/1.0" {
				h.until("the end", func() bool { return client.err != nil })
			}
			a := h.response(client)
			if body := string(a.body); a.status != c.status || !strings.Contains(body, c.contains) || strings.Contains(body, c.not) {
				t.Errorf("%s: status %d, %.300q", c.request, a.status, body)
			}
			if a.status == 200 && (a.header.Get("Vary") != "Accept" || !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'")) {
				t.Errorf("fields %v", a.header)
			}
		}
	}
	before := httpxtest.OpenDescriptors(t)
	c := h.dial("HEAD /static/ HTTP/1.1\r\nHost: a\r\n\r\n")
	h.until("a response", func() bool { return bytes.HasSuffix(c.got, []byte("\r\n\r\n")) })
	for range 3 { // gone before it is listed
		c := h.dial(get("/static/many/"))
		c.breakAt = 1
	}
	h.end()
	wantDescriptors(t, before)
	if err := os.RemoveAll(filepath.Join(root, "static")); err != nil {
		t.Fatal(err)
	}
}

// A folder opened to be listed is closed even if its maker is never started.
func TestFolderIsClosedWithoutMakerStarted(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"static/a": 1})
	h := processed(root).open(t)
	before := httpxtest.OpenDescriptors(t)
	c := h.dial("GET /static/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
	h.until("the maker to be reserved", func() bool { return h.bodies.made.busy() })
	c.peer.Close()
	c.over = true
	h.settle()
	wantDescriptors(t, before)
}

// A folder that has vanished since it was opened to be listed is not there: no
// mistake of the machine.
func TestListedTooLate(t *testing.T) {
	for _, c := range []struct {
		name   string
		site   func(t *testing.T, root string) setup
		fields string
	}{
		{"plain", func(_ *testing.T, root string) setup { return processed(root) }, ""},
		{"compressed", compressed, "Accept-Encoding: gzip\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := httpxtest.Tree(t, map[string]int{"static/sub/a": 1})
			s := c.site(t, root)
			autoindex, logged := s.adjust, &bytes.Buffer{}
			s.adjust = func(c *Config) {
				autoindex(c)
				c.Log = slog.New(slog.NewTextHandler(logged, nil))
			}
			h := s.open(t)
			client := h.dial("GET /static/sub/ HTTP/1.1\r\nHost: a\r\n" + c.fields + "Content-Length: 10\r\n\r\nhalf ")
			h.until("the maker to be reserved", func() bool { return h.bodies.made.busy() })
			if err := os.RemoveAll(filepath.Join(root, "static/sub")); err != nil {
				t.Fatal(err)
			}
			client.send("whole")
			if a := h.response(client); a.status != 404 {
				t.Errorf("status %d, want 404", a.status)
			}
			h.end()
			if logged.Len() > 0 {
				t.Errorf("logged: %s", logged)
			}
		})
	}
}
