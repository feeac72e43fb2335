package httpx

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
	"aws/httpx/message"
)

// observed is what an observer has been told of one exchange.
type observed struct {
	line    string
	method  message.Method
	status  int
	sent    int64
	outcome Outcome
	first   bool // its first byte was seen
	peer    backend.Address
}

// recorder is an observer that checks the order and the number of the calls, and
// keeps what it has been told, by client.
type recorder struct {
	t     testing.TB
	open  map[int]*observed               // by index
	begun map[backend.Address][]*observed // by client, in the order of beginning
}

func newRecorder(t testing.TB) *recorder {
	return &recorder{t, map[int]*observed{}, map[backend.Address][]*observed{}}
}

func (r *recorder) Begun(e Exchange) {
	if r.open[e.Index()] != nil {
		r.t.Errorf("exchange %d begins twice", e.Index())
	}
	if e.Outcome() != UnderWay || e.Sent() != 0 || e.Start().After(e.Now()) {
		r.t.Errorf("exchange %d begins %v, with %d bytes sent, at %v", e.Index(), e.Outcome(), e.Sent(), e.Start())
	}
	o := &observed{line: string(e.Line()), method: e.Method(), peer: e.Peer()}
	r.open[e.Index()] = o
	r.begun[o.peer] = append(r.begun[o.peer], o)
}

func (r *recorder) FirstByte(e Exchange) {
	o := r.open[e.Index()]
	if o == nil || o.first || e.Sent() == 0 || e.Status() == 0 {
		r.t.Errorf("exchange %d: a first byte, of %d, when %+v", e.Index(), e.Sent(), o)
		return
	}
	o.first = true
}

func (r *recorder) Ended(e Exchange) {
	o := r.open[e.Index()]
	if o == nil || e.Outcome() == UnderWay || o.first != (e.Sent() > 0) {
		r.t.Errorf("exchange %d ends %v after %d bytes, when %+v", e.Index(), e.Outcome(), e.Sent(), o)
		return
	}
	if peer := e.Peer(); peer != o.peer {
		r.t.Errorf("exchange %d of %v ends as one of %v", e.Index(), o.peer, peer)
	}
	o.status, o.sent, o.outcome = e.Status(), e.Sent(), e.Outcome()
	delete(r.open, e.Index())
}

// check compares what was told of a client's exchanges with what the client got.
// They agree to the byte, unless the client went away before it had read all.
func (r *recorder) check(name string, c *client) {
	r.t.Helper()
	all := r.begun[c.address()]
	var sent int64
	for i, o := range all {
		sent += o.sent
		if o.outcome != Whole && slices.ContainsFunc(all[i+1:], func(o *observed) bool { return o.sent > 0 }) {
			r.t.Errorf("%s: a response follows one that ended %v", name, o.outcome)
		}
	}
	if got := int64(len(c.got)); got > sent || c.err == io.EOF && got != sent {
		r.t.Errorf("%s: got %d bytes, of %d that are said to be sent, and then %v", name, got, sent, c.err)
	}
}

// statuses are those of a client's exchanges, in order.
func (r *recorder) statuses(c *client) (all []int) {
	for _, o := range r.begun[c.address()] {
		all = append(all, o.status)
	}
	return all
}

// outcome is the outcome of a client's last exchange.
func (r *recorder) outcome(c *client) Outcome {
	all := r.begun[c.address()]
	if len(all) == 0 {
		return UnderWay
	}
	return all[len(all)-1].outcome
}

