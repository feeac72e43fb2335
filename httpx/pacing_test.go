package httpx

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"aws/httpx/httpxtest"
	"aws/httpx/limit"
)

// bandwidth is a limit of n bytes a second, evened out over an eighth of it.
func bandwidth(n int64) limit.Rate { return limit.NewRate(n, time.Second, n/8) }

// pacedFiles are files of a megabyte, and one with which a test warms up.
var pacedFiles = map[string]int{"static/large": 1 << 20, "dynamic/large": 1 << 20, "dynamic/made": 1 << 19, "static/small": 100}

// A connection is sent no more than its bandwidth, at any time, and hardly less, whatever
// way its response goes; for that it wakes up four times a second, and no more.
func TestBandwidthOfAConnection(t *testing.T) {
	root := httpxtest.Tree(t, pacedFiles)
	for _, c := range []struct{ name, request string }{
		{"sendfile", get("/static/large")},
		{"stream buffers", get("/dynamic/large")},
		{"ranges", "GET /static/large HTTP/1.1\r\nHost: a\r\nRange: bytes=0-599999,600001-1048575\r\n\r\n"},
		{"made", getMade("/dynamic/made")},
		{"small responses", strings.Repeat(get("/static/small"), 3000)},
	} {
		for _, rate := range []int64{16 << 10, 100_000, 1 << 20} {
			if c.name == "made" && rate < 1<<20 {
				continue // goroutines know nothing of virtual time, so it takes real time
			}
			t.Run(c.name, func(t *testing.T) {
				s := paceServer(root, func(c *Config) { c.Limits.ConnectionBandwidth, c.StallTimeout = bandwidth(rate), time.Second })
				h := s.open(t)
				client := h.dial(c.request)
				turns, first := h.counters.turns, time.Duration(-1)
				at := func() int64 { return int64(len(client.got)) }
				h.until("the response", func() bool {
					if at() > 0 && first < 0 {
						first = h.sim.Now()
					}
					most := rate/8 + 2*max(rate/piecesPerSecond, leastPiece) + leastPiece + int64((h.sim.Now()-max(first, 0)).Seconds()*float64(rate))
					if at() > most {
						t.Fatalf("%d bytes at %v, more than %d", at(), h.sim.Now(), most)
					}
					return at() >= 800_000 || client.err != nil
				})
				took := (h.sim.Now() - first).Seconds()
				if least := float64(at()-rate/8-2*max(rate/piecesPerSecond, leastPiece)) / float64(rate); took > least*1.2+1 {
					t.Errorf("%d bytes took %v s, want about %v", at(), took, least)
				}
				waits := h.counters.waited
				if pieces := float64(at())/float64(h.limits.piece) + 3; c.name != "small responses" && float64(waits) > 2*pieces || took > 1 && waits == 0 {
					t.Errorf("%d waits for %v pieces", waits, pieces)
				}
				if n := h.counters.turns - turns; c.name != "made" && c.name != "small responses" && n > 40*(waits+2) {
					t.Errorf("%d turns for %d waits", n, waits)
				}
				h.end()
			})
		}
	}
}

// All bytes arrive, and all of them are those of the file.
func TestPacedFileIsWhole(t *testing.T) {
	root := httpxtest.Tree(t, pacedFiles)
	for _, path := range []string{"/static/large", "/dynamic/large"} {
		h := limitedTo(root, Limits{ConnectionBandwidth: bandwidth(300_000), ClientBandwidth: bandwidth(400_000), Bandwidth: bandwidth(500_000)}).open(t)
		c := h.dial(get(path))
		if a := h.response(c); !bytes.Equal(a.body, httpxtest.Content("large", 1<<20)) {
			t.Errorf("%s: %d bytes, not those of the file", path, len(a.body))
		}
		if now := h.sim.Now(); now < 2*time.Second {
			t.Errorf("that took %v", now)
		}
		h.end()
	}
}

