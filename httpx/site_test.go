package httpx

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"aws/httpx/httpxtest"
	"aws/httpx/message"
	"aws/httpx/site"
)

// siteTree is a document root with one of everything.
func siteTree(t *testing.T) string {
	root := httpxtest.Tree(t, map[string]int{
		"public/index.html": 100, "public/app.html": 110, "public/404.html": 120, "public/a.css": 130,
		"public/docs/index.html": 140, "public/docs/page.html": 150, "public/empty/.keep": 1,
		"public/.env": 160, "public/.git/config": 170, "public/.well-known/security.txt": 180,
		"public/.well-known/.hidden": 185, "public/with.dot/x.": 190, "public/both": 200, "public/both.html": 210,
		"public/folder/x": 1, "public/folder.html": 220, "other/index.html": 230, "public/sp ace/x": 1,
	})
	if err := os.Mkdir(root+"/public/docs/index.htm", 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}

// An operator's settings decide which file or redirect a path leads to. Sizes tell
// files apart: see siteTree.
func TestSettingsDecideWherePathsLead(t *testing.T) {
	root := siteTree(t)
	for _, group := range []struct {
		name  string
		site  site.Config
		cases []siteCase
	}{
		{"plain", site.Config{}, []siteCase{
			{"/a.css", 200, 130, ""},
			{"/docs/", 404, 0, ""}, // no index set
			{"/docs", 301, 0, "/docs/"},
			{"/docs?q=1&r", 301, 0, "/docs/?q=1&r"},
			{"/docs?", 301, 0, "/docs/?"},
			{"/./docs", 301, 0, "/docs/"},
			{"//docs", 301, 0, "/docs/"},
			{"/sp%20ace?x", 301, 0, "/sp%20ace/?x"},
			{"/a.css/", 404, 0, ""},
		}},
		{"index", site.Config{Index: []string{"index.htm", "none", "index.html"}}, []siteCase{
			{"/", 200, 100, ""},
			{"/docs/", 200, 140, ""}, // index.htm is a folder
			{"/docs/.", 200, 140, ""},
			{"/docs/?a", 200, 140, ""},
			{"/empty/", 404, 0, ""},
			{"/none/", 404, 0, ""},
		}},
		{"dotfiles denied", site.Config{}, []siteCase{
			{"/.env", 404, 0, ""},
			{"/%2eenv", 404, 0, ""},
			{"/.git/config", 404, 0, ""},
			{"/.git", 404, 0, ""},
			{"/empty/.keep", 404, 0, ""},
			{"/docs/../.env", 404, 0, ""},
			{"/.well-known/security.txt", 200, 180, ""},
			{"/.well-known/.hidden", 404, 0, ""},
			{"/.well-knownish/x", 404, 0, ""},
			{"/with.dot/x.", 200, 190, ""},
		}},
		{"dotfiles allowed", site.Config{Dotfiles: true}, []siteCase{
			{"/.env", 200, 160, ""},
			{"/.git/config", 200, 170, ""},
		}},
		{"try", site.Config{Try: []string{"$path", "$path.html", "/docs/page.html"}, Index: []string{"index.html"}}, []siteCase{
			{"/a.css", 200, 130, ""},
			{"/app", 200, 110, ""},
			{"/both", 200, 200, ""},
			{"/folder", 200, 220, ""}, // a file comes before a folder's slash
			{"/docs/page", 200, 150, ""},
			{"/docs/", 200, 140, ""},
			{"/none", 200, 150, ""},
		}},
		{"try without an end", site.Config{Try: []string{"$path.html", "$path"}}, []siteCase{
			{"/both", 200, 210, ""},
			{"/docs", 301, 0, "/docs/"},
			{"/none", 404, 0, ""},
			{"/" + strings.Repeat("n", message.MaxTarget-9), 404, 0, ""},
		}},
		{"try below a prefix", site.Config{Try: []string{"/docs$path", "$path"}}, []siteCase{
			{"/page.html", 200, 150, ""},
			{"/a.css", 200, 130, ""},
		}},
		{"fallback", site.Config{Fallback: "/./app.html", Index: []string{"index.html"}}, []siteCase{
			{"/a.css", 200, 130, ""},
			{"/any/where", 404, 0, ""}, // nobody navigates: see navigation_test.go
			{"/docs", 301, 0, "/docs/"},
		}},
		{"fallback that is missing", site.Config{Fallback: "/none.html"}, []siteCase{{"/none", 404, 0, ""}}},
		{"fallback that is a folder", site.Config{Fallback: "/docs"}, []siteCase{{"/none", 404, 0, ""}, {"/empty", 301, 0, "/empty/"}}},
		{"try of another folder", site.Config{Try: []string{"$path", "/docs"}}, []siteCase{{"/none", 404, 0, ""}, {"/empty", 301, 0, "/empty/"}}},
		{"error page that is a folder", site.Config{ErrorPages: []site.ErrorPage{{Status: 404, Path: "/docs/"}}, Autoindex: true}, []siteCase{{"/none", 404, 0, ""}}},
		{"error page", site.Config{ErrorPages: []site.ErrorPage{{Status: 404, Path: "/404.html"}, {Status: 405, Path: "/a.css"}, {Status: 414, Path: "/none"}}}, []siteCase{
			{"/none", 404, 120, ""},
			{"/.env", 404, 120, ""},
			{"/a.css", 200, 130, ""},
		}},
		{"redirects", site.Config{Redirects: []site.Redirect{
			redirect(t, "/old=/new"), redirect(t, "/gone/*=https://example.org/*:301"), redirect(t, "/p/*=/*:308"),
			redirect(t, "/q=/a.css?fixed=1:307"), redirect(t, "/f=/a#top"), redirect(t, "/all/*=/one:303"),
		}}, []siteCase{
			{"/old", 302, 0, "/new"},
			{"/old?a=b", 302, 0, "/new?a=b"},
			{"/old/", 404, 0, ""},
			{"/gone/a/b c"[:9], 301, 0, "https://example.org/a/b"},
			{"/gone/%41?x", 301, 0, "https://example.org/A?x"},
			{"/gone/%0d%0aX:%20y", 301, 0, "https://example.org/%0D%0AX:%20y"},
			{"/p//evil.example", 308, 0, "/evil.example"},
			{"/p/%5cevil.example", 308, 0, "/evil.example"},
			{"/q?a", 307, 0, "/a.css?fixed=1"},
			{"/f?a", 302, 0, "/a#top"},
			{"/all/x/y", 303, 0, "/one"},
			{"/p/" + strings.Repeat("%ff", 1100), 414, 0, ""},
			{"/old?" + strings.Repeat("q", site.MaxLocation), 414, 0, ""},
		}},
	} {
		t.Run(group.name, func(t *testing.T) {
			group.site.Root = root
			for _, kind := range []site.Kind{site.Static, site.Dynamic} {
				group.site.Mounts = []site.MountConfig{{Prefix: "/", Dir: "public", Kind: kind}}
				h := setup{adjust: func(c *Config) { c.Sites = []site.Config{group.site} }}.open(t)
				for _, c := range group.cases {
					c.check(t, h)
				}
				h.end()
			}
		})
	}
}

func redirect(t *testing.T, s string) site.Redirect {
	t.Helper()
	r, err := site.ParseRedirect(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// siteCase is a request, and the status, size and Location of its response. Size 0
// stands for the text of an error or a redirect.
type siteCase struct {
	path     string
	status   int
	size     int
	location string
}

func (c siteCase) check(t *testing.T, h *harness) {
	t.Helper()
	client := h.dial(get(c.path))
	a := h.response(client)
	if c.size == 0 && a.status >= 300 {
		c.size = len(fmt.Sprintf("%d %s\n", a.status, message.StatusText(a.status)))
	}
	if got := a.header.Get("Location"); a.status != c.status || len(a.body) != c.size || got != c.location {
		t.Errorf("%.60s: status %d with %d bytes, location %q; want %d, %d, %q", c.path, a.status, len(a.body), got, c.status, c.size, c.location)
	}
	client.peer.Close()
	client.over = true
}

// The host chooses the site. The first site also serves hosts that none names.
func TestHostChoosesSite(t *testing.T) {
	root := siteTree(t)
	served := func(dir string, hosts ...string) site.Config {
		return site.Config{Root: root, Hosts: hosts, Index: []string{"index.html"}, Mounts: []site.MountConfig{{Prefix: "/", Dir: dir}}}
	}
	h := setup{adjust: func(c *Config) {
		c.Sites = []site.Config{served("public", "example.org"), served("other", "Other.example.org", "*.example.net", "[::1]"), served("public/docs", "*.a.example.net")}
	}}.open(t)
	const public, other, docs = 100, 230, 140
	for host, size := range map[string]int{
		"example.org": public, "unknown": public, "": public, "EXAMPLE.org:80": public,
		"other.example.org": other, "OTHER.EXAMPLE.ORG.": other, "other.example.org:8888": other, "[::1]:8888": other,
		"x.example.net": other, "x.y.example.net": other, "example.net": public, ".example.net": public,
		"x.a.example.net": docs, "a.example.net": other, "notother.example.org": public,
	} {
		a := h.response(h.dial("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
		if a.status != 200 || len(a.body) != size {
			t.Errorf("%q: status %d with %d bytes, want %d", host, a.status, len(a.body), size)
		}
	}
	// The host in the target counts, not the field: RFC 9112 §3.2.2.
	if a := h.response(h.dial("GET http://x.example.net/ HTTP/1.1\r\nHost: example.org\r\n\r\n")); len(a.body) != other {
		t.Errorf("absolute-form: %d bytes", len(a.body))
	}
	h.end()
}

// An operator's fields are added by path: that of the file if there is one,
// otherwise that of the request.
func TestOperatorsFieldsGoByPath(t *testing.T) {
	var rules []site.HeaderRule
	for _, s := range []string{"*: X-All: 1", "*.css: X-Css: a: b", "/docs/*: X-All: docs", "/docs/*: X-More: 2"} {
		h, err := site.ParseHeaderRule(s)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, h)
	}
	for _, s := range []string{"*.html=no-cache", "/a.css=max-age=31536000, immutable"} {
		h, err := site.ParseCacheControl(s)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, h)
	}
	h := setup{adjust: func(c *Config) {
		c.Sites = []site.Config{{Root: siteTree(t), Mounts: []site.MountConfig{{Prefix: "/", Dir: "public"}}, Headers: rules, Index: []string{"index.html"}}}
	}}.open(t)
	for path, want := range map[string]string{
		"/a.css":  "X-All=1 X-Css=a: b Cache-Control=max-age=31536000, immutable",
		"/":       "X-All=1 Cache-Control=no-cache",
		"/docs/":  "X-All=docs X-More=2 Cache-Control=no-cache",
		"/docs":   "X-All=1",
		"/none":   "Cache-Control=no-store", // see answers_test.go
		"/docs/x": "Cache-Control=no-store",
	} {
		a := h.response(h.dial(get(path)))
		var got []string
		for _, name := range []string{"X-All", "X-Css", "X-More", "Cache-Control"} {
			for _, v := range a.header.Values(name) {
				got = append(got, name+"="+v)
			}
		}
		if v := a.header.Values("X-Content-Type-Options"); len(v) != 1 || v[0] != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options %q", path, v)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", path, strings.Join(got, " "), want)
		}
	}
	h.end()
}

// An operator's mistakes are found at the start.
func TestMistakesAreFoundAtStart(t *testing.T) {
	long, err := site.ParseHeaderRule("*: X: " + strings.Repeat("x", site.MaxHeaders))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		site site.Config
		want string
	}{
		{site.Config{Hosts: []string{"a b"}}, "host \"a b\""},
		{site.Config{Hosts: []string{"a:80"}}, "without a port"},
		{site.Config{Hosts: []string{""}}, "host \"\""},
		{site.Config{Index: []string{"a/b"}}, "index \"a/b\""},
		{site.Config{Fallback: "index.html"}, "fallback \"index.html\""},
		{site.Config{Fallback: "/../x"}, "fallback"},
		{site.Config{Try: []string{"x$path"}}, "try"},
		{site.Config{Try: []string{"$path$path"}}, "try"},
		{site.Config{Precompressed: []string{"lzma"}}, "lzma"},
		{site.Config{Precompressed: []string{"br", "br"}}, "twice"},
		{site.Config{Headers: []site.HeaderRule{long}}, "bytes"},
	} {
		if err := c.site.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.site, err, c.want)
		}
	}
	for _, s := range []string{"", "404", "=/x", "404=x", "399=/x", "600=/x", "4x4=/x", "99999999999=/x", "404=/../x"} {
		if p, err := site.ParseErrorPage(s); err == nil {
			t.Errorf("ParseErrorPage(%q) = %+v", s, p)
		}
	}
	for _, s := range []string{"", "*", "*:", "*: X", ": X: y", "*: X y: z", "*: X: a\rb", "*: Content-Length: 1", "*: ETag: x", "*: content-type: x", "*: X-Content-Type-Options: nosniff"} {
		if h, err := site.ParseHeaderRule(s); err == nil {
			t.Errorf("ParseHeaderRule(%q) = %+v", s, h)
		}
	}
	for _, s := range []string{"", "*", "*=", "=x", "*=a\nb"} {
		if h, err := site.ParseCacheControl(s); err == nil {
			t.Errorf("ParseCacheControl(%q) = %+v", s, h)
		}
	}
	for _, s := range []string{"", "/a", "/a=", "a=/b", "/a*b=/c", "/a=b", "/a=/b c", "/a=/b\r\nX: y", "/a=/" + strings.Repeat("b", site.MaxLocation)} {
		if r, err := site.ParseRedirect(s); err == nil {
			t.Errorf("ParseRedirect(%q) = %+v", s, r)
		}
	}
}

// A pattern matches whole paths or, without a slash, last names.
func TestPatternMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"*", "/", true},
		{"*", "/a/b", true},
		{"*.css", "/x/a.css", true},
		{"*.css", "/x.css/a", false},
		{"a.css", "/x/a.css", true},
		{"/a.css", "/x/a.css", false},
		{"/x/*", "/x/", true},
		{"/x/*", "/x", false},
		{"/x/*/z", "/x/y/y/z", true},
		{"/x/*.js", "/x/y/a.js", true},
		{"/*a*a*b", "/aaaaaaaaaaaaaaaaaaaaac", false},
		{"/*a*a*b", "/aaaaaaaaaaab", true},
		{"/**", "/", true},
		{"", "/", true},
		{"", "/a", false},
	} {
		if got := site.Pattern(c.pattern).Match([]byte(c.path)); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.path, got)
		}
	}
}
