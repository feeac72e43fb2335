package main_test

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// packedRoot has sidecars without their originals.
func packedRoot(t *testing.T) string {
	t.Helper()
	root := rootWith(t, "plain.txt", []byte("plain"))
	addSidecars(t, root, "a.css", stylesheet)
	for name, text := range map[string]string{"folder/index.html": "<p>index", "404.html": "<p>nothing", "app.html": "<p>app"} {
		mustPublish(t, root, name+".gz", string(coded(t, "gzip", text)))
	}
	mustPublish(t, root, "damaged.gz", string(coded(t, "gzip", stylesheet))[:1000])
	mustPublish(t, root, "empty.gz", "")
	mustPublish(t, root, "bomb.zst", string(coded(t, "zstd", strings.Repeat("\x00", 64<<20))))
	mustPublish(t, root, "folder.css/x", "")
	mustPublish(t, root, "folder.css.gz/x", "")
	return root
}

// A sidecar is enough for clients that accept it.
func TestSidecarsWithoutOriginal(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := packedRoot(t)
		s := start(t, w, root, "--precompressed=br,zstd,gzip")
		c := s.dial(t)
		for _, tree := range trees {
			for _, accept := range accepts {
				if accept.coding == "" {
					c.send(get(tree+"a.css", "Accept-Encoding: "+accept.field))
					if got := strings.Join(c.refusal(http.StatusNotAcceptable).Header.Values("Vary"), ", "); got != "Accept-Encoding, Accept" {
						t.Errorf("406 with Vary: %q", got)
					}
					continue
				}
				s.wantCoded(t, tree+"a.css", accept.field, accept.coding, stylesheet).wantField(t, "Content-Type", "text/css; charset=utf-8")
			}
			c.send(get(tree + "a.css")) // accepts no coding
			c.refusal(http.StatusNotAcceptable)
			c.send(get(tree+"none.css", "Accept-Encoding: br, gzip"))
			c.refusal(http.StatusNotFound)
			c.send(get(tree+"folder.css", "Accept-Encoding: gzip"))
			c.answer("GET", http.StatusMovedPermanently)
			c.send(get(strings.TrimSuffix(tree, "/"), "Accept-Encoding: gzip"))
			c.answer("GET", http.StatusMovedPermanently)

			ranged := s.curl(t, tree+"a.css", "--header", "Accept-Encoding: zstd", "--range", "0-3")
			ranged.want(t, 206, "\x28\xb5\x2f\xfd")
			tag := filepath.Join(t.TempDir(), "tag")
			s.curl(t, tree+"a.css", "--compressed", "--etag-save", tag).want(t, 200, stylesheet)
			s.curl(t, tree+"a.css", "--compressed", "--etag-compare", tag).want(t, 304, "")
			if a := s.curl(t, tree+"a.css", "--header", "Accept-Encoding: gzip", "--etag-compare", tag); a.status != 200 { // another representation
				t.Errorf("status %d, want 200", a.status)
			}
			s.curl(t, tree+"folder/", "--compressed").want(t, 200, "<p>index")
			s.curl(t, tree+"plain.txt").want(t, 200, "plain")
		}
		mustPublish(t, root, "a.css", "p{}") // the original counts at once
		c.send(get("/static/a.css"))
		if _, body := c.answer("GET", 200); string(body) != "p{}" {
			t.Errorf("%q, want the original", cut(body))
		}
	})
}

// With --precompressed-only the others get it unpacked.
func TestSidecarsAreUnpacked(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		w.says = append(w.says, "making the body of a response")
		root := packedRoot(t)
		s := start(t, w, root, "--precompressed=br,zstd,gzip", "--precompressed-only", "--fallback=/static/app.html")
		for _, tree := range trees {
			for _, accept := range accepts {
				s.wantCoded(t, tree+"a.css", accept.field, accept.coding, stylesheet)
			}
			plain := s.curl(t, tree+"a.css")
			plain.want(t, 200, stylesheet)
			for name, want := range map[string]string{"Content-Type": "text/css; charset=utf-8", "Content-Encoding": "", "Vary": "Accept-Encoding",
				"X-Content-Type-Options": "nosniff", "Accept-Ranges": ""} {
				plain.wantField(t, name, want)
			}
			s.curl(t, tree+"a.css", "--http1.0").want(t, 200, stylesheet)
			s.curl(t, tree+"a.css", "--range", "0-3").want(t, 200, stylesheet)
			if head := s.curl(t, tree+"a.css", "--head"); head.status != 200 || head.header.Get("ETag") != plain.header.Get("ETag") {
				t.Errorf("HEAD: status %d, fields %v", head.status, head.header)
			}
			tag := filepath.Join(t.TempDir(), "tag")
			s.curl(t, tree+"a.css", "--etag-save", tag).want(t, 200, stylesheet)
			s.curl(t, tree+"a.css", "--etag-compare", tag).want(t, 304, "")
			s.curl(t, tree+"a.css", "--etag-compare", tag, "--compressed").want(t, 200, stylesheet)
			s.curl(t, tree+"folder/").want(t, 200, "<p>index")
			s.curl(t, tree+"folder/", "--compressed").want(t, 200, "<p>index")
			s.curl(t, tree+"nowhere").want(t, 200, "<p>app")
			bomb := s.curl(t, tree+"bomb")
			if len(bomb.body) != 64<<20 || len(bytes.Trim(bomb.body, "\x00")) > 0 {
				t.Errorf("%d bytes, want %d zeros", len(bomb.body), 64<<20)
			}
			c := s.dial(t)
			c.send(get(tree + "empty"))
			c.answer("GET", http.StatusInternalServerError)
			s.dial(t).send(get(tree + "damaged")) // some of it may have been sent
		}
		errors := start(t, w, root, "--precompressed=gzip", "--precompressed-only", "--error-page=404=/static/404.html")
		errors.curl(t, "/static/none").want(t, 404, "<p>nothing")
		errors.curl(t, "/static/none", "--compressed").want(t, 404, "<p>nothing")
		if most := 300 << 20; s.peakMemory(t) > most {
			t.Errorf("a peak of %d bytes, more than %d", s.peakMemory(t), most)
		}
	})
}

func TestPrecompressedOnlyNeedsCodings(t *testing.T) {
	runProgram(t, built.aws, "", "--precompressed-only").wantError(t, 2, "precompressed=br,gzip")
}
