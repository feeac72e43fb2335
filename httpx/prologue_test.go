package httpx

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	pires "github.com/pires/go-proxyproto"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
)

// networks parses several.
func networks(t testing.TB, all ...string) (n backend.Networks) {
	t.Helper()
	for _, s := range all {
		one, err := backend.ParseNetwork(s)
		if err != nil {
			t.Fatal(err)
		}
		n = append(n, one)
	}
	return n
}

// forProxies are listeners: the first is for proxies in the network that simulated clients
// come from, the second for others, the third is a unix socket for proxies, and the last is
// for everybody.
func forProxies(t testing.TB) (all []*backend.Listener) {
	for _, n := range []backend.Networks{networks(t, "192.0.2.0/24", "198.18.0.0/15"), networks(t, "192.0.2.0/24"), networks(t, "unix"), nil} {
		all = append(all, &backend.Listener{FDs: []int{0}, Proxies: n})
	}
	all[2].Addr = "unix:/socket"
	return all
}

const proxiedClient = "203.0.113.9:4711"

// prologues are PROXY headers with the client that they name, or none.
func prologues(t testing.TB) map[string]string {
	t.Helper()
	client := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(proxiedClient))
	h := pires.HeaderProxyFromAddrs(2, client, client)
	if err := h.SetTLVs([]pires.TLV{{Type: pires.PP2_TYPE_NOOP, Value: make([]byte, 300)}}); err != nil {
		t.Fatal(err)
	}
	v2, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	h.Command = pires.LOCAL
	local, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"PROXY TCP4 203.0.113.9 192.0.2.1 4711 80\r\n":      proxiedClient,
		"PROXY TCP6 2001:db8::9 2001:db8::1 4711 80\r\n":    "[2001:db8::9]:4711",
		"PROXY UNKNOWN " + strings.Repeat("x", 91) + "\r\n": "",
		string(v2):    proxiedClient,
		string(local): "",
	}
}

// A PROXY header may come in any pieces, alone or with requests, and names the client of
// all requests of its connection.
func TestPrologueInPieces(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	for header, client := range prologues(t) {
		for seed, trouble := range []simio.Probabilities{{}, unkind} {
			h := setup{root: root, seed: uint64(seed), trouble: trouble, listeners: forProxies(t), adjust: func(c *Config) { c.Connections = 64 }}.open(t)
			all := header + get("/static/small") + get("/dynamic/small")
			for split := 0; split <= len(all); split += 1 + seed*7 {
				c := h.dial("")
				c.pieces = [][]byte{[]byte(all[:split]), []byte(all[split:])}
				if split == 0 { // byte by byte
					c.pieces = nil
					for i := range all {
						c.pieces = append(c.pieces, []byte(all[i:i+1]))
					}
				}
				if client != "" {
					c.named = backend.AddressFrom(netip.MustParseAddrPort(client))
				}
				before := len(h.told.statuses(c))
				for _, a := range h.responses(c, 2) {
					if a.status != 200 || a.close {
						t.Fatalf("%q, split at %d: status %d, close %v", header, split, a.status, a.close)
					}
				}
				if got := h.told.statuses(c)[before:]; !slices.Equal(got, []int{200, 200}) {
					t.Fatalf("%q, split at %d: %v is told of %v", header, split, got, c.address())
				}
				c.peer.Close()
				c.over = true
				h.until("its end", func() bool { return h.open == 0 })
				h.clients = nil
			}
			h.settle()
		}
	}
}