// Each way in which an exchange can end is told once, with what was sent.
func TestEachOutcomeIsToldOnce(t *testing.T) {
	last := strings.Replace(get("/static/small"), "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
	for _, c := range []struct {
		name     string
		path     string // the requests, or empty for a client stuck in a large file
		play     func(h *harness, c *client, file string)
		statuses []int
		outcome  Outcome // of the last exchange; the others are whole
		trouble  simio.Probabilities
	}{
		{"whole", get("/static/small") + get("/dynamic/small") + last, nil, []int{200, 200, 200}, Whole, simio.Probabilities{}},
		{"gathered", strings.Repeat(get("/static/none"), 5) + last, nil, []int{404, 404, 404, 404, 404, 200}, Whole, simio.Probabilities{}},
		{"HTTP/1.0", "GET /static/small HTTP/1.0\r\n\r\n", nil, []int{200}, Whole, simio.Probabilities{}},
		{"not modified", "GET /static/small HTTP/1.0\r\nIf-None-Match: *\r\n\r\n", nil, []int{304}, Whole, simio.Probabilities{}},
		{"refused", get("/static/small") + "GET / HTTP/1.1\r\n\r\n", nil, []int{200, 400}, Whole, simio.Probabilities{}},
		{"a malformed body", "OPTIONS / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx", nil, []int{400}, Whole, simio.Probabilities{}},
		{"too late", "GET / HTTP/1.1\r\nHo", nil, []int{408}, Whole, simio.Probabilities{}},
		{"a body that nobody waits for", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", nil, []int{405}, Whole, simio.Probabilities{}},
		{"a body that does not come", "GET /static/small HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", nil, []int{408}, Whole, simio.Probabilities{}},
		{"a body cut off", "OPTIONS / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
			func(h *harness, c *client, _ string) { c.peer.CloseWrite() }, []int{204}, ClientGone, simio.Probabilities{}},
		{"reset while sending", "", func(h *harness, c *client, _ string) { c.peer.Reset() }, []int{200}, ClientGone, simio.Probabilities{}},
		{"closed while sending", "", func(h *harness, c *client, _ string) { c.peer.Close() }, []int{200}, ClientGone, simio.Probabilities{}},
		{"stalled", "", func(*harness, *client, string) {}, []int{200}, Stalled, simio.Probabilities{}},
		{"shrunk", "", func(h *harness, c *client, file string) {
			if err := os.Truncate(file, 5); err != nil {
				h.t.Fatal(err)
			}
			c.pace = everything
		}, []int{200}, Shrunk, simio.Probabilities{}},
		{"drained", "", func(h *harness, _ *client, _ string) { h.server.Drain() }, []int{200}, Drained, simio.Probabilities{}},
		{"stopped", "", func(h *harness, _ *client, _ string) { h.server.Stop() }, []int{200}, Drained, simio.Probabilities{}},
		{"destroyed", "", func(h *harness, _ *client, _ string) { h.destroy() }, []int{200}, Drained, simio.Probabilities{}},
		{"unreadable", get("/dynamic/small"), nil, []int{500}, Whole, simio.Probabilities{FailRead: 1}},
	} {
		for _, mount := range []string{"/static", "/dynamic"} {
			t.Run(c.name+mount, func(t *testing.T) {
				root := httpxtest.Tree(t, connFiles)
				h := setup{root: root, trouble: c.trouble}.open(t)
				client := (*client)(nil)
				if c.path != "" {
					client = h.dial(c.path)
				} else {
					client = h.stuck(get(mount + "/large"))
				}
				if c.play != nil {
					h.until("the exchange to begin", func() bool { return len(h.told.open) > 0 })
					c.play(h, client, root+mount+"/large")
				}
				if !h.destroyed {
					h.until("the end", func() bool { return h.open == 0 && len(h.told.begun) > 0 })
					h.settle()
				}
				h.checkTold()
				all := h.told.begun[client.address()]
				if got := h.told.statuses(client); !slices.Equal(got, c.statuses) {
					t.Fatalf("statuses %v, want %v", got, c.statuses)
				}
				for i, o := range all {
					want := Whole
					if i == len(all)-1 {
						want = c.outcome
					}
					if o.outcome != want {
						t.Errorf("exchange %d (%s) ended %v, want %v", i, o.line, o.outcome, want)
					}
				}
			})
		}
	}
}

// An observer is told of requests as they were received.
func TestObservedLineIsAsReceived(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	long := "/" + strings.Repeat("x", 2*MaxLine)
	c := h.dial("\r\nHEAD /static/small?a=b HTTP/1.1\r\nHost: a\r\n\r\n" + get(long) + "BREW /\x00 HTTP/1.1\r\n\r\n")
	h.until("the end", func() bool { return c.err != nil })
	h.settle()
	all := h.told.begun[c.address()]
	var lines []string
	for _, o := range all {
		lines = append(lines, fmt.Sprint(o.method == message.MethodHead, " ", o.line))
	}
	want := []string{"true HEAD /static/small?a=b HTTP/1.1", "false " + ("GET " + long)[:MaxLine], "false BREW /\x00 HTTP/1.1"}
	if !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
}
