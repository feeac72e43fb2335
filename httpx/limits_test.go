package httpx

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aws/backend"
	"aws/httpx/httpxtest"
	"aws/httpx/limit"
	"aws/httpx/site"
)

// checkLimits checks that no client is counted any more, and nobody waits.
func (h *harness) checkLimits() {
	h.t.Helper()
	m := h.limits
	if m == nil {
		return
	}
	if m.all.clients != nil {
		if u := m.all.clients.Use(); u != (limit.Use{}) {
			h.t.Errorf("still counted: %+v", u)
		}
	}
	if m.wheel.used != 0 || !m.ages.Empty() {
		h.t.Error("a connection that has ended still waits for its turn, or its age")
	}
}

// limitedTo is a server of root with these limits.
func limitedTo(root string, limits Limits) setup {
	return setup{root: root, adjust: func(c *Config) { c.Limits, c.Connections = limits, 64 }}
}

// from is dial for a client of this address, with a port of its own.
func (h *harness) from(ip, request string) *client {
	c := h.dial(request)
	a := backend.Address{}
	if ip != "unix" {
		a = backend.AddressFrom(netip.AddrPortFrom(netip.MustParseAddr(ip), uint16(1000+len(h.clients))))
	}
	c.peer.SetAddress(a)
	return c
}

// A client gets as many connections as it may have. As many more are told that they are
// too many, and any others are closed. Nobody else notices, and when they end it may have
// new ones.
func TestConnectionsOfAClient(t *testing.T) {
	exempt, err := backend.ParseNetwork("192.0.2.0/24")
	if err != nil {
		t.Fatal(err)
	}
	h := limitedTo(httpxtest.Tree(t, connFiles), Limits{Connections: 3, Exempt: backend.Networks{exempt}}).open(t)
	ask := get("/static/small")
	for round := range 2 {
		var of []*client
		for i := range 8 {
			c, opened := h.from(fmt.Sprintf("2001:db8:0:1::%x", i+1), ""), h.sim.Counters().Opened
			h.until("it to come in, or not", func() bool { return h.sim.Counters().Opened > opened })
			of = append(of, c)
		}
		for i, c := range of {
			if i < 6 {
				c.send(ask)
			}
			switch {
			case i < 3:
				if a := h.response(c); a.status != 200 || a.close {
					t.Errorf("connection %d: %d, close %v", i, a.status, a.close)
				}
			case i < 6:
				if a := h.response(c); a.status != 429 || !a.close || a.header.Get("Retry-After") != "1" {
					t.Errorf("connection %d: %d %v", i, a.status, a.header)
				}
				h.until("the end", func() bool { return c.err != nil })
			default:
				if h.until("the end", func() bool { return c.err != nil }); len(c.got) > 0 {
					t.Errorf("connection %d got %q", i, c.got)
				}
			}
		}
		for _, ip := range []string{"2001:db8:0:2::1", "198.51.100.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1", "unix", "unix", "unix", "unix"} {
			c := h.from(ip, ask)
			if a := h.response(c); a.status != 200 || a.close {
				t.Errorf("%s: %d, close %v", ip, a.status, a.close)
			}
		}
		if n := h.counters.turnedAway; n != uint64(2*(round+1)) {
			t.Errorf("%d were turned away", n)
		}
		if n := h.counters.refusals[manyConnections]; n != uint64(3*(round+1)) {
			t.Errorf("%d were refused", n)
		}
		for _, c := range h.clients {
			c.peer.Close()
			c.over = true
		}
		h.until("all to end", func() bool { return h.open == 0 })
		h.clients = nil
		clear(h.told.begun)
	}
	h.checkLimits()
}

