package httpx

import (
	"testing"

	"aws/httpx/httpxtest"
)

// A response leaves together with the end of the connection only if it is small
// and the client has said that it sends no more. It arrives whole.
func TestSmallLastResponseIsCorked(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"static/a": 1000, "static/large": corkMax + 1, "dynamic/a": 1000})
	const last = " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
	for _, c := range []struct {
		name    string
		request string
		corked  bool
	}{
		{"a small file", "GET /static/a" + last, true},
		{"by way of a buffer", "GET /dynamic/a" + last, true},
		{"HTTP/1.0", "GET /static/a HTTP/1.0\r\n\r\n", true},
		{"HEAD", "HEAD /static/large" + last, true},
		{"not found", "GET /static/none" + last, true},
		{"after another response", get("/static/none") + "GET /static/a" + last, true},
		{"kept alive", get("/static/a"), false},
		{"a large file", "GET /static/large" + last, false},
		{"more after it", "GET /static/a" + last + "GET", false},
		{"CONNECT", "CONNECT a:443" + last, false},
		{"POST", "POST /static/a HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", false},
		{"a body to come", "GET /static/a HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", false},
		{"no request", "GET /static/a HTTP/1.1\r\nConnection: close\r\n\r\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(2) {
				h := setup{root: root, seed: seed}.open(t)
				client := h.dial(c.request)
				h.until("a response", func() bool { return len(client.got) > 0 })
				h.settle()
				if got := client.peer.Corked(); got != c.corked {
					t.Errorf("seed %d: corked %v", seed, got)
				}
				if c.corked {
					method := c.request[:4]
					if method != "HEAD" {
						method = "GET"
					}
					if all, _, err := parseResponses(client.got, method); err != nil || client.err == nil {
						t.Errorf("seed %d: %d responses, %v, the end %v", seed, len(all), err, client.err)
					}
				}
			}
		})
	}
}

// A response that follows others still on their way is not corked: together they
// may be more than the kernel should be left with.
func TestNotCorkedWhileOthersAreOnTheirWay(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"static/a": 10_000, "dynamic/a": 1000})
	const last = " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
	for _, path := range []string{"/dynamic/a", "/static/none"} {
		for _, before := range []string{get("/static/a"), get("/static/a") + get("/static/a")} {
			for _, short := range []float64{0, 1} {
				s := setup{root: root, adjust: func(c *Config) { c.CopyBelow = MaxCopy }}
				s.trouble.ShortSend = short
				h := s.open(t)
				h.response(h.dial(get(path))) // from now on the kernel knows whether it is there
				c := h.deaf(before + "GET " + path + last)
				h.until("all to be sent", func() bool { return h.told.outcome(c) == Whole })
				c.pace = everything
				h.until("the end", func() bool { return c.err != nil })
				if want := path == "/static/none" && len(c.got) <= corkMax; c.peer.Corked() != want {
					t.Errorf("%q, then %s, short %v: corked %v after %d bytes", before, path, short, c.peer.Corked(), len(c.got))
				}
				h.settle()
			}
		}
	}
}
