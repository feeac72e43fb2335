package httpx

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"aws/httpx/httpxtest"
)

// sipper is a client that reads a few bytes of its responses now and then.
type sipper struct {
	*client
	bytes int
	every time.Duration
	next  time.Duration
}

// sips dials one that reads so many bytes every so often.
func (h *harness) sips(request string, bytes int, every time.Duration) *sipper {
	return &sipper{h.deaf(request), bytes, every, h.sim.Now() + every}
}

// step reads what is due.
func (s *sipper) step(now time.Duration) {
	if s.over || now < s.next {
		return
	}
	s.next += s.every
	b := make([]byte, s.bytes)
	n, err := s.peer.Read(b)
	s.got = append(s.got, b[:n]...)
	if s.err = err; err != nil {
		s.over = true
		s.peer.Close()
	}
}

// paceFiles are files and a folder that it takes long to read.
func paceFiles() map[string]int {
	files := map[string]int{"static/large": 1 << 20, "dynamic/large": 1 << 20, "dynamic/made": 1 << 20, "static/some": 2000}
	for i := range 2000 {
		files["static/list/"+strings.Repeat("long", 20)+string(rune('a'+i%26))+time.Duration(i).String()] = 1
	}
	return files
}

// paceServer serves them, listed and made too.
func paceServer(root string, adjust func(*Config)) setup {
	return setup{root: root, adjust: func(c *Config) {
		serveMade(c)
		if adjust != nil {
			adjust(c)
		}
	}}
}

// getMade is get for the site whose bodies are made.
func getMade(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: " + madeHost + "\r\n\r\n"
}

// A client that takes less than the minimum rate loses its connection, and all that
// it held is free: of whatever way its response goes, in a short stall timeout and a
// long one, and even if each of its responses is short.
func TestCrawlingClientIsCut(t *testing.T) {
	root := httpxtest.Tree(t, paceFiles())
	for _, c := range []struct {
		name, request string
		stall         time.Duration
	}{
		{"sendfile", get("/static/large"), 30 * time.Second},
		{"a stream buffer", get("/dynamic/large"), 30 * time.Second},
		{"made", getMade("/dynamic/made"), 30 * time.Second},
		{"a listing", getMade("/static/list/"), 30 * time.Second},
		{"short responses", strings.Repeat(get("/static/some"), 500), 30 * time.Second},
		{"a short stall timeout", get("/dynamic/large"), 5 * time.Second},
		{"a long stall timeout", get("/dynamic/large"), time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := paceServer(root, func(config *Config) { config.StallTimeout = c.stall }).open(t)
			h.beat = time.Second / 2
			slow := h.sips(c.request, 2<<10, 4*time.Second)
			h.until("the end", func() bool { slow.step(h.sim.Now()); return h.open == 0 && len(h.told.begun) > 0 })
			if o := h.told.outcome(slow.client); o != TooSlow {
				t.Errorf("it ended %v", o)
			}
			if now := h.sim.Now(); now < rateWindow || now > 2*rateWindow {
				t.Errorf("that took %v", now)
			}
			h.settle()
		})
	}
}

// A client that keeps to the rate gets all of its response, however it spreads what it
// takes. Without a minimum rate everybody does.
func TestSlowClientIsServed(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"static/large": 300 << 10, "dynamic/large": 300 << 10, "dynamic/made": 150 << 10})
	for _, c := range []struct {
		name  string
		bytes int
		every time.Duration
		rate  int
	}{
		{"steadily", 1100, time.Second, 1 << 10},
		{"in bursts", 33 << 10, 28 * time.Second, 1 << 10},
		{"without a rate", 2 << 10, 4 * time.Second, 0},
	} {
		for _, path := range []string{"/static/large", "/dynamic/large", "/dynamic/made"} {
			t.Run(c.name+path, func(t *testing.T) {
				h := paceServer(root, func(config *Config) { config.MinRate = c.rate }).open(t)
				h.beat = time.Second / 2
				request := get(path)
				if path == "/dynamic/made" {
					request = getMade(path)
				}
				slow := h.sips(request, c.bytes, c.every)
				h.until("the response", func() bool {
					slow.step(h.sim.Now())
					if len(slow.got) < 300<<10 { // less than the body
						return slow.err != nil
					}
					_, _, err := parseResponses(slow.got, "GET")
					return err == nil || slow.err != nil
				})
				if slow.err != nil {
					t.Fatalf("cut after %d bytes: %v, %v", len(slow.got), slow.err, h.told.outcome(slow.client))
				}
				want := httpxtest.Content("large", 300<<10)
				if path == "/dynamic/made" {
					want = double(httpxtest.Content("made", 150<<10))
				}
				if a := h.response(slow.client); !bytes.Equal(a.body, want) {
					t.Errorf("%d bytes, not those of the file", len(a.body))
				}
				h.end()
			})
		}
	}
}

// Only time in which the server waits for the client counts. One that has taken all
// that it was sent, or waits for a buffer, is not too slow; nor is one whose server did
// not run.
func TestOnlyWaitingForClientCounts(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles), adjust: func(c *Config) { c.StallTimeout = time.Hour }}.open(t)
	h.beat = time.Second / 2
	var jump time.Duration
	h.clock.read = func() time.Time { return httpxtest.Epoch.Add(h.sim.Now() + jump) }

	small := h.dial(get("/static/small"))
	h.response(small)
	for i := range 40 { // requests now and then: little is sent in that time, but nobody waits
		start := h.sim.Now()
		h.until("some time", func() bool { return h.sim.Now() > start+10*time.Second })
		small.send(get("/static/small"))
		h.responses(small, i+2)
	}

	h.limitStreams(1)
	taken := h.bodies.buffers.arena.Take()
	waits := h.dial(get("/dynamic/large"))
	start := h.sim.Now()
	h.until("ten minutes", func() bool { return h.sim.Now() > start+10*time.Minute })
	h.bodies.give(taken)
	if a := h.response(waits); len(a.body) != largeSize {
		t.Errorf("%d bytes after a long wait for a buffer", len(a.body))
	}

	slow := h.sips(get("/static/large"), 8<<10, time.Second)
	for range 20 {
		for range 20 {
			slow.step(h.sim.Now())
			_ = h.turn()
		}
		jump += time.Minute
	}
	slow.pace = everything
	if a := h.response(slow.client); !bytes.Equal(a.body, httpxtest.Content("large", largeSize)) {
		t.Errorf("%d bytes from a server that was stopped now and then", len(a.body))
	}
	h.end()
}
