package httpx

import (
	"strings"
	"testing"

	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// The fallback answers people who go to an address of the application, and nobody
// else: a missing script stays missing.
func TestFallbackAnswersNavigations(t *testing.T) {
	h := setup{adjust: func(c *Config) {
		c.Sites = []site.Config{{
			Root: siteTree(t), Mounts: []site.MountConfig{{Prefix: "/", Dir: "public"}}, Fallback: "/app.html",
			FallbackFor: []site.Pattern{"/users/*"}, ErrorPages: []site.ErrorPage{{Status: 404, Path: "/404.html"}},
		}}
	}}.open(t)
	const app, missing = 110, 120
	const browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
	for _, c := range []struct {
		method, path, fields string
		status, size         int
		varies               bool
	}{
		{"GET", "/any/where", browser, 200, app, true},
		{"GET", "/any/where/?q=a.b", browser, 200, app, true},
		{"HEAD", "/any/where", browser, 200, 0, true},
		{"GET", "/any/where", browser + "Sec-Fetch-Mode: navigate\r\n", 200, app, true},
		{"GET", "/any/where", browser + "Sec-Fetch-Mode: cors\r\n", 404, missing, true},
		{"GET", "/any/where", "Sec-Fetch-Mode: navigate\r\n", 404, missing, true},
		{"GET", "/any/where", "Accept: text/*\r\n", 200, app, true},
		{"GET", "/any/where", "Accept: */*\r\n", 404, missing, true},
		{"GET", "/any/where", "Accept: text/html;q=0, */*\r\n", 404, missing, true},
		{"GET", "/api/x", "Accept: application/json\r\n", 404, missing, true},
		{"GET", "/any/where", "", 404, missing, true},
		{"GET", "/assets/old.js", browser, 404, missing, false},
		{"GET", "/any.where/page", browser, 200, app, true},
		{"GET", "/users/j.doe", browser, 200, app, true},
		{"GET", "/users/j.doe", "", 404, missing, true},
		{"GET", "/.env", browser, 404, missing, false},
		{"GET", "/a.css", browser, 200, 130, false},
		{"GET", "/any/where", browser + "If-None-Match: *\r\n", 304, 0, true},
		{"GET", "/any/where", browser + "Range: bytes=1-4\r\n", 206, 4, true},
		{"POST", "/any/where", browser + "Content-Length: 0\r\n", 405, len("405 Method Not Allowed\n"), false},
	} {
		client := h.dial(c.method + " " + c.path + " HTTP/1.1\r\nHost: a\r\n" + c.fields + "\r\n")
		var all []parsedResponse
		h.until("a response", func() (ok bool) {
			var err error
			all, _, err = parseResponses(client.got, c.method)
			return err == nil
		})
		a := all[0]
		size := len(a.body)
		if c.status == 405 && strings.HasPrefix(string(a.body), "<!DOCTYPE html>") {
			size = c.size // it is negotiated, too
		}
		if varies := strings.Contains(strings.Join(a.header["Vary"], " "), "Accept, Sec-Fetch-Mode"); a.status != c.status || size != c.size || varies != c.varies {
			t.Errorf("%s %s, %q: %d with %d bytes, Vary %q; want %d with %d, %v", c.method, c.path, c.fields, a.status, size, a.header["Vary"], c.status, c.size, c.varies)
		}
		client.peer.Close()
		client.over = true
	}
	h.end()
}

// Clean addresses lead to pages, and the long ones to the clean ones: never in a
// circle, never to another page, and never off the host.
func TestCleanAddresses(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{
		"index.html": 100, "about.html": 110, "both": 120, "both.html": 130, "docs/index.html": 140, "docs.html": 150,
		"assets/x": 1, "assets.html": 160, "list/x": 1, "sp ace.html": 170, "a.html": 180, "a.html.html": 190, "b.html.html": 200,
		"sub/index.html.html": 210, "a.css": 220, "deep/page.html": 230, ".html": 240, "deep/.html": 1, "only/index": 250, "only/index.html": 260,
	})
	for _, autoindex := range []bool{false, true} {
		config := site.Config{Root: root, Mounts: []site.MountConfig{{Prefix: "/", Dir: "."}}, Index: []string{"index.html", "second.html"}, CleanURLs: true, Dotfiles: true, Autoindex: autoindex}
		cases := []siteCase{
			{"/", 200, 100, ""},
			{"/index.html", 301, 0, "/"},
			{"/index.html?a=b", 301, 0, "/?a=b"},
			{"/index", 301, 0, "/"},
			{"/about", 200, 110, ""},
			{"/about.html", 301, 0, "/about"},
			{"/about.html?x", 301, 0, "/about?x"},
			{"/about/", 301, 0, "/about"},
			{"//about.html", 301, 0, "/about"},
			{"/%2fabout.html", 301, 0, "/about"},
			{"/both", 200, 120, ""},
			{"/both.html", 200, 130, ""}, // /both is another file
			{"/docs/", 200, 140, ""},
			{"/docs/index.html", 301, 0, "/docs/"},
			{"/docs/index", 301, 0, "/docs/"},
			{"/docs", 200, 150, ""}, // a page comes before a folder without its slash
			{"/docs.html", 301, 0, "/docs"},
			{"/assets", 200, 160, ""},
			{"/list", 301, 0, "/list/"},
			{"/sp%20ace.html", 301, 0, "/sp%20ace"},
			{"/a.html", 301, 0, "/a"},
			{"/a.html.html", 200, 190, ""}, // /a.html is another file
			{"/a", 200, 180, ""},
			{"/b.html.html", 301, 0, "/b.html"},
			{"/b.html", 200, 200, ""},
			{"/sub/index.html", 200, 210, ""},
			{"/sub/index.html.html", 301, 0, "/sub/index.html"},
			{"/a.css", 200, 220, ""},
			{"/deep/page", 200, 230, ""},
			{"/deep/page/", 301, 0, "/deep/page"},
			{"/.html", 200, 240, ""},
			{"/only/index", 200, 250, ""},
			{"/only/index.html", 301, 0, "/only/"},
			{"/none.html", 404, 0, ""},
			{"/none/", 404, 0, ""},
			{"/none", 404, 0, ""},
			{"/" + strings.Repeat("n", 5000) + "/", 404, 0, ""},
		}
		if !autoindex {
			cases = append(cases, siteCase{"/assets/", 301, 0, "/assets"}, siteCase{"/list/", 404, 0, ""})
		}
		for _, cold := range []float64{0, 1} {
			s := setup{adjust: func(c *Config) { c.Sites = []site.Config{config} }}
			s.trouble.ColdLookUp, s.trouble.SlowLookUp = cold, cold
			h := s.open(t)
			for _, c := range cases {
				c.check(t, h)
			}
			if a := h.response(h.dial(get("/assets/"))); autoindex && a.status != 200 {
				t.Errorf("a folder's listing: %d", a.status)
			}
			h.end()
		}
	}
	if err := (site.Config{CleanURLs: true, Try: []string{"$path"}}).Check(); err == nil || !strings.Contains(err.Error(), "clean-urls") {
		t.Errorf("clean-urls with try: %v", err)
	}
}

