// A page that uses everything a page may be made of, loaded by a browser.

package main_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"aws/httpx/browsertest"
)

// pageRoot is a root with the page in testdata/page, its generated parts and, if
// wanted, sidecars of its texts.
func pageRoot(t *testing.T, sidecars bool) string {
	t.Helper()
	root := rootWith(t, "blocks.woff", webfont())
	must(t, publish(root, "image.png", picture(t)))
	for _, name := range []string{"index.html", "style.css", "script.js", "module.mjs", "add.wasm", "video.mp4"} {
		content, err := os.ReadFile(filepath.Join("testdata/page", name))
		must(t, err)
		if name == "video.mp4" {
			content = spread(t, content)
		}
		must(t, publish(root, name, content))
		if sidecars && (strings.HasSuffix(name, ".css") || strings.HasSuffix(name, ".js")) {
			addSidecars(t, root, name, string(content))
		}
	}
	return root
}

// picture is an image.
func picture(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 192, 108))
	for y := range 108 {
		for x := range 192 {
			img.Set(x, y, color.RGBA{uint8(31 + y), uint8(111 + x/3), uint8(235 - x/2), 255})
		}
	}
	var b bytes.Buffer
	must(t, png.Encode(&b, img))
	return b.Bytes()
}

// videoGap is what spread puts into the video: more than a browser reads ahead.
const videoGap = 16 << 20

// spread puts an empty box (ISO/IEC 14496-12 §8.1.2) before the video's index,
// the box moov at its end. A browser has to leap to the index, and back for the
// pictures.
func spread(t *testing.T, video []byte) []byte {
	t.Helper()
	index := bytes.LastIndex(video, []byte("moov")) - 4
	if index < 0 {
		t.Fatal("the video has no box moov")
	}
	gap := make([]byte, videoGap)
	copy(gap, []byte{videoGap >> 24, videoGap >> 16 & 0xff, videoGap >> 8 & 0xff, videoGap & 0xff, 'f', 'r', 'e', 'e'})
	return bytes.Join([][]byte{video[:index], gap, video[index:]}, nil)
}

// part is what the page's script says about a part.
type part struct {
	Name, Result, Coding string
	Failed               bool
}

// pageParts are what it says if all is well.
var pageParts = []struct{ name, result, mediaType string }{
	{"style.css", "all of it", "text/css; charset=utf-8"},
	{"script.js", "runs", "text/javascript; charset=utf-8"},
	{"blocks.woff", "1 face, loaded", "font/woff"},
	{"image.png", "192 × 108", "image/png"},
	{"module.mjs", "imported", "text/javascript; charset=utf-8"},
	{"add.wasm", "2 + 3 = 5", "application/wasm"},
	{"video.mp4", "at 6 s of 12, seekable to 12", "video/mp4"},
}

// A browser shows a page with all its parts: from sidecars in both trees, and
// compressed on the way, as /dynamic does.
func TestPageLoadsWhole(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		sidecars := start(t, w, pageRoot(t, true), "--precompressed=br,zstd,gzip")
		onTheWay := start(t, w, pageRoot(t, false), "--compress=zstd,br,gzip")
		b := browsertest.Open(t)
		for _, c := range []struct {
			name        string
			server      *server
			tree        string
			codings     map[string]string
			screenshots string
		}{
			{"static", sidecars, "/static/", map[string]string{"style.css": "br", "script.js": "br"}, ""},
			{"dynamic", sidecars, "/dynamic/", map[string]string{"style.css": "br", "script.js": "br"}, ""},
			{"compress", onTheWay, "/dynamic/", map[string]string{"style.css": "zstd", "script.js": "zstd"}, "browser.png"},
		} {
			t.Run(c.name, func(t *testing.T) {
				p := b.OpenTab(t)
				p.Do(browsertest.Look(760, 620, "light"), chromedp.Navigate(c.server.url(c.tree)))
				results := browsertest.Value(p, chromedp.Poll[[]part]("window.results", chromedp.WithPollingTimeout(0)))
				p.WantNoComplaints()
				wantParts(p, results, c.codings)
				wantVideoRanges(p)
				if c.screenshots != "" {
					p.Screenshot("../../docs/img/" + c.screenshots)
				}
			})
		}
	})
}

// wantParts compares what the page says, and the answers that it got, with what
// was served.
func wantParts(p *browsertest.Tab, results []part, codings map[string]string) {
	p.T.Helper()
	if len(results) != len(pageParts) {
		p.T.Fatalf("the page has used %+v", results)
	}
	for i, want := range pageParts {
		got := results[i]
		if got.Failed || got.Name != want.name || got.Result != want.result {
			p.T.Errorf("%+v, want %+v", got, want)
		}
		if coding := codings[want.name]; coding != "" && !strings.HasPrefix(got.Coding, coding+", ") {
			p.T.Errorf("%s: came as %q, want %s", want.name, got.Coding, coding)
		}
		answers := p.AnswersFor(want.name)
		if len(answers) == 0 {
			p.T.Errorf("%s was not fetched", want.name)
		}
		for _, a := range answers {
			if got := browsertest.Field(a, "Content-Type"); got != want.mediaType {
				p.T.Errorf("%s: Content-Type %q, want %q", want.name, got, want.mediaType)
			}
			if got := browsertest.Field(a, "Content-Encoding"); got != codings[want.name] {
				p.T.Errorf("%s: Content-Encoding %q, want %q", want.name, got, codings[want.name])
			}
		}
	}
	if page := p.AnswersFor(""); len(page) != 1 || browsertest.Field(page[0], "Content-Encoding") != codings["index.html"] {
		p.T.Errorf("the page itself came in %d answers, want one as %q", len(page), codings["index.html"])
	}
}

// wantVideoRanges wants the video in exact ranges, one of them of its end.
func wantVideoRanges(p *browsertest.Tab) {
	p.T.Helper()
	leapt := false
	for _, a := range p.AnswersFor("video.mp4") {
		var first, last, size int64
		_, err := fmt.Sscanf(browsertest.Field(a, "Content-Range"), "bytes %d-%d/%d", &first, &last, &size)
		if err != nil || a.Status != 206 || last != size-1 || size < videoGap ||
			browsertest.Field(a, "Content-Length") != strconv.FormatInt(last-first+1, 10) {
			p.T.Errorf("video: status %d, Content-Range %q, Content-Length %q, %v", a.Status,
				browsertest.Field(a, "Content-Range"), browsertest.Field(a, "Content-Length"), err)
		}
		leapt = leapt || first >= videoGap
	}
	if !leapt {
		p.T.Errorf("of %d answers with the video none has its end", len(p.AnswersFor("video.mp4")))
	}
}
