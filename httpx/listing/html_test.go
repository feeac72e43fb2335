package listing

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aws/httpx/browsertest"
)

var crumbPattern = regexp.MustCompile(`<li><a href="([^"]*)">([^<]*)</a></li>`)

// There is a link to each folder above, up to the highest that is served.
func TestPageLinksUpward(t *testing.T) {
	for _, c := range []struct {
		path, top string
		order     Order
		crumbs    []string // href and text
		name      string
	}{
		{"/", "", Order{}, nil, "/"},
		{"/a/", "", Order{}, []string{"../", "/"}, "a/"},
		{"/a/b/", "", Order{}, []string{"../../", "/", "../", "a"}, "b/"},
		{"/static/", "/static/", Order{}, nil, "/static/"},
		{"/static/a/b/", "/static/", Order{}, []string{"../../", "/static/", "../", "a"}, "b/"},
		{"/other/", "/static/", Order{}, []string{"../", "/"}, "other/"},
		{"/a<b/c&d/", "", Order{}, []string{"../../", "/", "../", "a&lt;b"}, "c&amp;d/"},
		{"/a/", "", Order{by: bySize}, []string{"../?sort=size&amp;order=asc", "/"}, "a/"},
		{"/\xff\n/", "", Order{}, []string{"../", "/"}, "\ufffd\u240a/"},
	} {
		page := render(t, &Listing{Path: c.path, Top: c.top, Query: Query{Order: c.order}}, t.TempDir())
		var got []string
		for _, m := range crumbPattern.FindAllStringSubmatch(page, -1) {
			got = append(got, m[1:]...)
		}
		if !slices.Equal(got, c.crumbs) || !strings.Contains(page, "<h1>"+c.name+"</h1>") {
			t.Errorf("%q below %q: %q, want %q, and %q in\n%s", c.path, c.top, got, c.crumbs, c.name, page)
		}
		if up := strings.Contains(page, `class="up" href="../`); up != (len(c.crumbs) > 0) {
			t.Errorf("%q below %q: a link to the parent: %v", c.path, c.top, up)
		}
	}
}

// The head of a column sorts by it, and the current one reverses the order.
func TestHeadsOfColumnsSort(t *testing.T) {
	for _, c := range []struct {
		order Order
		heads []string
	}{
		{Order{}, []string{
			`aria-sort="ascending"><a href="?sort=name&amp;order=desc">Name`, `<a href="?sort=size&amp;order=desc">Size`, `<a href="?sort=modified&amp;order=desc">Modified`}},
		{Order{by: bySize, descending: true}, []string{
			`<a href="?sort=name&amp;order=asc">Name`, `aria-sort="descending"><a href="?sort=size&amp;order=asc">Size`, `<a href="?sort=modified&amp;order=desc">Modified`}},
		{Order{by: byModified}, []string{`aria-sort="ascending"><a href="?sort=modified&amp;order=desc">Modified`}},
	} {
		page := render(t, &Listing{Query: Query{Order: c.order}}, t.TempDir())
		for _, head := range c.heads {
			if !strings.Contains(page, head+"</a></th>") || strings.Count(page, "aria-sort=\"") != 1 {
				t.Errorf("%v: no %s in\n%s", c.order, head, page)
			}
		}
	}
}

// In a page no mark is left, and nothing is loaded.
func TestPageIsComplete(t *testing.T) {
	dir := orderedFolder(t)
	page := render(t, &Listing{Query: Query{Order: Order{by: bySize}}}, dir)
	for _, want := range []string{
		"<!DOCTYPE html>\n<html lang=\"en\">", `<meta charset="utf-8">`, "<title>/f/</title>", "prefers-color-scheme: dark", "focus-visible",
		`<a class="folder" href="./x/?sort=size&amp;order=asc">x/</a></td><td></td>`,
		`<a href="./C">C</a></td><td title="3 B">3 B</td><td><time datetime="2001-09-09T01:46:37Z">2001-09-09 <span>01:46</span></time></td></tr>`,
		`<p>2 folders, 4 files, <span title="8 B">8 B</span>.`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	for _, never := range []string{"{{", " src=", "url(", "@import", "http:", "https:", "This folder is empty", "holds more"} {
		if strings.Contains(page, never) {
			t.Errorf("%s in the page", never)
		}
	}
	if page := render(t, &Listing{}, t.TempDir()); !strings.Contains(page, "This folder is empty.") || !strings.Contains(page, "0 folders, 0 files") {
		t.Errorf("an empty folder does not say so:\n%s", page)
	}
	if (&Listing{}).ContentType() != "text/html; charset=utf-8" || (&Listing{JSON: true}).ContentType() != "application/json" {
		t.Error("wrong media type")
	}
}

// A browser draws the page under its policy, in the colours that the user
// prefers.
func TestBrowserDrawsThePage(t *testing.T) {
	dir := orderedFolder(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := &Listing{}
		w.Header().Set("Content-Type", l.ContentType())
		w.Header().Set("Content-Security-Policy", Policy)
		if err := listInto(w, l, dir, maxListed); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	for dark, paper := range map[bool]string{true: "#131619", false: "#f7f7f5"} {
		r, g, b, _ := browsertest.Draw(t, server.URL, dark, 800, 600).At(2, 2).RGBA()
		if got := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8); got != paper {
			t.Errorf("the paper is %s, want %s", got, paper)
		}
	}
}

func TestAppendSize(t *testing.T) {
	for size, want := range map[int64]string{
		0: "0 B", 1: "1 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1023 << 10: "1023.0 KiB",
		1<<20 - 1: "1.0 MiB", 1 << 20: "1.0 MiB", 1<<30 - 1: "1.0 GiB", 5 << 40: "5.0 TiB", math.MaxInt64: "8.0 EiB",
	} {
		if got := string(appendSize(nil, size)); got != want {
			t.Errorf("%d: %q, want %q", size, got, want)
		}
	}
}

func TestAppendGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567"} {
		if got := string(appendGrouped(nil, n)); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