// Where nothing is mounted at "/", the two default trees are named there, and only
// they.
func TestWelcome(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, map[string]int{"static/a": 10}), adjust: func(c *Config) { c.Sites[0].Welcome = true }}.open(t)
	html := h.response(h.dial("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n"))
	text := h.response(h.dial(get("/")))
	for _, a := range []parsedResponse{html, text} {
		if a.status != 200 || !strings.Contains(string(a.body), "/static/") || !strings.Contains(string(a.body), "/dynamic/") || a.header.Get("Vary") != "Accept" {
			t.Errorf("%d, %q, %s", a.status, a.header, a.body)
		}
	}
	if html.header.Get("ETag") == text.header.Get("ETag") || !strings.Contains(string(html.body), `<a href="/static/">`) || strings.Contains(string(text.body), "<") {
		t.Errorf("%q and %q", html.body, text.body)
	}
	for fields, status := range map[string]int{
		"If-None-Match: " + text.header.Get("ETag"): 304, "If-None-Match: " + html.header.Get("ETag"): 200, "If-Match: \"x\"": 412,
		"If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT": 200, "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:01 GMT": 200, "Range: bytes=0-4": 200,
	} {
		if a := h.response(h.dial("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n")); a.status != status {
			t.Errorf("%s: %d, want %d", fields, a.status, status)
		}
	}
	if a := h.response(h.dial(get("/x"))); a.status != 404 {
		t.Errorf("another path: %d", a.status)
	}
	h.end()
}