// A client that asks too often gets 429 with the time to wait, whatever it asks for; its
// connection goes on. Nobody else notices.
func TestRateOfAClient(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	httpxtest.Write(t, filepath.Join(root, "static/429.html"), []byte("slow down"))
	s := limitedTo(root, Limits{ClientRate: limit.NewRate(12, time.Minute, 3)})
	adjust := s.adjust
	s.adjust = func(c *Config) {
		adjust(c)
		own := c.Sites[0]
		own.Hosts, own.ErrorPages = []string{"own"}, []site.ErrorPage{{Status: 429, Path: "/static/429.html"}}
		c.Sites = append(c.Sites, own)
	}
	h := s.open(t)
	c := h.from("192.0.2.1", strings.Repeat(get("/static/small"), 3))
	for _, a := range h.responses(c, 3) {
		if a.status != 200 {
			t.Errorf("status %d within the burst", a.status)
		}
	}
	for i, request := range []string{
		get("/static/small"),
		"GET /none HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: own\r\n\r\n",
	} {
		c.send(request)
		a := h.responses(c, 4+i)[3+i]
		want := []string{"429 Too Many Requests\n", "Please wait a little", "slow down"}[i]
		if a.status != 429 || a.close || a.header.Get("Retry-After") != "5" || !strings.Contains(string(a.body), want) {
			t.Errorf("%q: %d, close %v, %v, %q", request, a.status, a.close, a.header, a.body)
		}
	}
	other := h.from("192.0.2.2", get("/static/small"))
	if a := h.response(other); a.status != 200 {
		t.Errorf("another client gets %d", a.status)
	}
	start := h.sim.Now()
	h.beat = time.Second
	h.until("some time to pass", func() bool { return h.sim.Now() > start+5*time.Second })
	h.beat = 0
	c.send(get("/static/small"))
	if a := h.responses(c, 7)[6]; a.status != 200 {
		t.Errorf("status %d after the wait", a.status)
	}
	second := h.from("192.0.2.1", strings.Repeat(get("/static/small"), 3)+"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
	if a := h.responses(second, 4)[3]; a.status != 429 || !a.close {
		t.Errorf("with a body to come: %d, close %v", a.status, a.close)
	}
	if n := h.counters.refusals[manyOfClient]; n < 4 {
		t.Errorf("%d refusals are counted", n)
	}
	h.end()
}

// All clients together may ask so often; then it is 503, since none of them is to blame.
// Those who are exempt are not counted.
func TestRateOfAll(t *testing.T) {
	n, _ := backend.ParseNetwork("198.51.100.0/24")
	h := limitedTo(httpxtest.Tree(t, connFiles), Limits{Rate: limit.NewRate(1, time.Second, 2), Exempt: backend.Networks{n}}).open(t)
	for i, c := range []struct {
		ip     string
		status int
	}{
		{"198.51.100.1", 200}, {"unix", 200}, {"192.0.2.1", 200}, {"192.0.2.2", 200}, {"192.0.2.3", 503}, {"198.51.100.1", 200}, {"unix", 200},
	} {
		a := h.response(h.from(c.ip, get("/static/small")))
		if a.status != c.status || c.status == 503 && a.header.Get("Retry-After") != "1" {
			t.Errorf("%d, %s: %d %v", i, c.ip, a.status, a.header)
		}
	}
	h.end()
}

// A connection ends after so many requests, in whatever way they come.
func TestRequestsOfAConnection(t *testing.T) {
	h := limitedTo(httpxtest.Tree(t, connFiles), Limits{Requests: 3}).open(t)
	at := h.dial(strings.Repeat(get("/static/small"), 10))
	slowly := h.dial("")
	for i := range 3 {
		slowly.send(get("/dynamic/small"))
		if a := h.responses(slowly, i+1)[i]; a.close != (i == 2) {
			t.Errorf("response %d says close: %v", i, a.close)
		}
	}
	h.until("the end", func() bool { return at.err != nil && slowly.err != nil })
	all, rest, err := parseResponses(at.got, "GET", "GET", "GET")
	if err != nil || len(rest) > 0 || !all[2].close || all[1].close || at.err != io.EOF {
		t.Errorf("%d responses, %v, and %d bytes more, then %v", len(all), err, len(rest), at.err)
	}
	h.end()
}

// A connection that has reached its age ends: at once if it is idle, otherwise with its
// response, which says so if it can.
func TestAgeOfAConnection(t *testing.T) {
	h := limitedTo(httpxtest.Tree(t, connFiles), Limits{MaxAge: 20 * time.Second}).open(t)
	h.beat = time.Second / 4
	idle := h.dial(get("/static/small"))
	busy := h.stuck(get("/static/large"))
	late := h.dial("")
	h.until("all to be connected", func() bool { return h.open == 3 })
	h.until("half a head to arrive late", func() bool {
		if h.sim.Now() >= 9*time.Second && len(late.pieces) > 0 {
			return true
		}
		if h.sim.Now() >= 8*time.Second && late.told == nil {
			late.send("GET /static/small HTTP/1.1\r\n")
			late.told = []*observed{}
		}
		return h.sim.Now() >= 15*time.Second
	})
	h.until("the idle one to end", func() bool { return idle.err != nil })
	if now := h.sim.Now(); now < 20*time.Second || now > 21*time.Second || idle.err != io.EOF {
		t.Errorf("an idle connection ends at %v with %v", now, idle.err)
	}
	late.send("Host: a\r\n\r\n")
	if late.err == nil { // its head may have been late as well
		if a := h.response(late); !a.close {
			t.Error("a response after that age does not say that it is the last")
		}
	}
	busy.pace = everything
	h.until("the end", func() bool { return busy.err != nil })
	if all, _, err := parseResponses(busy.got, "GET"); err != nil || all[0].close || busy.err != io.EOF {
		t.Errorf("a response that was under way: %v, then %v", err, busy.err)
	}
	h.settle()
}

// Requests that arrive together are answered so many at a time.
func TestPipelinedRequests(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	for most, sends := range map[int]uint64{0: 1, 1: 20, 4: 5, 7: 3, 20: 1} {
		s := limitedTo(root, Limits{Pipelined: most})
		s.seed = 1 // small files are copied
		h := s.open(t)
		c := h.dial(strings.Repeat(get("/static/small"), 20))
		h.responses(c, 20)
		if n := h.sim.Counters().Sends; n != sends {
			t.Errorf("at most %d together: %d sends, want %d", most, n, sends)
		}
		h.end()
	}
}

// The log names the network of a client that meets a limit, now and then.
func TestLimitIsLogged(t *testing.T) {
	var log bytes.Buffer
	s := limitedTo(httpxtest.Tree(t, connFiles), Limits{ClientRate: limit.NewRate(1, time.Minute, 1)})
	adjust := s.adjust
	s.adjust = func(c *Config) { adjust(c); c.Log = slog.New(slog.NewTextHandler(&log, nil)) }
	h := s.open(t)
	h.responses(h.from("2001:db8:0:7::9", strings.Repeat(get("/static/small"), 20)), 20)
	if text := log.String(); strings.Count(text, "rate_per_ip") != 1 || !strings.Contains(text, "client 2001:db8:0:7::/64,") {
		t.Errorf("the log says %q", text)
	}
	h.end()
}

// FuzzLimits: however connections end, with whatever faults and limits, no client is
// counted after it, and each exchange ends once. TestConnSeeds looks at the bytes.
func FuzzLimits(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed)
	}
	root := httpxtest.Tree(f, scriptTree())
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 5))
		scripts := make([]*script, 1+r.IntN(10))
		for i := range scripts {
			scripts[i] = newScript(r, r.IntN(8) == 0)
		}
		kind, faults := kindTrouble(r)
		kind.Reset, kind.FailRead = r.Float64()*0.02, r.Float64()*0.1
		limits := anyLimits(r)
		s := setup{root: root, seed: seed, trouble: kind, faults: faults, adjust: func(c *Config) { c.Limits = limits }, addresses: r.IntN(4)}
		h := playOut(t, s, 6, 6+r.IntN(6), scripts)
		h.destroy()
	})
}

