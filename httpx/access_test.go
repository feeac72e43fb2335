package httpx

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// accessRule parses "deny PATTERN=NETWORKS" or "allow …".
func accessRules(t testing.TB, all ...string) (rules []site.AccessRule) {
	t.Helper()
	for _, s := range all {
		parse := site.ParseAllow
		if rest, ok := bytes.CutPrefix([]byte(s), []byte("deny ")); ok {
			parse, s = site.ParseDeny, string(rest)
		}
		r, err := parse(s)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	return rules
}

const insider, outsider, blocked = "10.1.2.3:1", "198.51.100.7:1", "192.0.2.66:1"

// askAs is ask for a client that comes from an address.
func (h *harness) askAs(from, path, fields string) parsedResponse {
	h.t.Helper()
	c := h.dial("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")
	if from == "unix" {
		c.peer.SetAddress(backend.Address{})
	} else {
		c.peer.SetAddress(backend.AddressFrom(netip.MustParseAddrPort(from)))
	}
	a := h.response(c)
	c.peer.Close()
	c.over = true
	h.until("its end", func() bool { return h.open == 0 })
	h.clients = nil
	return a
}

// fenced serves a tree of which networks may have parts, and whose settings lead from open
// paths into these.
func fenced(t *testing.T, trouble simio.Probabilities) setup {
	root := httpxtest.Tree(t, map[string]int{
		"public/index.html": 100, "public/a.css": 110, "public/a.css.gz": 10, "public/403.html": 130,
		"public/admin/index.html": 200, "public/admin/a.txt": 210, "public/admin/sub/b": 220, "public/admin/404.html": 230, "public/admin/open/y": 240,
		"public/docs/start.html": 250, "public/docs/page": 260, "public/docs/page.gz": 26, "public/docs/only.gz": 27,
		"public/notes/readme.md": 300, "public/notes/x": 1, "public/tried/x": 310, "public/admin/x": 320, "public/top/about.html": 330,
	})
	return setup{root: root, trouble: trouble, adjust: func(c *Config) {
		s := &c.Sites[0]
		s.Mounts = []site.MountConfig{{Prefix: "/", Dir: "public"}}
		s.Index, s.Autoindex, s.Precompressed = []string{"index.html", "start.html"}, true, []string{"gzip"}
		s.Archives = []site.Archive{site.Zip}
		s.Try = []string{"$path", "/admin$path"}
		s.Access = accessRules(t, "deny /admin=all", "/admin/*=10.0.0.0/8,2001:db8::/32,unix", "/admin/open/*=all", "deny /docs/start.html=198.51.100.0/24",
			"deny /docs/page=198.51.100.0/24", "deny *.gz=198.51.100.0/24", "deny */readme.md=198.51.100.0/24", "deny *=192.0.2.66")
		s.ErrorPages = []site.ErrorPage{{Status: 404, Path: "/admin/404.html"}, {Status: 403, Path: "/403.html"}}
		s.Redirects = []site.Redirect{redirect(t, "/admin/old=/old")}
		c.TrustedProxies = networks(t, "10.9.0.0/16")
	}}
}

// Nothing that a client is kept from is sent, whatever address leads there.
func TestAccessRulesFenceEveryAddress(t *testing.T) {
	for seed, trouble := range []simio.Probabilities{{}, cold, unkind} {
		s := fenced(t, trouble)
		s.seed = uint64(seed)
		h := s.open(t)
		for _, c := range []struct {
			from, path, fields string
			status, size       int // 0 is any
		}{
			{outsider, "/a.css", "", 200, 110},
			{outsider, "/admin/a.txt", "", 403, 130},
			{insider, "/admin/a.txt", "", 200, 210},
			{"[2001:db8::1]:1", "/admin/a.txt", "", 200, 210},
			{"[2001:db9::1]:1", "/admin/a.txt", "", 403, 130},
			{"[::ffff:10.1.2.3]:1", "/admin/a.txt", "", 200, 210},
			{"unix", "/admin/a.txt", "", 200, 210},
			{outsider, "//admin/./a.txt", "", 403, 130},
			{outsider, "/%61dmin/a.txt", "", 403, 130},
			{outsider, "/docs/../admin/a.txt", "", 403, 130},
			{outsider, "/ADMIN/a.txt", "", 403, 130},
			{outsider, "/admin", "", 403, 130},
			{insider, "/admin", "", 301, 0},
			{outsider, "/admin/", "", 403, 130},
			{insider, "/admin/", "", 200, 200},
			{outsider, "/admin/none", "", 403, 130}, // there or not: nobody learns
			{insider, "/admin/none", "", 404, 230},
			{outsider, "/admin/.env", "", 403, 130},
			{outsider, "/admin/old", "", 403, 130},
			{insider, "/admin/old", "", 302, 0},
			{outsider, "/admin/sub/?archive=zip", "", 403, 130},
			{outsider, "/admin/open/y", "", 200, 240}, // the exception
			{outsider, "/sub/b", "", 403, 130},        // tried below /admin
			{insider, "/sub/b", "", 200, 220},
			{outsider, "/none", "", 403, 130},
			{outsider, "/docs/", "", 403, 130}, // its index
			{insider, "/docs/", "", 200, 250},
			{outsider, "/docs/page", "", 403, 130},
			{outsider, "/docs/page.gz", "", 403, 130},
			{outsider, "/a.css.gz", "", 403, 130},
			{outsider, "/a.css", "Accept-Encoding: gzip\r\n", 200, 110}, // the sidecar is for others
			{insider, "/a.css", "Accept-Encoding: gzip\r\n", 200, 10},
			{blocked, "/", "", 403, 130},
			{blocked, "/none", "", 403, 130},
			{insider, "/admin/a.txt", "X-Forwarded-For: 198.51.100.7\r\n", 200, 210}, // not believed
			{outsider, "/admin/a.txt", "X-Forwarded-For: 10.1.2.3\r\n", 403, 130},
			{"10.9.0.1:5", "/admin/a.txt", "", 200, 210},
			{"10.9.0.1:5", "/admin/a.txt", "X-Forwarded-For: 10.1.2.3, 198.51.100.7\r\n", 403, 130},
			{"10.9.0.1:5", "/admin/a.txt", "X-Forwarded-For: 198.51.100.7, 10.1.2.3, 10.9.0.2\r\n", 200, 210},
			{"10.9.0.1:5", "/a.css", "Forwarded: for=\"[::ffff:192.0.2.66]:80\"\r\n", 403, 130},
			{"10.9.0.1:5", "/none", "Forwarded: for=192.0.2.66\r\n", 403, 130},
		} {
			a := h.askAs(c.from, c.path, c.fields)
			if a.status != c.status || c.size > 0 && len(a.body) != c.size || a.close {
				t.Errorf("%s of %s %.60q: status %d with %d bytes; want %d, %d", c.path, c.from, c.fields, a.status, len(a.body), c.status, c.size)
			}
		}
		h.end()
	}
}

// A page for an error is not sent to whom it is kept from, but for the one that says so.
// Neither is a fallback, or the page of an address.
func TestErrorPagesBehindAccessRules(t *testing.T) {
	s := fenced(t, simio.Probabilities{})
	adjust := s.adjust
	with := func(change func(*site.Config)) *harness {
		s.adjust = func(c *Config) { adjust(c); c.Sites[0].Try = nil; change(&c.Sites[0]) }
		return s.open(t)
	}
	h := with(func(*site.Config) {})
	if a := h.askAs(outsider, "/none", ""); a.status != 404 || string(a.body) != "404 Not Found\n" {
		t.Errorf("status %d, %q", a.status, a.body)
	}
	if a := h.askAs(insider, "/none", ""); a.status != 404 || len(a.body) != 230 {
		t.Errorf("allowed: status %d, %q", a.status, a.body)
	}
	h.end()
	h = with(func(s *site.Config) { s.Fallback = "/admin/a.txt" })
	for from, status := range map[string]int{outsider: 403, insider: 200} {
		if a := h.askAs(from, "/none", "Accept: text/html\r\n"); a.status != status {
			t.Errorf("fallback: status %d", a.status)
		}
	}
	h.end()
	h = with(func(s *site.Config) {
		s.CleanURLs, s.Access = true, accessRules(t, "deny /top/about.html=198.51.100.7")
	})
	for _, path := range []string{"/top/about", "/top/about/", "/top/about.html"} {
		if a := h.askAs(outsider, path, ""); a.status != 403 {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
	h.end()
}

// A listing does not show the content of what is kept from a client, and an archive leaves
// it out.
func TestListingsBehindAccessRules(t *testing.T) {
	s := fenced(t, simio.Probabilities{})
	if err := os.WriteFile(filepath.Join(s.root, "public/notes/readme.md"), []byte("what it says"), 0o644); err != nil {
		t.Fatal(err)
	}
	h := s.open(t)
	for from, shown := range map[string]bool{outsider: false, insider: true} {
		if a := h.askAs(from, "/notes/", ""); a.status != 200 || bytes.Contains(a.body, []byte("what it says")) != shown {
			t.Errorf("%s: status %d, README shown: %v", from, a.status, !shown)
		}
		if a := h.askAs(from, "/notes/?archive=zip", ""); a.status != 200 || bytes.Contains(a.body, []byte("readme.md")) != shown {
			t.Errorf("%s: status %d, README packed: %v", from, a.status, !shown)
		}
	}
	h.end()
}

// asked is an observer that wants to know whom requests are from, and when.
type asked struct {
	Follower     // the harness's, which is told too
	begun, ended []string
}

func (a *asked) Begun(e Exchange) {
	a.begun = append(a.begun, e.Client().String())
	a.Follower.Begun(e)
}

func (a *asked) Ended(e Exchange) {
	a.ended = append(a.ended, e.Client().String())
	a.Follower.Ended(e)
}

// Observers are told whom requests are from, also when the heads have gone. Of a head that
// is refused nothing is believed: what the proxy has written may be missing.
func TestClientsOfRequests(t *testing.T) {
	for _, c := range []struct{ from, fields, want string }{
		{"10.9.0.1:5", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 203.0.113.5, 10.9.3.4\r\n", "203.0.113.5:0"},
		{"10.9.0.1:5", "X-Forwarded-For: 203.0.113.5:77\r\n", "203.0.113.5:77"},
		{"10.9.0.1:5", "", "10.9.0.1:5"},
		{outsider, "X-Forwarded-For: 203.0.113.5\r\n", outsider},
		{"10.9.0.1:5", "X-Forwarded-For: 203.0.113.5\r\nbad\r\n", "10.9.0.1:5"},
		{"unix", "X-Forwarded-For: 203.0.113.5\r\n", "unknown"}, // of a TCP socket whose client has gone
	} {
		seen := &asked{}
		h := setup{root: httpxtest.Tree(t, connFiles), adjust: func(config *Config) {
			seen.Follower, config.Observer, config.TrustedProxies = config.Observer.(Follower), seen, networks(t, "10.9.0.0/16", "unix")
		}}.open(t)
		h.askAs(c.from, "/static/small", c.fields)
		h.settle()
		if len(seen.begun) != 1 || seen.begun[0] != c.want || len(seen.ended) != 1 || seen.ended[0] != c.want {
			t.Errorf("%q of %s: begun %q, ended %q, want %s", c.fields, c.from, seen.begun, seen.ended, c.want)
		}
	}
	seen := &asked{}
	h := setup{root: httpxtest.Tree(t, connFiles), listeners: forProxies(t)[2:], adjust: func(config *Config) {
		seen.Follower, config.Observer, config.TrustedProxies = config.Observer.(Follower), seen, networks(t, "203.0.113.0/24", "unix")
	}}.open(t)
	fields := "GET /static/small HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.5\r\n\r\n"
	for _, header := range []string{"PROXY UNKNOWN\r\n", "PROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\n", "PROXY TCP4 192.0.2.9 192.0.2.1 1 2\r\n"} {
		c := h.dial(header + fields)
		c.peer.SetAddress(backend.Address{})
		h.response(c)
	}
	if want := []string{"198.51.100.5:0", "198.51.100.5:0", "192.0.2.9:1"}; len(seen.begun) != 3 || seen.begun[0] != want[0] || seen.begun[1] != want[1] || seen.begun[2] != want[2] {
		t.Errorf("after a PROXY header: %q, want %q", seen.begun, want)
	}
	h.clients = nil
}
