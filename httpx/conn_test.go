package httpx

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
)

// largeSize is more than a socket and two stream buffers hold, and not a multiple
// of the page size.
const largeSize = 3*streamSize + 777

// connFiles are the files that most tests of connections serve.
var connFiles = map[string]int{
	"static/small": 100, "static/large": largeSize,
	"dynamic/small": 100, "dynamic/large": largeSize, "dynamic/other": largeSize, "dynamic/made": largeSize,
}

// deaf dials a client that sends a request and does not read.
func (h *harness) deaf(request string) *client {
	c := h.dial(request)
	c.pace = 0
	return c
}

// stuck is deaf, and waits until the response has begun and filled the socket.
func (h *harness) stuck(request string) *client {
	h.t.Helper()
	c, short := h.deaf(request), h.sim.Counters().Short
	h.until("a full socket", func() bool { return h.sim.Counters().Short > short })
	return c
}

// waiters is how many connections wait for a stream buffer.
func (h *harness) waiters() (n int) {
	for i := h.bodies.buffers.waiting.First; i != none; i = h.bodies.buffers.links[i].Next {
		n++
	}
	return n
}

// checkAt checks the virtual time.
func (h *harness) checkAt(want time.Duration) {
	h.t.Helper()
	if now := h.sim.Now(); now < want || now > want+time.Second {
		h.t.Errorf("at %v, want %v", now, want)
	}
}

// The request that has waited longest gets the next stream buffer, even before
// one in the middle of a file.
func TestStreamBuffersGoToLongestWaiting(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	h.limitStreams(1)
	first := h.deaf(get("/dynamic/large"))
	h.until("the first to have the buffer", func() bool { return h.bodies.buffers.arena.Free() == 0 })
	all := []*client{}
	for i := range 4 {
		all = append(all, h.dial(get("/dynamic/small")))
		h.until("one more to wait", func() bool { return h.waiters() == i+1 })
	}
	all = append(all, first)
	first.pace = everything
	served := 0
	h.until("all to be served", func() bool {
		for i, c := range all {
			_, _, err := parseResponses(c.got, "GET")
			if err == nil && i > served {
				t.Fatalf("waiter %d is served before %d", i, served)
			}
			if err == nil && i == served {
				served++
			}
		}
		return served == len(all)
	})
	if a := h.response(first); !bytes.Equal(a.body, httpxtest.Content("large", largeSize)) {
		t.Error("the first got another file")
	}
	h.end()
}

// A request that gets no stream buffer within the stall timeout is refused, and
// the connection closed.
func TestNoStreamBufferIs503(t *testing.T) {
	for _, wrap := range []func(*simio.Engine) backend.Backend{nil, refuseSendFile} {
		path := "/dynamic/small"
		if wrap != nil {
			path = "/static/small" // goes through buffers too, without sendfile
		}
		h := setup{root: httpxtest.Tree(t, connFiles), wrap: wrap}.open(t)
		h.limitStreams(1)
		taken := h.bodies.buffers.arena.Take()
		c := h.dial(get(path))
		if a := h.response(c); a.status != 503 || !a.close {
			t.Errorf("%s: status %d, close %v", path, a.status, a.close)
		}
		h.checkAt(30 * time.Second)
		h.bodies.buffers.arena.Give(taken)
		if a := h.response(h.dial(get(path))); a.status != 200 {
			t.Errorf("%s: status %d afterwards", path, a.status)
		}
		h.end()
	}
}

// A body that has begun and gets no other buffer is cut short.
func TestStreamWithoutBufferIsCut(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	h.limitStreams(1)
	h.bodies.sends.after = int64(time.Hour) // no buffer is taken back
	starved := h.deaf(get("/dynamic/large"))
	h.until("the first to have the buffer", func() bool { return h.bodies.buffers.arena.Free() == 0 })
	greedy := h.deaf(get("/dynamic/other"))
	h.until("the second to wait", func() bool { return h.waiters() == 1 })
	starved.pace = everything
	h.until("the first to be cut off", func() bool { return starved.err != nil })
	_, body, _ := bytes.Cut(starved.got, []byte("\r\n\r\n"))
	if starved.err != io.EOF || !bytes.Equal(body, httpxtest.Content("large", streamSize)) {
		t.Errorf("%v after %d bytes", starved.err, len(body))
	}
	greedy.pace = everything
	h.until("the second to end", func() bool { return greedy.err != nil })
	h.end()
}