// Who shares a bandwidth takes turns: all connections of a client, and all clients.
func TestBandwidthIsShared(t *testing.T) {
	root := httpxtest.Tree(t, pacedFiles)
	const rate = 200_000
	for _, c := range []struct {
		name    string
		limits  Limits
		ips     []string
		parts   []float64 // of the rate
		atFirst int64     // what all of them may be sent at once
	}{
		{"a client", Limits{ClientBandwidth: bandwidth(rate)}, []string{"192.0.2.1", "192.0.2.1", "192.0.2.2"}, []float64{.5, .5, 1}, 0},
		{"an IPv6 network", Limits{ClientBandwidth: bandwidth(rate)}, []string{"2001:db8::1", "2001:db8::2"}, []float64{.5, .5}, 0},
		{"all", Limits{Bandwidth: bandwidth(rate)}, []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}, []float64{.25, .25, .25, .25}, 0},
		{"all, one of them slow", Limits{Bandwidth: bandwidth(rate), ClientBandwidth: bandwidth(rate / 2)}, []string{"192.0.2.1", "192.0.2.1", "192.0.2.2"}, []float64{.25, .25, .5}, 0},
	} {
		for _, path := range []string{"/static/large", "/dynamic/large"} {
			t.Run(c.name+path, func(t *testing.T) {
				h := limitedTo(root, c.limits).open(t)
				var all []*client
				for _, ip := range c.ips {
					all = append(all, h.from(ip, get(path)))
				}
				h.from("unix", get(path))
				h.until("some seconds", func() bool { return h.sim.Now() >= 3*time.Second })
				for i, part := range c.parts {
					want := 3 * rate * part
					if got := float64(len(all[i].got)); got < want-80_000 || got > want+120_000 {
						t.Errorf("client %d got %v bytes, want about %v", i, got, want)
					}
				}
				if exempt := h.clients[len(h.clients)-1]; len(exempt.got) < 1<<20 {
					t.Errorf("who is exempt got %d bytes", len(exempt.got))
				}
				if n := h.bodies.buffers.arena.Taken(); n > len(all) {
					t.Errorf("%d stream buffers are held", n)
				}
				h.end()
			})
		}
	}
}

// While a connection waits for its turn, it has not stalled, and holds no stream buffer;
// it may end, and gives back what it has reserved.
func TestWaitingForATurn(t *testing.T) {
	root := httpxtest.Tree(t, pacedFiles)
	waiting := func(t *testing.T, stall time.Duration) (*harness, *client) {
		s := limitedTo(root, Limits{ClientBandwidth: limit.NewRate(1<<10, time.Second, 1), Bandwidth: limit.NewRate(1<<10, time.Second, 1)})
		adjust := s.adjust
		s.adjust = func(c *Config) { adjust(c); c.StallTimeout = stall }
		h := s.open(t)
		c := h.dial(get("/dynamic/large"))
		h.until("it to wait", func() bool { return h.limits.wheel.used != 0 })
		if n := h.bodies.buffers.arena.Taken(); n > 0 {
			t.Errorf("%d stream buffers are held", n)
		}
		return h, c
	}
	t.Run("it goes on", func(t *testing.T) {
		h, c := waiting(t, time.Second)
		h.until("a minute", func() bool { return h.sim.Now() > time.Minute })
		if n := len(c.got); n < 50<<10 || c.err != nil {
			t.Errorf("%d bytes in a minute, and %v", n, c.err)
		}
		h.end()
	})
	t.Run("the client goes", func(t *testing.T) {
		h, c := waiting(t, time.Second)
		c.peer.Close()
		c.over = true
		h.settle()
		if now := h.sim.Now(); now > 20*time.Second {
			t.Errorf("that takes until %v", now)
		}
		// At most the piece that did not arrive is still paid for.
		if behind := h.limits.all.bytes.Behind(h.now() + h.limits.skewed); behind > int64(5*time.Second) {
			t.Errorf("the others have to wait for %v", time.Duration(behind))
		}
	})
	t.Run("the server ends", func(t *testing.T) {
		h, c := waiting(t, time.Second)
		h.server.Drain()
		h.settle()
		if now := h.sim.Now(); now > 15*time.Second || h.told.outcome(c) != Drained {
			t.Errorf("at %v: %v", now, h.told.outcome(c))
		}
	})
}

// Many who leave while they wait take no bandwidth with them.
func TestLeavingTheLine(t *testing.T) {
	h := limitedTo(httpxtest.Tree(t, pacedFiles), Limits{Bandwidth: bandwidth(100_000)}).open(t)
	for range 40 {
		h.dial(get("/static/large"))
	}
	h.until("all to wait", func() bool { return h.counters.waited >= 40 })
	for _, c := range h.clients {
		c.peer.Close()
		c.over = true
	}
	h.settle()
	if behind := h.limits.all.bytes.Behind(h.now() + h.limits.skewed); behind > 0 {
		t.Errorf("others have to wait for %v", time.Duration(behind))
	}
}