// What does not begin with a header is refused, and so is who is no proxy, with a header
// and without one. The log names what proxies do wrong, not others.
func TestPrologueRefused(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	v1 := "PROXY TCP4 203.0.113.9 192.0.2.1 4711 80\r\n"
	for _, c := range []struct {
		listener int
		sends    string
		reason   string
		logged   string
	}{
		{0, get("/static/small"), "proxy_header_missing", "there is no PROXY header"},
		{0, "\x16\x03\x01", "proxy_header_missing", "there is no PROXY header"},
		{0, "PROXY TCP4 203.0.113.9\r\n" + get("/static/small"), "proxy_header", "the PROXY header is malformed"},
		{0, "PROXY UNKNOWN " + strings.Repeat("x", 200), "proxy_header_too_long", "the PROXY header is too long"},
		{0, "\r\n\r\n\x00\r\nQUIT\n\x21\x11\xff\xff", "proxy_header_too_long", "the PROXY header is too long"},
		{0, "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x13" + "12345678abcd\x03\x00\x04abcd", "proxy_checksum", "checksum"},
		{0, v1 + v1 + get("/static/small"), "request_line", ""}, // HTTP's own business
		{1, v1 + get("/static/small"), "proxy_unknown", ""},
		{1, "P", "proxy_unknown", ""},
		{1, get("/static/small"), "proxy_unknown", ""},
		{2, v1 + get("/static/small"), "proxy_unknown", ""}, // over TCP, which cannot be
		{3, v1 + get("/static/small"), "request_line", ""},  // nobody asked for one
	} {
		logged := &bytes.Buffer{}
		h := setup{root: root, listeners: forProxies(t), adjust: func(c *Config) { c.Log = slog.New(slog.NewTextHandler(logged, nil)) }}.open(t)
		client := h.dialTo(c.listener, c.sends)
		if strings.HasPrefix(c.sends, v1+v1) {
			client.named = backend.AddressFrom(netip.MustParseAddrPort(proxiedClient))
		}
		a := h.response(client)
		h.until("the end", func() bool { return client.err != nil })
		if a.status != 400 || !a.close || len(h.told.statuses(client)) != 1 {
			t.Errorf("%q: status %d, close %v", c.sends, a.status, a.close)
		}
		if (c.logged == "") != (logged.Len() == 0) || !strings.Contains(logged.String(), c.logged) {
			t.Errorf("%q: logged %q, want %q", c.sends, logged, c.logged)
		}
		h.settle()
		if n := h.figures().Refusals[c.reason]; n != 1 {
			t.Errorf("%q: %d counted for %s", c.sends, n, c.reason)
		}
	}
}

// The clients of a unix socket are proxies all.
func TestPrologueOnUnixSocket(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles), listeners: forProxies(t)}.open(t)
	c := h.dialTo(2, "PROXY TCP4 203.0.113.9 192.0.2.1 4711 80\r\n"+get("/static/small"))
	c.peer.SetAddress(backend.Address{})
	c.named = backend.AddressFrom(netip.MustParseAddrPort(proxiedClient))
	if a := h.response(c); a.status != 200 || len(h.told.statuses(c)) != 1 {
		t.Errorf("status %d", a.status)
	}
	h.end()
}

// A header has the deadline of the first head: half of one is 408, and without a head
// after it the connection just ends, as one does that says nothing.
func TestPrologueTooLate(t *testing.T) {
	const v1 = "PROXY TCP4 203.0.113.9 192.0.2.1 4711 80\r\n"
	for sends, statuses := range map[string][]int{
		"": nil, "P": {408}, v1[:20]: {408}, v1: nil, v1 + "GET": {408}, "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c123": {408},
	} {
		h := setup{root: httpxtest.Tree(t, connFiles), listeners: forProxies(t)}.open(t)
		c := h.dial("")
		c.pieces = nil
		for _, b := range []byte(sends) { // which does not put the deadline off
			c.pieces = append(c.pieces, []byte{b})
		}
		if strings.HasPrefix(sends, v1) {
			c.named = backend.AddressFrom(netip.MustParseAddrPort(proxiedClient))
		}
		begin := h.sim.Now()
		h.until("the end", func() bool { return c.err != nil })
		if got := h.told.statuses(c); !slices.Equal(got, statuses) {
			t.Errorf("%q: statuses %v, want %v", sends, got, statuses)
		}
		if took := h.sim.Now() - begin; took < h.config.HeaderTimeout || took > h.config.HeaderTimeout+lingerTimeout+time.Second {
			t.Errorf("%q: after %v", sends, took)
		}
		h.settle()
	}
}

// A client that goes away in the middle of its header leaves nothing, and neither does
// the name that the client before it had.
func TestPrologueCutOff(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles), listeners: forProxies(t)}.open(t)
	for header, name := range prologues(t) {
		c := h.dial(header + get("/static/small"))
		if name != "" {
			c.named = backend.AddressFrom(netip.MustParseAddrPort(name))
		}
		h.response(c)
		c.peer.Close()
		c.over = true
		for cut := range len(header) {
			c := h.dial(header[:cut])
			c.halfClose = true
			h.until("the end", func() bool { return c.err != nil })
			if len(h.told.statuses(c)) > 0 || len(c.got) > 0 {
				t.Errorf("%q: %q", header[:cut], c.got)
			}
		}
	}
	c := h.dial("PROXY UNKNOWN\r\n" + get("/static/small"))
	if a := h.response(c); a.status != 200 || len(h.told.statuses(c)) != 1 {
		t.Errorf("status %d", a.status)
	}
	h.until("an end of all but one", func() bool { return h.open == 1 })
	h.clients = nil
	c.peer.Close()
	h.until("the end", func() bool { return h.open == 0 })
}
