// The rules of a site, by path and by host.

package main_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// siteRoot is a root with the files of a small site in both trees.
func siteRoot(t *testing.T) string {
	t.Helper()
	root := rootWith(t, "index.html", []byte("start page\n"))
	for name, text := range map[string]string{
		"404.html": "nothing here\n", "about.html": "about us\n", "docs/index.html": "the docs\n", "new/a.txt": "moved\n",
	} {
		mustPublish(t, root, name, text)
	}
	return root
}

// Redirects by rules, and the one that adds a folder's slash. Clients that follow
// them arrive, with the query.
func TestRedirects(t *testing.T) {
	needs(t, "curl", "wget")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, siteRoot(t), "--redirect=/old/*=/static/new/*:308", "--redirect=/again=/old/a.txt")
		for _, c := range []struct {
			path, location string
			status, heads  int
			body           string
		}{
			{"/old/a.txt?q=1", "/static/new/a.txt?q=1", 308, 2, "moved\n"},
			{"/again", "/old/a.txt", 302, 3, "moved\n"},
			{"/static/docs", "/static/docs/", 301, 2, "the docs\n"},
			{"/dynamic/docs?q", "/dynamic/docs/?q", 301, 2, "the docs\n"},
		} {
			first := s.curl(t, c.path)
			first.wantField(t, "Location", c.location)
			if first.status != c.status {
				t.Errorf("%s: status %d, want %d", c.path, first.status, c.status)
			}
			followed := s.curl(t, c.path, "--location")
			followed.want(t, 200, c.body)
			if followed.heads != c.heads {
				t.Errorf("%s: %d answers, want %d", c.path, followed.heads, c.heads)
			}
			got := outputOf(t, "wget", "--no-proxy", "--quiet", "--tries=1", "--output-document=-", s.url(c.path))
			if string(got) != c.body {
				t.Errorf("wget %s: %q, want %q", c.path, got, c.body)
			}
		}
	})
}

// browser makes curl ask as a browser does when somebody goes to a page.
var browser = []string{"--header", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "--header", "Sec-Fetch-Mode: navigate"}

func TestErrorPage(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		for _, tree := range trees {
			s := start(t, w, siteRoot(t), "--error-page=404="+tree+"404.html", "--error-page=405=/nowhere")
			a := s.curl(t, "/nowhere")
			a.want(t, 404, "nothing here\n")
			a.wantField(t, "Content-Type", "text/html; charset=utf-8")
			a.wantField(t, "ETag", "") // a condition on it would be one on the error page
			s.curl(t, tree+"nowhere", "--range", "0-3").want(t, 404, "nothing here\n")
			s.curl(t, tree+"404.html").want(t, 200, "nothing here\n")
			s.curl(t, tree+"404.html", "--request", "DELETE").want(t, 405, "405 Method Not Allowed\n")
		}
	})
}

func TestFallbackAndTry(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		for _, tree := range trees {
			s := start(t, w, siteRoot(t), "--try=$path,$path.html", "--fallback="+tree+"index.html")
			s.curl(t, tree+"about").want(t, 200, "about us\n")
			s.curl(t, tree+"about.html").want(t, 200, "about us\n")
			s.curl(t, tree+"docs", "--location").want(t, 200, "the docs\n")
			for _, path := range []string{"/", "/app/route?x", tree + "nowhere", tree + "new/"} {
				s.curl(t, path, browser...).want(t, 200, "start page\n")
				s.curl(t, path).want(t, 404, "404 Not Found\n")
			}
			s.curl(t, "/app/route", append(browser, "--range", "0-4")...).want(t, 206, "start")
			s.curl(t, tree+"%zz").want(t, 400, "400 Bad Request\n")
		}
	})
}

// A configuration file tells hosts apart, each with rules of its own.
func TestSitesByHost(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		config := filepath.Join(t.TempDir(), "aws.toml")
		first, second, third := siteRoot(t), siteRoot(t), siteRoot(t)
		mustPublish(t, first, "who", "first")
		mustPublish(t, second, "who", "second")
		mustPublish(t, third, "who", "third")
		write(t, config, strings.NewReplacer("FIRST", first, "SECOND", second, "THIRD", third).Replace(`
header = ["*: X-All: yes"]

[[site]]
root = "FIRST"

[[site]]
host = ["example.org", "www.example.org"]
root = "SECOND"
header = ["*: X-Site: second"]
redirect = ["/old=/static/who"]

[[site]]
host = ["*.example.org"]
root = "THIRD"
mount = ["/=static:dynamic"]
index = ["about.html"]
error-page = ["404=/404.html"]
`))
		s := startBy(t, w, "--config="+config)
		as := func(host, path string, args ...string) answer {
			return s.curl(t, path, append(args, "--header", "Host: "+host)...)
		}
		for _, tree := range trees {
			for host, want := range map[string]string{
				"example.org": "second", "WWW.Example.ORG:80": "second", "example.org.": "second",
				"example.com": "first", "127.0.0.1": "first", "[::1]:8080": "first", "xexample.org": "first",
			} {
				a := as(host, tree+"who")
				a.want(t, 200, want)
				a.wantField(t, "X-All", "yes")
				if want == "second" {
					a.wantField(t, "X-Site", "second")
				} else {
					a.wantField(t, "X-Site", "")
				}
			}
		}
		as("a.b.example.org", "/who").want(t, 200, "third")
		as("a.example.org", "/").want(t, 200, "about us\n")
		as("a.example.org", "/static/who").want(t, 404, "nothing here\n")
		as("example.org", "/old?x").want(t, 302, "302 Found\n")
		as("example.com", "/old").want(t, 404, "404 Not Found\n")
	})
}