// A connection that does not do in time what it has to do is closed, after a 408
// if a head had begun.
func TestLateConnectionsAreClosed(t *testing.T) {
	for _, c := range []struct {
		name, request string
		at            time.Duration
		status        []int // of the responses
	}{
		{"nothing", "", 10 * time.Second, nil},
		{"half a head", "GET / HT", 10 * time.Second, []int{408}},
		{"one byte", "G", 10 * time.Second, []int{408}},
		{"idle", get("/static/small"), 60 * time.Second, []int{200}},
		{"half a second head", get("/static/small") + "GET", 10 * time.Second, []int{200, 408}},
		{"half a body", "GET /static/small HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", 30 * time.Second, []int{408}},
		{"half a chunk", "OPTIONS * HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", 30 * time.Second, []int{408}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
			client := h.dial(c.request)
			h.until("the end", func() bool { return client.err != nil })
			h.checkAt(c.at)
			got, rest, err := parseResponses(client.got, strings.Fields(strings.Repeat("GET ", len(c.status)))...)
			if client.err != io.EOF || err != nil || len(rest) > 0 {
				t.Fatalf("the connection ended with %v, %v after %q", client.err, err, client.got)
			}
			for i, a := range got {
				if a.status != c.status[i] {
					t.Errorf("response %d is %d, want %d", i, a.status, c.status[i])
				}
			}
			h.settle()
		})
	}
}

// A client that takes nothing of its response is cut off after the stall timeout,
// which counts from the first look that sees no progress.
func TestStalledClientIsCut(t *testing.T) {
	for _, path := range []string{"/static/large", "/dynamic/large"} {
		h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
		h.deaf(get(path))
		h.until("the connection", func() bool { return h.open == 1 })
		h.settle()
		h.checkAt(37500 * time.Millisecond)
	}
}

// A head has to be complete in time, even if it keeps arriving. A transfer may take
// any time while it makes progress.
func TestSlowHeadIsRefusedAndSlowTransferIsNot(t *testing.T) {
	quick := func(c *Config) {
		c.HeaderTimeout, c.StallTimeout = 500*time.Microsecond, 500*time.Microsecond
	}
	h := setup{root: httpxtest.Tree(t, connFiles), adjust: quick}.open(t)
	slow := h.dial("")
	for _, b := range []byte(get("/static/small?" + strings.Repeat("q", 200))) {
		slow.send(string(b))
	}
	if a := h.response(slow); a.status != 408 {
		t.Errorf("a head that takes too long gets %d", a.status)
	}
	for _, path := range []string{"/static/large", "/dynamic/large"} {
		slow = h.dial(get(path))
		slow.pace, slow.pause = 4096, 3
		start := h.sim.Now()
		if a := h.response(slow); !bytes.Equal(a.body, httpxtest.Content("large", largeSize)) {
			t.Errorf("%s: %d bytes", path, len(a.body))
		}
		if took := h.sim.Now() - start; took < 2*500*time.Microsecond {
			t.Errorf("%s: %v is too short to show anything", path, took)
		}
	}
	h.end()
}

// A client that still sends gets all of a response that closes the connection. What
// it sends is dropped for a while.
func TestClosingReadsOnSoThatResponseArrives(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	c := h.dial("GET /static/small HTTP/9.9\r\n\r\n")
	for range 300 {
		c.send(strings.Repeat("x", 4096))
	}
	h.until("the end", func() bool { return c.err != nil })
	if got, rest, err := parseResponses(c.got, "GET"); c.err != io.EOF || err != nil || got[0].status != 505 || len(rest) > 0 {
		t.Errorf("%v, %v after %q", c.err, err, c.got)
	}
	h.settle()
	h.checkAt(0)

	h.deaf("GET /static/small HTTP/9.9\r\n\r\n") // never closes
	h.until("the connection", func() bool { return h.open == 1 })
	h.settle()
	h.checkAt(lingerTimeout)
}

