// Errors as people and programs see them.

package main_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"aws/httpx/browsertest"
)

// errorRequests bring every error that a request alone can bring about.
var errorRequests = []struct {
	request string
	status  int
}{
	{"GET / HTTP/1.1\r\nHost: test\r\nA : b\r\n\r\n", 400},
	{get("/none"), 404},
	{request("DELETE", "/static/one.txt"), 405},
	{get("/static/one.txt", `If-Match: "x"`), 412},
	{get("/" + strings.Repeat("a", 9000)), 414},
	{get("/static/one.txt", "Range: bytes=99-"), 416},
	{get("/", "A: "+strings.Repeat("a", 20000)), 431},
	{request("BREW", "/"), 501},
	{"GET / HTTP/2.0\r\nHost: test\r\n\r\n", 505},
}

// Every error has the page that the operator names for it, and otherwise one of ours
// or a line of text, as the client prefers.
func TestEveryErrorHasAPage(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "one.txt", []byte("1"))
		own := []string{"--header=*: X-Not: here", "--header=always *: X-Always: here"}
		args := own
		for _, r := range errorRequests {
			name := fmt.Sprintf("%d.html", r.status)
			mustPublish(t, root, name, "page "+name)
			args = append(args[:len(args):len(args)], fmt.Sprintf("--error-page=%d=/static/%s", r.status, name))
		}
		plain, paged := start(t, w, root, own...), start(t, w, root, args...)
		for _, r := range errorRequests {
			for _, c := range []struct {
				s      *server
				accept string
				want   string
			}{
				{plain, "*/*", fmt.Sprintf("%d ", r.status)}, {plain, "text/html", fmt.Sprintf("<title>%d ", r.status)},
				{paged, "text/html", fmt.Sprintf("page %d.html", r.status)}, {paged, "*/*", fmt.Sprintf("page %d.html", r.status)},
			} {
				conn := c.s.dial(t)
				line, rest, _ := strings.Cut(r.request, "\r\n")
				conn.send(line + "\r\nAccept: " + c.accept + "\r\n" + rest)
				a, body := conn.answer("GET", r.status)
				if !strings.Contains(string(body), c.want) {
					t.Errorf("%d, %s: %q", r.status, c.accept, cut(body))
				}
				wantErrorFields(t, a)
				conn.Close()
			}
		}
	})
}

func wantErrorFields(t *testing.T, a *http.Response) {
	t.Helper()
	for name, want := range map[string]string{"X-Always": "here", "X-Not": "", "Cache-Control": "no-store", "Server": "aws", "X-Content-Type-Options": "nosniff"} {
		if got := strings.Join(a.Header.Values(name), ", "); got != want {
			t.Errorf("%s: %s %q, want %q", a.Status, name, got, want)
		}
	}
	if got := a.Header.Get("Content-Range"); (got == "bytes */1") != (a.StatusCode == 416) {
		t.Errorf("%s: Content-Range %q", a.Status, got)
	}
}

// So has a head that does not come in time.
func TestLateHeadHasAPage(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, rootWith(t, "408.html", []byte("too late")), "--error-page=408=/static/408.html", "--header-timeout=300ms")
		for answered := false; !answered; { // a busy machine may come too late itself, before the server has anything
			conn := s.dial(t)
			_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: test\r\nA:")
			if a, err := http.ReadResponse(conn.in, nil); err == nil {
				answered = true
				body, err := io.ReadAll(a.Body)
				if err != nil || a.StatusCode != 408 || string(body) != "too late" {
					t.Errorf("%s with %q, %v", a.Status, cut(body), err)
				}
			}
			conn.Close()
		}
	})
}

// A sidecar serves for a page, and HEAD has its fields alone.
func TestErrorPageFromSidecar(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "404.html", []byte(stylesheet))
		addSidecars(t, root, "404.html", stylesheet)
		s := start(t, w, root, "--precompressed=gzip", "--error-page=404=/dynamic/404.html")
		a := s.curl(t, "/nowhere", "--compressed", "--header", "Accept-Encoding: gzip")
		a.want(t, 404, stylesheet)
		a.wantField(t, "Content-Encoding", "gzip")
		a.wantField(t, "Vary", "Accept-Encoding")
		head := s.curl(t, "/nowhere", "--head")
		if head.status != 404 {
			t.Errorf("HEAD: %d", head.status)
		}
		head.wantField(t, "Content-Length", fmt.Sprint(len(stylesheet)))
	})
}

// Where nothing is mounted at / the default trees are named there; a site with
// mounts of its own says nothing.
func TestWelcome(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture)
		page, text := s.curl(t, "/", browser...), s.curl(t, "/")
		if page.status != 200 || !strings.Contains(string(page.body), `<a href="/dynamic/">`) || text.status != 200 || !strings.Contains(string(text.body), "/static/ ") {
			t.Errorf("%d %s, %d %s", page.status, cut(page.body), text.status, cut(text.body))
		}
		s.curl(t, "/", "--header", "If-None-Match: "+text.header.Get("ETag")).want(t, 304, "")
		s.curl(t, "/", "--head").wantField(t, "Content-Length", fmt.Sprint(len(text.body)))
		start(t, w, fixture, "--mount=/static=static").curl(t, "/").want(t, 404, "404 Not Found\n")
	})
}

// A browser shows the page of an error, in both colour schemes.
func TestErrorPageInBrowser(t *testing.T) {
	s := start(t, raw(backends[0]), fixture)
	b := browsertest.Open(t)
	for _, scheme := range []string{"light", "dark"} {
		p := b.OpenTab(t)
		p.Do(browsertest.Look(760, 400, scheme), chromedp.Navigate(s.url("/nowhere")))
		title := browsertest.Evaluate[string](p, "document.title")
		colour := browsertest.Evaluate[string](p, "getComputedStyle(document.body).backgroundColor")
		if want := map[string]string{"light": "rgb(251, 251, 249)", "dark": "rgb(20, 23, 26)"}[scheme]; title != "404 Not Found" || colour != want {
			t.Errorf("%s: title %q, colour %q", scheme, title, colour)
		}
	}
}