// anyLimits makes up limits, of which some are off.
func anyLimits(r *rand.Rand) (c Limits) {
	off := r.IntN(1 << 9)
	on := func(bit int) bool { return off>>bit&1 == 0 }
	rate := func(bit int, n, burst int64) limit.Rate {
		if !on(bit) {
			return limit.Rate{}
		}
		return limit.NewRate(1+r.Int64N(n), time.Second, 1+r.Int64N(burst))
	}
	c.ClientRate, c.Rate = rate(0, 1000, 20), rate(1, 1000, 100)
	c.ConnectionBandwidth, c.ClientBandwidth, c.Bandwidth = rate(2, 1<<20, 1<<16), rate(3, 1<<21, 1<<16), rate(4, 1<<22, 1<<16)
	if on(5) {
		c.Connections = 1 + r.Int64N(3)
	}
	if on(6) {
		c.Requests = 1 + r.IntN(20)
	}
	if on(7) {
		c.MaxAge = time.Duration(r.Int64N(int64(3 * time.Second)))
	}
	if on(8) {
		c.Pipelined = 1 + r.IntN(5)
	}
	return c
}

// Behind proxies the clients count whom these name: by the PROXY protocol for all of a
// connection, by a field for a request. The proxy's own connections do not count.
func TestLimitsBehindProxies(t *testing.T) {
	s := limitedTo(httpxtest.Tree(t, connFiles), Limits{Connections: 1, ClientRate: limit.NewRate(1, time.Hour, 2)})
	adjust := s.adjust
	s.adjust = func(c *Config) { adjust(c); c.TrustedProxies = networks(t, "192.0.2.0/24") }
	s.listeners = forProxies(t)
	h := s.open(t)
	names := func(address string) string {
		return "PROXY TCP4 " + address + " 192.0.2.1 4711 80\r\n"
	}
	dial := func(address, request string) *client {
		c := h.dial(names(address) + request)
		c.named = backend.AddressFrom(netip.MustParseAddrPort(address + ":4711"))
		return c
	}
	first := dial("203.0.113.1", get("/static/small"))
	if a := h.response(first); a.status != 200 {
		t.Errorf("the first connection gets %d", a.status)
	}
	told := dial("203.0.113.1", "")
	h.until("it to be counted", func() bool { return h.limits.all.clients.Use().Connections == 2 })
	away := dial("203.0.113.1", get("/static/small"))
	if h.until("the end", func() bool { return away.err != nil }); len(away.got) > 0 || h.counters.turnedAway != 1 {
		t.Errorf("the third connection gets %q", away.got)
	}
	told.send(get("/static/small"))
	if a := h.response(told); a.status != 429 || !a.close {
		t.Errorf("the second connection gets %d", a.status)
	}
	if a := h.response(dial("203.0.113.2", get("/static/small"))); a.status != 200 {
		t.Errorf("another client gets %d", a.status)
	}
	last := len(s.listeners) - 1
	for range 3 { // connections of one proxy
		relayed := h.dialTo(last, "")
		relayed.peer.SetAddress(backend.AddressFrom(netip.MustParseAddrPort(fmt.Sprintf("192.0.2.9:%d", 1000+len(h.clients)))))
		n := 0
		for _, c := range []struct {
			from   string
			status int
		}{{fmt.Sprintf("198.51.100.%d", len(h.clients)), 200}, {"198.51.100.200", 0}, {fmt.Sprintf("198.51.100.%d", len(h.clients)), 200}, {fmt.Sprintf("198.51.100.%d", len(h.clients)), 429}} {
			relayed.send("GET /static/small HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: " + c.from + "\r\n\r\n")
			n++
			if a := h.responses(relayed, n)[n-1]; c.status != 0 && a.status != c.status || a.close {
				t.Errorf("for %s: %d, close %v", c.from, a.status, a.close)
			}
		}
	}
	for _, c := range h.clients {
		c.peer.Close()
		c.over = true
	}
	h.until("all to end", func() bool { return h.open == 0 })
	h.checkLimits()
}