// Connections live in memory that the garbage collector does not scan.
func TestConnHasNoPointers(t *testing.T) {
	var look func(at string, of reflect.Type)
	look = func(at string, of reflect.Type) {
		switch of.Kind() {
		case reflect.Struct:
			for i := range of.NumField() {
				look(at+"."+of.Field(i).Name, of.Field(i).Type)
			}
		case reflect.Array:
			look(at+"[]", of.Elem())
		case reflect.Pointer, reflect.UnsafePointer, reflect.Slice, reflect.String, reflect.Map, reflect.Chan, reflect.Func, reflect.Interface:
			t.Errorf("%s is a %s", at, of)
		}
	}
	look("conn", reflect.TypeFor[conn]())
	look("exchange", reflect.TypeFor[exchange]())
	look("body", reflect.TypeFor[body]())
	look("kept", reflect.TypeFor[kept]())
	look("origin", reflect.TypeFor[origin]())
}

// An idle connection costs no more than its elements of the loop's arrays.
func TestConnIsSmall(t *testing.T) {
	const most = 152 + 40 + 56
	if n := unsafe.Sizeof(kept{}); n > backend.Align {
		t.Errorf("%d bytes kept for an observer are more than a page", n)
	}
	if n := unsafe.Sizeof(conn{}) + unsafe.Sizeof(exchange{}) + unsafe.Sizeof(body{}); n > most {
		t.Errorf("%d bytes (%d, %d and %d), more than %d", n, unsafe.Sizeof(conn{}), unsafe.Sizeof(exchange{}), unsafe.Sizeof(body{}), most)
	}
}

// Deadlines that pass while the server itself does not run are not the clients':
// what they have sent by then is served.
func TestOwnDelayIsNotTheClients(t *testing.T) {
	for seed := range uint64(20) {
		s := setup{root: httpxtest.Tree(t, connFiles), seed: seed}
		if seed > 0 {
			s.trouble.CutBatch, s.trouble.ShortRecv = 0.5, 0.5
		}
		h := s.open(t)
		var jump time.Duration
		h.clock.read = func() time.Time { return httpxtest.Epoch.Add(h.sim.Now() + jump) }
		clients := make([]*client, 8)
		for i := range clients {
			clients[i] = h.dial("")
		}
		h.until("all connections", func() bool { return h.open == len(clients) })
		for i, c := range clients {
			if i%2 == 0 {
				c.send(get("/static/small"))
			} else {
				c.send("GET /dynamic/small HTTP/1.1\r\nHost: a\r\n")
				c.send("\r\n")
			}
			for c.write() { // all of it is there before the loop turns again
			}
		}
		jump = time.Minute
		for i, c := range clients {
			if r := h.response(c); r.status != 200 {
				t.Errorf("seed %d: client %d gets %d", seed, i, r.status)
			}
		}
		silent := h.dial("") // the delay is over: whoever sends nothing now is late
		h.until("the end", func() bool { return silent.err != nil })
		h.end()
	}
}

// A client that finds all places taken gets that of the connection that has been
// idle longest. Connections with a response under way keep theirs, and so do those
// that were in use a moment ago.
func TestIdleConnectionMakesRoom(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	places := h.config.Connections
	busy := h.stuck(get("/static/large"))
	idle := make([]*client, places-1)
	for i := range idle {
		idle[i] = h.dial(get("/static/small"))
		h.response(idle[i])
	}
	for i := range 3 {
		if r := h.response(h.dial(get("/dynamic/small"))); r.status != 200 {
			t.Errorf("newcomer %d gets %d", i, r.status)
		}
	}
	for i, c := range idle {
		if closed := c.err != nil; closed != (i < 3) {
			t.Errorf("the connection that was idle as number %d is closed: %v", i, closed)
		}
	}
	h.checkAt(sparedFor)
	busy.pace = everything
	if r := h.response(busy); !bytes.Equal(r.body, httpxtest.Content("large", largeSize)) {
		t.Errorf("the busy one gets %d bytes", len(r.body))
	}
	h.end()
}
