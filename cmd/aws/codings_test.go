// Content codings, from sidecar files and on the way, and the digest after a
// body.

package main_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	brotli "github.com/molecule-man/go-brrr"
)

// stylesheet is text that compresses well.
var stylesheet = func() string {
	var b strings.Builder
	for i := range 9000 {
		b.WriteString(".class-")
		b.WriteString(strings.Repeat(string(rune('a'+i%26)), 1+i%11))
		b.WriteString(" { margin: 1px }\n")
	}
	return b.String()
}()

// coded is text in a content coding. curl decodes with other libraries than these.
func coded(t *testing.T, coding, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding {
	case "br":
		w, err = brotli.NewWriter(&b, 5)
	case "zstd":
		w, err = zstd.NewWriter(&b)
	case "gzip":
		w = gzip.NewWriter(&b)
	}
	must(t, err)
	_, err = io.WriteString(w, text)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

// extensions are those of sidecar files, by their coding.
var extensions = map[string]string{"br": ".br", "zstd": ".zst", "gzip": ".gz"}

// addSidecars puts the coded forms of a file beside it, in both trees.
func addSidecars(t *testing.T, root, name, text string) {
	t.Helper()
	for coding, ext := range extensions {
		mustPublish(t, root, name+ext, string(coded(t, coding, text)))
	}
}

// accepts are values of Accept-Encoding, with the coding that suits them best if
// the server prefers br, zstd and gzip, in this order. curl 7.88 itself asks for
// "deflate, gzip, br, zstd".
var accepts = []struct {
	field  string // "" is curl's own
	coding string
}{
	{"", "br"},
	{"gzip", "gzip"},
	{"zstd", "zstd"},
	{"br", "br"},
	{"gzip, zstd;q=0.5", "gzip"},
	{"*;q=0.1, zstd", "zstd"},
	{"br;q=0, gzip;q=0.2, zstd;q=0.1", "gzip"},
	{"identity", ""},
	{"identity, *;q=0", ""},
	{"deflate", ""},
}

func TestPrecompressedFiles(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a.css", []byte(stylesheet))
		addSidecars(t, root, "a.css", stylesheet)
		s := start(t, w, root, "--precompressed=br,zstd,gzip")
		for _, tree := range trees {
			for _, accept := range accepts {
				a := s.wantCoded(t, tree+"a.css", accept.field, accept.coding, stylesheet)
				if file, err := os.Stat(filepath.Join(root, tree, "a.css"+extensions[accept.coding])); err != nil ||
					a.header.Get("Content-Length") != strconv.FormatInt(file.Size(), 10) {
					t.Errorf("%s: Content-Length %s, want that of the file, %v", accept.field, a.header.Get("Content-Length"), err)
				}
				a.wantField(t, "Accept-Ranges", "bytes")
			}
			s.curl(t, tree+"a.css").want(t, 200, stylesheet)
			ranged := s.curl(t, tree+"a.css", "--header", "Accept-Encoding: zstd", "--range", "0-3")
			ranged.want(t, 206, "\x28\xb5\x2f\xfd") // of the coded form: RFC 9110 §14.2; RFC 8878 §3.1.1
		}
	})
}

func TestCompressedOnTheWay(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a.css", []byte(stylesheet))
		mustPublish(t, root, "a.bin", stylesheet)
		s := start(t, w, root, "--compress=br,zstd,gzip")
		for _, tree := range trees {
			for _, accept := range accepts {
				s.wantCoded(t, tree+"a.css", accept.field, accept.coding, stylesheet)
			}
			plain := s.curl(t, tree+"a.bin", "--compressed")
			plain.want(t, 200, stylesheet)
			plain.wantField(t, "Content-Encoding", "")
			tag := filepath.Join(t.TempDir(), "tag")
			s.curl(t, tree+"a.css", "--compressed", "--etag-save", tag).want(t, 200, stylesheet)
			s.curl(t, tree+"a.css", "--compressed", "--etag-compare", tag).want(t, 304, "")
			s.curl(t, tree+"a.css", "--etag-compare", tag).want(t, 200, stylesheet) // another representation
			ranged := s.curl(t, tree+"a.css", "--header", "Accept-Encoding: gzip", "--range", "0-3")
			ranged.want(t, 206, stylesheet[:4]) // of the plain form
			ranged.wantField(t, "Vary", "Accept-Encoding")
			old := s.curl(t, tree+"a.css", "--compressed", "--http1.0")
			old.want(t, 200, stylesheet)
			old.wantField(t, "Transfer-Encoding", "")
		}
	})
}

// One mount for everything is compressed like any other, and so is a listing of
// it, as a page and as JSON.
func TestListingCompressedOnTheWay(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a.css", []byte(stylesheet))
		for i := range 300 {
			write(t, filepath.Join(root, "static", "a-file-with-a-long-name-"+strconv.Itoa(i)), "")
		}
		s := start(t, w, root, "--compress=br,zstd,gzip", "--mount=/=.", "--autoindex")
		s.wantCoded(t, "/static/a.css", "gzip", "gzip", stylesheet)
		for _, accept := range []string{"text/html", "application/json"} {
			fields := []string{"--header", "Accept: " + accept}
			plain := s.curl(t, "/static/", fields...)
			plain.wantField(t, "Content-Encoding", "")
			for _, coding := range []string{"br", "zstd", "gzip"} {
				a := s.curl(t, "/static/", append(fields, "--compressed", "--header", "Accept-Encoding: "+coding)...)
				a.want(t, 200, string(plain.body))
				a.wantField(t, "Content-Encoding", coding)
				a.wantField(t, "Vary", "Accept, Accept-Encoding")
			}
		}
	})
}

// wantCoded fetches a file that must arrive in a coding, "" for none.
func (s *server) wantCoded(t *testing.T, path, accept, coding, text string) answer {
	t.Helper()
	args := []string{"--compressed"}
	if accept != "" {
		args = append(args, "--header", "Accept-Encoding: "+accept)
	}
	a := s.curl(t, path, args...)
	a.want(t, 200, text)
	a.wantField(t, "Content-Encoding", coding)
	a.wantField(t, "Vary", "Accept-Encoding")
	return a
}

// The digest after a body is that of its bytes as sent, without the framing
// (RFC 9530 §3).
func TestDigestAfterBody(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a.css", []byte(stylesheet))
		mustPublish(t, root, "empty", "")
		s := start(t, w, root, "--digest", "--compress=gzip")
		trailers := []string{"--header", "TE: trailers", "--header", "Connection: TE"}
		for _, path := range []string{"/dynamic/a.css", "/dynamic/empty", "/static/a.css", "/static/empty"} {
			for _, more := range [][]string{nil, {"--header", "Accept-Encoding: gzip"}} {
				a := s.curl(t, path, append(trailers, more...)...)
				sum := sha256.Sum256(a.body)
				if got, want := a.trailer.Get("Repr-Digest"), "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":"; got != want {
					t.Errorf("%s %v: Repr-Digest %q, want %q", path, more, got, want)
				}
				a.wantField(t, "Trailer", "Repr-Digest")
			}
		}
		for _, tree := range trees {
			without := s.curl(t, tree+"a.css")
			without.want(t, 200, stylesheet)
			without.wantField(t, "Content-Length", strconv.Itoa(len(stylesheet)))
		}
	})
}
