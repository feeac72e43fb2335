package httpx

import (
	"bytes"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/epollaio"
	"aws/backend/uring"
	"aws/httpx/accesslog"
	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// engines are the engines for real sockets.
var engines = []struct {
	name string
	open func(backend.Options) (backend.Backend, error)
}{
	{"epoll-aio", epollaio.Open},
	{"uring", openUring},
}

func openUring(opts backend.Options) (backend.Backend, error) {
	return uring.Open(opts, uring.Options{Features: uring.AllFeatures()})
}

// hotRequests must not allocate.
var hotRequests = []struct {
	name, method, path string
	status             int
	fields             string // of the request
}{
	{"static 1 KiB", "GET", "/static/1k", 200, ""},
	{"static 300 KiB", "GET", "/static/300k", 200, ""},
	{"dynamic 1 KiB", "GET", "/dynamic/1k", 200, ""},
	{"dynamic 300 KiB", "GET", "/dynamic/300k", 200, ""},
	{"HEAD static", "HEAD", "/static/300k", 200, ""},
	{"HEAD dynamic", "HEAD", "/dynamic/300k", 200, ""},
	{"escaped", "GET", "/%73tatic/./1k", 200, ""},
	{"304", "GET", "/static/1k", 304, "If-None-Match: *\r\n"},
	{"304 by date", "GET", "/static/1k", 304, "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n"},
	{"412", "GET", "/static/1k", 412, "If-Match: \"x\"\r\n"},
	{"range static", "GET", "/static/300k", 206, "Range: bytes=100001-200000\r\n"},
	{"range dynamic", "GET", "/dynamic/300k", 206, "Range: bytes=100001-200000\r\n"},
	{"ranges", "GET", "/static/300k", 206, "Range: bytes=1-2,100001-200000\r\n"},
	{"416", "GET", "/static/1k", 416, "Range: bytes=9999-\r\n"},
	{"sidecar", "GET", "/static/1k", 200, "Accept-Encoding: br;q=0.5, gzip, zstd;q=0\r\n"},
	{"index", "GET", "/static/folder/", 200, ""},
	{"301", "GET", "/static/folder?a=b", 301, ""},
	{"302", "GET", "/old/a", 302, ""},
	{"OPTIONS", "OPTIONS", "*", 204, ""},
	{"404 no file", "GET", "/static/none", 404, ""},
	{"404 no folder", "GET", "/dynamic/none/none", 404, ""},
	{"404 no mount", "GET", "/none", 404, ""},
	{"404 page", "GET", "/none", 404, "Accept: text/html, */*;q=0.8\r\n"},
	{"405", "DELETE", "/static/1k", 405, ""},
	{"password", "GET", "/static/secret/1k", 200, as("bob")},
	{"no password", "GET", "/static/secret/1k", 401, ""},
}

var hotFiles = map[string]int{
	"static/1k": 1 << 10, "static/300k": 300 << 10, "dynamic/1k": 1 << 10, "dynamic/300k": 300 << 10,
	"static/secret/1k": 1 << 10, "static/1k.gz": 100, "static/folder/index.html": 500,
}

// A request on an open connection allocates nothing on its way from the socket
// and back, with or without an observer, an access log, and somebody who watches.
func TestZeroAllocations(t *testing.T) {
	if httpxtest.RaceEnabled {
		t.Skip("the race detector allocates")
	}
	eachHotRequest(t, func(t *testing.T, r *rawClient) {
		for _, o := range []Observer{nil, new(counter), r.logs} {
			r.loop.exchanges.tell(o)
			r.loop.control.watchers.Store(0)
			if o != nil { // what is asked for most is counted, too
				r.loop.control.watchers.Store(1)
				r.exchange(t)
			}
			if n := testing.AllocsPerRun(200, func() { r.exchange(t) }); n != 0 {
				t.Errorf("%v allocations per request, observed by %T", n, o)
			}
		}
		r.loop.exchanges.tell(nil)
	})
}

// Neither does one whose client a proxy names, by the PROXY protocol or a field, where
// that decides on what it may have.
func TestProxiedRequestsAllocateNothing(t *testing.T) {
	if httpxtest.RaceEnabled {
		t.Skip("the race detector allocates")
	}
	root := httpxtest.Tree(t, hotFiles)
	for _, e := range engines {
		for _, c := range []struct {
			fields string
			status int
		}{
			{"", 403},
			{"X-Forwarded-For: garbage, 203.0.113.5\r\nX-Forwarded-For: 198.51.100.1, 192.0.2.8\r\n", 200},
			{"X-Forwarded-For: 203.0.113.5, unknown, 192.0.2.8\r\n", 403},
			{"Forwarded: for=\"[2001:db8::5]:_p\";proto=http, For=192.0.2.8\r\n", 200},
		} {
			r := newRawClient(t, root, e.open, func(config *Config, l *backend.Listener) {
				l.Proxies, config.TrustedProxies = networks(t, "127.0.0.0/8"), networks(t, "192.0.2.0/28")
				config.Sites[0].Access = accessRules(t, "deny /static/*=all", "/static/1k=203.0.113.0/24,2001:db8::/32,198.51.100.1")
			})
			r.request = []byte("PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n")
			r.write(t)
			r.request = []byte("GET /static/1k HTTP/1.1\r\nHost: a\r\n" + c.fields + "\r\n")
			r.warmUp(t, "GET", c.status)
			for _, o := range []Observer{nil, new(counter)} {
				r.loop.exchanges.observer = o
				if n := testing.AllocsPerRun(200, func() { r.exchange(t) }); n != 0 {
					t.Errorf("%s: %q: %v allocations, observed by %T", e.name, c.fields, n, o)
				}
			}
			r.loop.exchanges.observer = nil
		}
	}
}

// counter is an observer that looks at everything.
type counter struct{ lines, sent int64 }

func (c *counter) Begun(e Exchange)     { c.lines += int64(len(e.Line())) }
func (c *counter) FirstByte(e Exchange) { c.lines += int64(e.Status() + e.Listener() + e.Loop()) }
func (c *counter) Ended(e Exchange) {
	c.sent += e.Sent() + int64(e.Outcome())
	c.lines += int64(e.Client().AddrPort().Port())
}

func BenchmarkExchange(b *testing.B) {
	eachHotRequest(b, func(b *testing.B, r *rawClient) {
		b.ReportAllocs()
		b.SetBytes(int64(r.length))
		for b.Loop() {
			r.exchange(b)
		}
	})
}

// eachHotRequest calls f for each engine and request, after some exchanges.
func eachHotRequest[T interface {
	testing.TB
	Run(string, func(T)) bool
}](t T, f func(T, *rawClient)) {
	root := httpxtest.Tree(t, hotFiles)
	for _, e := range engines {
		for _, h := range hotRequests {
			for _, copied := range []string{"", ", copied"} {
				if copied != "" && !strings.HasPrefix(h.path, "/static") {
					continue
				}
				t.Run(e.name+"/"+h.name+copied, func(t T) {
					r := newRawClient(t, root, e.open)
					if copied != "" {
						r.loop.config.CopyBelow = MaxCopy
					}
					r.request = []byte(h.method + " " + h.path + " HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\nReferer: http://a/\r\n" + h.fields + "\r\n")
					r.warmUp(t, h.method, h.status)
					f(t, r)
				})
			}
		}
	}
}

// rawClient is a loop over a real engine and one connection to it, both on the
// same goroutine.
type rawClient struct {
	loop    *loop
	logs    Observer // an access log
	fd      int
	request []byte
	length  int // of the response
	buf     []byte
}

// polling is an engine that never blocks in Wait: the client shares its thread.
type polling struct{ backend.Backend }

func (p polling) Wait(time.Duration) error { return p.Backend.Wait(0) }

func newRawClient(t testing.TB, root string, open func(backend.Options) (backend.Backend, error), adjust ...func(*Config, *backend.Listener)) *rawClient {
	t.Helper()
	runtime.LockOSThread() // the engine belongs to the thread
	t.Cleanup(runtime.UnlockOSThread)
	listener, err := backend.Listen("127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	config := testConfig(root)
	served := &config.Sites[0]
	served.Index, served.Precompressed = []string{"index.html"}, []string{"br", "gzip"}
	redirect, err := site.ParseRedirect("/old/*=/new/*")
	if err != nil {
		t.Fatal(err)
	}
	served.Redirects = []site.Redirect{redirect}
	served.Auth = []site.AuthRule{authRule(t, "/static/secret="+passwordFile(t, "bob"))}
	config.LogTo(openLog(t, "combined")) // so that there is memory for it; the tests set their own observer
	config.Open = func(o backend.Options) (backend.Backend, error) {
		engine, err := open(o)
		return polling{engine}, err
	}
	for _, f := range adjust {
		f(&config, listener)
	}
	server, err := New(config, []*backend.Listener{listener})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.destroy)
	server.loops[0].exchanges.tell(nil)
	r := &rawClient{loop: server.loops[0], logs: config.Observer, buf: make([]byte, 64<<10)}
	address, err := unix.Getsockname(listener.FDs[0])
	if err == nil {
		r.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	}
	if err == nil {
		t.Cleanup(func() { _ = unix.Close(r.fd) })
		err = unix.Connect(r.fd, address) // completes without an accept
	}
	if err == nil {
		err = unix.SetNonblock(r.fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// warmUp makes some exchanges. The first one shows how long a response is.
func (r *rawClient) warmUp(t testing.TB, method string, status int) {
	t.Helper()
	if a := r.response(t, method); a.status != status || a.close {
		t.Fatalf("status %d, close %v", a.status, a.close)
	}
	for range 20 {
		r.exchange(t)
	}
}

// response makes an exchange and parses the response.
func (r *rawClient) response(t testing.TB, method string) parsedResponse {
	t.Helper()
	r.write(t)
	var got []byte
	for {
		got = append(got, r.buf[:r.read(t)]...)
		all, rest, err := parseResponses(got, method)
		if err == nil {
			if len(rest) > 0 {
				t.Fatalf("%d bytes more than a response", len(rest))
			}
			r.length = len(got)
			return all[0]
		}
	}
}

// exchange sends the request and receives the response.
func (r *rawClient) exchange(t testing.TB) {
	r.write(t)
	for n := 0; n < r.length; {
		n += r.read(t)
	}
}

func (r *rawClient) write(t testing.TB) {
	if n, err := unix.Write(r.fd, r.request); err != nil || n != len(r.request) {
		t.Fatalf("write: %d bytes, %v", n, err)
	}
}

// read turns the loop until it can receive something.
func (r *rawClient) read(t testing.TB) int {
	for {
		n, err := unix.Read(r.fd, r.buf)
		switch {
		case n > 0:
			return n
		case err != unix.EAGAIN && err != unix.EINTR:
			t.Fatalf("read: %d bytes, %v", n, err)
		}
		if err := r.loop.turn(); err != nil {
			t.Fatal(err)
		}
	}
}

// openLog opens an access log that goes nowhere.
func openLog(t testing.TB, format string) (*accesslog.Log, accesslog.Need) {
	t.Helper()
	f, err := accesslog.ParseFormat(format)
	if err != nil {
		t.Fatal(err)
	}
	log, err := accesslog.Open(accesslog.Config{
		To: accesslog.Target{Path: os.DevNull}, Format: f, Loops: 1, Log: slog.New(slog.DiscardHandler),
		Names: accesslog.Names{Engine: "engine", Listeners: []string{"127.0.0.1:8888"}, Sites: []string{"default"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log, f.Needs()
}

// BenchmarkLogged measures a request for 1 KiB with an access log in each format, and
// without one.
func BenchmarkLogged(b *testing.B) {
	root := httpxtest.Tree(b, hotFiles)
	for _, format := range append([]string{"off"}, accesslog.FormatNames...) {
		b.Run(format, func(b *testing.B) {
			r := newRawClient(b, root, epollaio.Open)
			r.loop.config.CopyBelow = MaxCopy
			if format != "off" {
				log, needs := openLog(b, format)
				r.loop.config.LogTo(log, needs)
				var err error
				r.loop.exchanges.tell(r.loop.config.Observer)
				if r.loop.exchanges.keeper, err = newKeeper(len(r.loop.exchanges.all), r.loop.config.Keep); err != nil {
					b.Fatal(err)
				}
			}
			r.request = []byte("GET /static/1k HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\nReferer: http://127.0.0.1/index.html\r\n\r\n")
			r.warmUp(b, "GET", 200)
			b.ReportAllocs()
			for b.Loop() {
				r.exchange(b)
			}
		})
	}
}

// BenchmarkPipeline measures a request among 16 that arrive together.
func BenchmarkPipeline(b *testing.B) {
	const depth = 16
	root := httpxtest.Tree(b, hotFiles)
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			r := newRawClient(b, root, e.open)
			r.loop.config.CopyBelow = MaxCopy
			r.request = []byte(get("/static/1k"))
			r.warmUp(b, "GET", 200)
			r.request = bytes.Repeat(r.request, depth)
			r.length *= depth
			for i := 0; i < b.N; i += depth {
				r.exchange(b)
			}
		})
	}
}
