package main_test

import (
	"bytes"
	"testing"
)

// Types by extension, name and path; a compressed SVG is shown and not saved.
func TestMediaTypesByNameOrPath(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		const svg = `<svg xmlns="http://www.w3.org/2000/svg"/>`
		zipped := coded(t, "gzip", svg)
		root := rootWith(t, "a.svgz", zipped)
		for _, name := range []string{"LICENSE", "notes/a.html", ".well-known/openid-configuration", "apple-app-site-association", "a.js.gz", "a.tar.gz"} {
			mustPublish(t, root, name, string(zipped))
		}
		s := start(t, w, root, "--mime=LICENSE=text/plain", "--mime=/static/notes/*=text/plain", "--precompressed=gzip,br", "--compress=br", "--dotfiles=allow")
		c := s.dial(t)
		for _, tree := range trees {
			for _, want := range []struct{ name, mediaType, coding string }{
				{"a.svgz", "image/svg+xml", "gzip"},
				{"LICENSE", "text/plain; charset=utf-8", ""},
				{".well-known/openid-configuration", "application/json", ""},
				{"apple-app-site-association", "application/json", ""},
				{"a.js.gz", "application/gzip", ""},
				{"a.tar.gz", "application/gzip", ""},
				{"notes/a.html", map[string]string{"/static/": "text/plain; charset=utf-8", "/dynamic/": "text/html; charset=utf-8"}[tree], ""},
			} {
				for _, accept := range []string{"identity", "gzip"} {
					c.send(get(tree+want.name, "Accept-Encoding: "+accept))
					answer, body := c.answer("GET", 200)
					if got := answer.Header.Get("Content-Type"); got != want.mediaType {
						t.Errorf("%s%s: Content-Type %s, want %s", tree, want.name, got, want.mediaType)
					}
					if got := answer.Header.Values("Content-Encoding"); len(got) > 1 || answer.Header.Get("Content-Encoding") != want.coding {
						t.Errorf("%s%s: Content-Encoding %q, want %q", tree, want.name, got, want.coding)
					}
					if !bytes.Equal(body, zipped) {
						t.Errorf("%s%s: %d bytes, not those of the file", tree, want.name, len(body))
					}
				}
			}
		}
		needs(t, "curl")
		s.curl(t, "/static/a.svgz", "--compressed").want(t, 200, svg)
		s.curl(t, "/dynamic/a.svgz", "--compressed").want(t, 200, svg)
	})
}

func TestMimeRefusesATypeOfEverything(t *testing.T) {
	runProgram(t, built.aws, "", "--mime=*=text/plain").wantError(t, 2, `every file.*'/notes/\*=text/plain'`)
}
