// Addresses that are not those of files: single-page applications, clean addresses.

package main_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// An application answers whoever goes to one of its addresses. What is missing stays
// missing for its scripts.
func TestSinglePageApplication(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		for _, c := range []struct {
			flags  []string
			prefix string
		}{
			{[]string{"--spa"}, ""},
			{[]string{"--spa", "--mount=/=static:dynamic"}, ""},
			{[]string{"--spa", "--mount=/app=static", "--fallback-for=*.doe"}, "/app"},
		} {
			s := start(t, w, siteRoot(t), c.flags...)
			a := s.curl(t, c.prefix+"/users/jane", browser...)
			a.want(t, 200, "start page\n")
			a.wantField(t, "Vary", "Accept, Sec-Fetch-Mode")
			s.curl(t, "/assets/app.123.js", browser...).want(t, 404, string(s.curl(t, "/none.js", browser...).body))
			s.curl(t, "/api/x", "--header", "Accept: application/json").want(t, 404, "404 Not Found\n")
			status := s.curl(t, "/users/j.doe", browser...).status
			if want := map[bool]int{true: 200, false: 404}[len(c.flags) == 3]; status != want {
				t.Errorf("%q: a name with a dot: %d, want %d", c.flags, status, want)
			}
		}
	})
}

// Pages are reached without their extension, and long addresses lead there.
func TestCleanURLs(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, siteRoot(t), "--mount=/=static", "--clean-urls")
		s.curl(t, "/about").want(t, 200, "about us\n")
		for path, location := range map[string]string{
			"/about.html?q=1": "/about?q=1", "/about/": "/about", "/index.html": "/", "/docs/index.html": "/docs/", "/docs": "/docs/", "//about.html": "/about",
		} {
			a := s.curl(t, path)
			a.wantField(t, "Location", location)
			if followed := s.curl(t, path, "--location"); a.status != 301 || followed.status != 200 || followed.heads != 2 {
				t.Errorf("%s: %d, then %d after %d answers", path, a.status, followed.status, followed.heads)
			}
		}
		s.curl(t, "/none.html").want(t, 404, "404 Not Found\n")
	})
}

// All of it may differ from site to site.
func TestAnswersBySite(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		config := filepath.Join(t.TempDir(), "aws.toml")
		write(t, config, strings.ReplaceAll(`
root = "ROOT"
mount = ["/=static"]
secure-headers = true
header = ["always *: X-Top: yes"]
error-page = ["404=/404.html"]
fallback = "/about.html"

[[site]]

[[site]]
host = ["clean"]
clean-urls = true
fallback = ""
cors = ["https://a.example", "https://b.example"]
header = ["*: Server:", "*: X-Frame-Options: DENY", "*: X-Top:"]
error-page = ["404=/about.html"]

[[site]]
host = ["app"]
spa = true
secure-headers = false
cors = "*"
`, "ROOT", siteRoot(t)))
		s := startBy(t, w, "--config="+config)
		as := func(host, path string, args ...string) answer {
			return s.curl(t, path, append(args, "--header", "Host: "+host)...)
		}
		first := as("first", "/nowhere", browser...)
		first.want(t, 200, "about us\n")
		first.wantField(t, "X-Frame-Options", "SAMEORIGIN")
		as("first", "/nowhere").want(t, 404, "nothing here\n")
		as("app", "/nowhere", browser...).want(t, 200, "start page\n")
		as("app", "/nowhere").wantField(t, "X-Frame-Options", "")
		as("app", "/nowhere").wantField(t, "Access-Control-Allow-Origin", "*")
		clean := as("clean", "/about", "--header", "Origin: https://b.example")
		clean.want(t, 200, "about us\n")
		for name, want := range map[string]string{
			"Server": "", "X-Frame-Options": "DENY", "X-Top": "", "Vary": "Origin", "Access-Control-Allow-Origin": "https://b.example",
			"Cross-Origin-Resource-Policy": "",
		} {
			clean.wantField(t, name, want)
		}
		missing := as("clean", "/nowhere", "--header", "Origin: https://c.example")
		missing.want(t, 404, "about us\n") // the site's own page comes before that of the top
		for name, want := range map[string]string{
			"Server": "", "X-Frame-Options": "DENY", "X-Top": "yes", "Vary": "Origin", "Access-Control-Allow-Origin": "",
		} {
			missing.wantField(t, name, want)
		}
		preflight := as("clean", "/about", "--request", "OPTIONS", "--header", "Origin: https://a.example", "--header", "Access-Control-Request-Method: GET")
		preflight.want(t, 204, "")
		preflight.wantField(t, "Access-Control-Allow-Origin", "https://a.example")
		preflight.wantField(t, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		as("clean", "/about", "--request", "OPTIONS", "--header", "Origin: https://c.example").wantField(t, "Access-Control-Allow-Methods", "")
	})
}
