package httpx

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"aws/backend/backendtest/children"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// passwordFile writes a file with these users, whose passwords are "of " and their
// names.
func passwordFile(t testing.TB, users ...string) (name string) {
	t.Helper()
	var text strings.Builder
	for _, user := range users {
		hash, err := bcrypt.GenerateFromPassword([]byte("of "+user), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%s:%s\n", user, hash)
	}
	name = filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(name, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func authRule(t testing.TB, s string) site.AuthRule {
	t.Helper()
	r, err := site.ParseAuth(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// as is the field of a user, with the password of passwordFile.
func as(user string) string { return withPassword(user, "of "+user) }

func withPassword(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)) + "\r\n"
}

func (h *harness) ask(path, fields string) parsedResponse {
	h.t.Helper()
	return h.response(h.dial("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"))
}

// guarded serves a tree in which much needs a password, and whose settings lead from
// open paths into what does.
func guarded(t *testing.T, trouble simio.Probabilities) setup {
	root := httpxtest.Tree(t, map[string]int{
		"public/index.html": 100, "public/a.css": 110, "public/a.css.gz": 10, "public/404.html": 130, "public/401.html": 140,
		"public/private/index.html": 200, "public/private/a.txt": 210, "public/private/sub/b": 220, "public/private/403.html": 230,
		"public/docs/start.html": 240, "public/docs/page": 250, "public/docs/page.gz": 25,
		"public/tried/private/deep": 260, "public/open/x": 270, "public/notes/readme.md": 300, "public/notes/x": 1, "public/private/open/y": 280, "public/old": 290,
	})
	users, others := passwordFile(t, "bob", "ann"), passwordFile(t, "carl")
	return setup{root: root, trouble: trouble, adjust: func(c *Config) {
		s := &c.Sites[0]
		s.Mounts = []site.MountConfig{{Prefix: "/", Dir: "public"}}
		s.Index, s.Autoindex, s.Precompressed = []string{"index.html", "start.html"}, true, []string{"gzip"}
		s.Try = []string{"$path", "/private$path"}
		s.Auth = []site.AuthRule{
			authRule(t, "/private/*="+users), authRule(t, "/private/open=-"), authRule(t, "/docs/start.html="+others+`:the "docs"`),
			authRule(t, "*.gz="+others), authRule(t, "/docs/page="+users), authRule(t, "*/readme.md="+users),
		}
		s.ErrorPages = []site.ErrorPage{{Status: 404, Path: "/private/403.html"}, {Status: 401, Path: "/private/403.html"}}
		s.Redirects = []site.Redirect{redirect(t, "/private/old=/old")}
	}}
}

// Nothing that needs a password is sent without it, whatever address leads there.
func TestPasswordsGuardEveryAddress(t *testing.T) {
	const none, docs = "Basic realm=\"restricted\", charset=\"UTF-8\"", `Basic realm="the \"docs\"", charset="UTF-8"`
	for seed, trouble := range []simio.Probabilities{{}, cold, unkind} {
		s := guarded(t, trouble)
		s.seed = uint64(seed)
		h := s.open(t)
		for _, c := range []struct {
			path, fields string
			status, size int // 0 is any
			challenge    string
		}{
			{"/a.css", "", 200, 110, ""},
			{"/a.css", as("bob"), 200, 110, ""},
			{"/private/a.txt", "", 401, 230, none}, // with its page, which lies there too
			{"/private/a.txt", as("bob"), 200, 210, ""},
			{"/private/a.txt", as("ann"), 200, 210, ""},
			{"/private/a.txt", as("carl"), 401, 230, none},
			{"/private/a.txt", withPassword("bob", "of ann"), 401, 230, none},
			{"/private/a.txt", as("bob") + as("bob"), 401, 230, none},
			{"/private/a.txt", "Authorization: Bearer x\r\n", 401, 230, none},
			{"/private/a.txt", "Authorization:\r\n", 401, 230, none},
			{"/private/a.txt", "Authorization: Basic " + strings.Repeat("A", 9000) + "\r\n", 401, 230, none},
			{"//private/./a.txt", "", 401, 230, none},
			{"/%70rivate/a.txt", "", 401, 230, none},
			{"/open/../private/a.txt", "", 401, 230, none},
			{"/PRIVATE/a.txt", "", 401, 230, none},
			{"/private", "", 401, 230, none},
			{"/private", as("bob"), 301, 0, ""},
			{"/private/", "", 401, 230, none},
			{"/private/", as("bob"), 200, 200, ""},
			{"/private/sub", "", 401, 230, none}, // a folder or not: nobody learns
			{"/private/sub/", "", 401, 230, none},
			{"/private/sub/", as("bob"), 200, 0, ""},
			{"/private/none", "", 401, 230, none},
			{"/private/none", as("bob"), 404, 230, ""},
			{"/private/.env", "", 401, 230, none},
			{"/private/old", "", 401, 230, none},
			{"/private/old", as("bob"), 302, 0, ""},
			{"/private/a.txt", "If-None-Match: *\r\nRange: bytes=0-0\r\n", 401, 230, none},
			{"/private/a.txt", "Range: bytes=0-0\r\n" + as("bob"), 206, 1, ""},
			{"/private/open/y", "", 200, 280, ""}, // the exception
			{"/open/x", "", 200, 270, ""},
			{"/sub/b", "", 401, 230, none}, // tried below /private
			{"/sub/b", as("bob"), 200, 220, ""},
			{"/none", "", 401, 230, none},
			{"/none", as("bob"), 404, 230, ""},
			{"/docs/", "", 401, 230, docs}, // its index
			{"/docs/", as("carl"), 200, 240, ""},
			{"/docs/start.html", as("bob"), 401, 230, docs},
			{"/docs/page", "", 401, 230, none},
			{"/docs/page.gz", "", 401, 230, none},
			{"/a.css.gz", "", 401, 230, none},
			{"/a.css", "Accept-Encoding: gzip\r\n", 200, 110, ""}, // the sidecar is for others
		} {
			a := h.ask(c.path, c.fields)
			if a.status != c.status || c.size > 0 && len(a.body) != c.size || a.header.Get("WWW-Authenticate") != c.challenge || a.close {
				t.Errorf("%s %.60q: status %d with %d bytes, %q; want %d, %d, %q", c.path, c.fields,
					a.status, len(a.body), a.header.Get("WWW-Authenticate"), c.status, c.size, c.challenge)
			}
		}
		h.end()
	}
}

// A page for an error is not sent to clients without its password, and OPTIONS needs
// none. A site's fallback needs the password of its path.
func TestErrorPagesBehindPasswords(t *testing.T) {
	s := guarded(t, simio.Probabilities{})
	adjust := s.adjust
	s.adjust = func(c *Config) { adjust(c); c.Sites[0].Try = nil }
	h := s.open(t)
	if a := h.ask("/none", ""); a.status != 404 || string(a.body) != "404 Not Found\n" {
		t.Errorf("status %d, %q", a.status, a.body)
	}
	if a := h.ask("/none", as("ann")); a.status != 404 || len(a.body) != 230 {
		t.Errorf("with the password: status %d, %q", a.status, a.body)
	}
	c := h.dial("OPTIONS /private/a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
	h.until("a response", func() bool { return bytes.HasPrefix(c.got, []byte("HTTP/1.1 204 ")) })
	c = h.dial("HEAD /private/a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
	h.until("a response", func() bool {
		return bytes.HasPrefix(c.got, []byte("HTTP/1.1 401 ")) && bytes.HasSuffix(c.got, []byte("\r\n\r\n"))
	})
	h.end()
	s.adjust = func(c *Config) { adjust(c); c.Sites[0].Try, c.Sites[0].Fallback = nil, "/private/a.txt" }
	h = s.open(t)
	if a := h.ask("/none", "Accept: text/html\r\n"); a.status != 401 {
		t.Errorf("fallback: status %d", a.status)
	}
	if a := h.ask("/none", "Accept: text/html\r\n"+as("bob")); a.status != 200 || len(a.body) != 210 {
		t.Errorf("fallback with the password: status %d, %d bytes", a.status, len(a.body))
	}
	h.end()
}

// A listing does not show the content of what needs a password.
func TestListingShowsNothingWithheld(t *testing.T) {
	s := guarded(t, simio.Probabilities{})
	for _, name := range []string{"notes/readme.md", "open/readme.txt"} {
		if err := os.WriteFile(filepath.Join(s.root, "public", name), []byte("what it says"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h := s.open(t)
	for path, shown := range map[string]bool{"/notes/": false, "/open/": true} {
		a := h.ask(path, "")
		if a.status != 200 || bytes.Contains(a.body, []byte("what it says")) != shown {
			t.Errorf("%s: status %d, README shown: %v", path, a.status, !shown)
		}
	}
	h.end()
}

// Requests that come together, of one client or of many, share a check. Clients that
// go away meanwhile leave nothing behind.
func TestPasswordsOfManyRequests(t *testing.T) {
	for seed := range uint64(4) {
		s := guarded(t, unkind)
		s.seed = seed
		h := s.open(t)
		var all strings.Builder
		for range 10 {
			all.WriteString("GET /private/a.txt HTTP/1.1\r\nHost: a\r\n" + as("bob") + "\r\n" + "GET /private/a.txt HTTP/1.1\r\nHost: a\r\n" + as("none") + "\r\n")
		}
		clients := []*client{h.dial(all.String()), h.dial(all.String()), h.dial(all.String())}
		for range 3 {
			h.dial("GET /private/a.txt HTTP/1.1\r\nHost: a\r\n" + as("gone") + "\r\n").breakAt = 0
		}
		for _, c := range clients {
			for i, a := range h.responses(c, 20) {
				if want := []int{200, 401}[i%2]; a.status != want {
					t.Errorf("response %d: status %d, want %d", i, a.status, want)
				}
			}
		}
		h.end()
	}
}

// A wrong password is checked again each time, and a right one that is wrong now is
// not remembered: the file has changed.
func TestChangedPasswordCounts(t *testing.T) {
	h := guarded(t, simio.Probabilities{}).open(t)
	if a := h.ask("/private/a.txt", as("bob")); a.status != 200 {
		t.Fatalf("status %d", a.status)
	}
	name := h.sites.PasswordFiles[0]
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	bob, _, _ := bytes.Cut(text, []byte("\n"))
	if err := os.WriteFile(name, bytes.TrimPrefix(text, append(bob, '\n')), 0o600); err != nil {
		t.Fatal(err)
	}
	children.Eventually(t, "the user to be gone", func() bool { return h.ask("/private/a.txt", as("bob")).status == 401 })
	if a := h.ask("/private/a.txt", as("ann")); a.status != 200 {
		t.Errorf("still a user: status %d", a.status)
	}
	h.end()
}

// If too many passwords are to be checked, further ones are 503 at once; those that
// are known already, and everything else, go on. What waits too long is 503.
func TestFloodOfPasswords(t *testing.T) {
	s := guarded(t, simio.Probabilities{})
	adjust := s.adjust
	logged := &bytes.Buffer{}
	s.adjust = func(c *Config) {
		adjust(c)
		c.Connections, c.LookUpTimeout, c.Crew = maxChecks+8, 50*time.Millisecond, 1
		c.Log = slog.New(slog.NewTextHandler(logged, nil))
	}
	h := s.open(t)
	if a := h.ask("/private/a.txt", as("bob")); a.status != 200 {
		t.Fatalf("status %d", a.status)
	}
	release, occupied := make(chan struct{}), make(chan struct{})
	claim := h.guard.claimant.Claim(h.guard.files[0].Users(), nil, nil)
	go h.checker.Check(&claim, nil, func() bool { close(occupied); <-release; return false })
	<-occupied // the only CPU
	var flood []*client
	for i := range maxChecks {
		flood = append(flood, h.dial("GET /private/a.txt HTTP/1.1\r\nHost: a\r\n"+withPassword("bob", fmt.Sprint(i))+"\r\n"))
	}
	h.until("all checks to be taken", func() bool { return h.guard.count >= maxChecks })
	if a := h.ask("/private/a.txt", withPassword("bob", "more")); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("one more: status %d", a.status)
	}
	for path, fields := range map[string]string{"/a.css": "", "/private/a.txt": as("bob")} {
		if a := h.ask(path, fields); a.status != 200 {
			t.Errorf("%s meanwhile: status %d", path, a.status)
		}
	}
	for _, c := range flood {
		if a := h.response(c); a.status != 503 {
			t.Errorf("too late: status %d", a.status)
		}
	}
	close(release)
	h.until("all checks to end", func() bool { return !h.guard.busy() })
	if a := h.ask("/private/a.txt", as("ann")); a.status != 200 {
		t.Errorf("after the flood: status %d", a.status)
	}
	h.end()
	if logged.Len() > 0 {
		t.Errorf("logged: %s", logged)
	}
}
