package httpx

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
	"aws/httpx/process"
	"aws/httpx/site"
)

// compressed serves root with gzip and digests, with listings, and mounted at "/"
// as static files.
func compressed(t *testing.T, root string) setup {
	t.Helper()
	c, err := process.NewCompressor("gzip")
	if err != nil {
		t.Fatal(err)
	}
	return setup{root: root, adjust: func(config *Config) {
		s := &config.Sites[0]
		s.Mounts = append(s.Mounts, site.MountConfig{Prefix: "/", Dir: "."})
		s.Processors, s.Autoindex = []process.Processor{c, process.NewDigester()}, true
	}}
}

// textTree is a document root with texts of this many bytes, under the names of a
// page, a picture and an archive.
func textTree(t *testing.T, size int) (root string, text []byte) {
	t.Helper()
	root = httpxtest.Tree(t, map[string]int{"static/empty.html": 0, "static/small.html": 1023})
	text = bytes.Repeat([]byte("all work and no play\n"), size/21+1)[:size]
	for _, dir := range []string{"static", "dynamic"} {
		for _, name := range []string{"a.html", "a.png", "a.tar.gz"} {
			if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, dir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root, text
}

func unpacked(t *testing.T, a parsedResponse) []byte {
	t.Helper()
	if a.status != 200 || a.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("status %d, %v", a.status, a.header)
	}
	r, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func accepting(path, fields string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n" + fields + "\r\n"
}

// What gains by it is compressed on every mount. The rest of a static mount is sent
// as ever, and nothing reads it.
func TestEveryMountIsCompressed(t *testing.T) {
	root, text := textTree(t, 700_000)
	for seed, trouble := range []simio.Probabilities{{}, unkind} {
		files := 0
		s := compressed(t, root)
		s.seed, s.trouble = uint64(2*seed), trouble
		s.wrap = func(e *simio.Engine) backend.Backend { return filesSent{e, &files} }
		h := s.open(t)
		for _, c := range []struct {
			path, fields string
			packed       bool
			size         int64 // by SendFile; -1 is any
		}{
			{"/static/a.html", "", true, 0},
			{"/dynamic/a.html", "", true, 0},
			{"/static/./a.html", "TE: trailers\r\n", true, 0},
			{"/static/a.png", "", false, 700_000},
			{"/static/a.tar.gz", "", false, 700_000},
			{"/static/a.html", "Accept-Encoding: gzip;q=0\r\n", true, 0}, // the highest weight counts
			{"/static/small.html", "", false, 1023},
		} {
			files = 0
			a := h.response(h.dial(accepting(c.path, c.fields)))
			if c.packed {
				if !bytes.Equal(unpacked(t, a), text) || a.header.Get("Vary") != "Accept-Encoding" || a.header.Get("Accept-Ranges") != "" {
					t.Errorf("%s: other bytes, %v", c.path, a.header)
				}
			} else if a.status != 200 || a.header.Get("Content-Encoding") != "" || a.header.Get("Accept-Ranges") != "bytes" {
				t.Errorf("%s: status %d, %v", c.path, a.status, a.header)
			}
			if int64(files) != c.size {
				t.Errorf("%s: %d bytes from the file to the socket, want %d", c.path, files, c.size)
			}
		}
		h.end()
	}
}

// filesSent is an engine that counts the bytes that go from files to sockets.
type filesSent struct {
	*simio.Engine
	bytes *int
}

func (e filesSent) SendFile(t backend.Token, head []byte, f backend.File, off, n int64) {
	*e.bytes = max(*e.bytes, int(off+n))
	e.Engine.SendFile(t, head, f, off, n)
}

// Conditions, ranges and HEAD of a static file that could be compressed.
func TestRangesAreOfThePlainFile(t *testing.T) {
	root, text := textTree(t, 5000)
	h := compressed(t, root).open(t)
	plain := h.response(h.dial(get("/static/a.html"))).header.Get("ETag")
	packed := h.response(h.dial(accepting("/static/a.html", ""))).header.Get("ETag")
	if strings.HasPrefix(plain, "W/") || !strings.HasPrefix(packed, "W/") {
		t.Errorf("tags %s and %s", plain, packed)
	}
	for _, tree := range []string{"/static", "/dynamic"} {
		a := h.response(h.dial(accepting(tree+"/a.html", "Range: bytes=1-5\r\n")))
		if a.status != 206 || !bytes.Equal(a.body, text[1:6]) || a.header.Get("Content-Encoding") != "" || a.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: status %d, %q, %v", tree, a.status, a.body, a.header)
		}
	}
	for fields, status := range map[string]int{
		"If-None-Match: " + packed:                            304,
		"If-None-Match: " + plain:                             200,
		"If-Match: " + packed:                                 412, // weak
		"If-Range: " + plain + "\r\nRange: bytes=0-1":         206,
		"If-Range: " + packed + "\r\nRange: bytes=0-1":        200,
		"If-None-Match: " + plain + "\r\nRange: bytes=0-1":    304,
		"If-Unmodified-Since: Fri, 01 Jan 1990 00:00:00 GMT":  412,
		"If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT":    304,
		"Range: bytes=9000-":                                  416,
		"TE: trailers\r\nRange: bytes=0-1":                    206,
		"Accept-Encoding: identity;q=0":                       200,
		"If-None-Match: *\r\nAccept-Encoding: identity;q=0.5": 304,
	} {
		if a := h.response(h.dial(accepting("/static/a.html", fields+"\r\n"))); a.status != status {
			t.Errorf("%s: status %d, want %d", fields, a.status, status)
		}
	}
	c := h.dial(strings.Replace(accepting("/static/a.html", "Range: bytes=0-1\r\n"), "GET", "HEAD", 1))
	h.until("a response", func() bool { return bytes.HasSuffix(c.got, []byte("\r\n\r\n")) })
	if !bytes.Contains(c.got, []byte("Content-Encoding: gzip\r\n")) || !bytes.Contains(c.got, []byte(packed)) {
		t.Errorf("HEAD: %s", c.got)
	}
	h.end()
}

// A digest follows a static file, too.
func TestStaticFileHasADigest(t *testing.T) {
	root, text := textTree(t, 300_000)
	h := compressed(t, root).open(t)
	for _, name := range []string{"a.png", "a.html", "empty.html"} {
		a := h.response(h.dial("GET /static/" + name + " HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n"))
		sum := sha256.Sum256(a.body)
		if want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"; a.trailer.Get("Repr-Digest") != want {
			t.Errorf("%s: %q, want %q", name, a.trailer.Get("Repr-Digest"), want)
		}
		if name != "empty.html" && !bytes.Equal(a.body, text) {
			t.Errorf("%s: %d other bytes", name, len(a.body))
		}
	}
	h.end()
}

// A sidecar file wins over compression on the way. Where there is none in a coding
// that the client takes, the file is compressed.
func TestSidecarsWin(t *testing.T) {
	root, text := textTree(t, 5000)
	if err := os.WriteFile(filepath.Join(root, "static/a.html.br"), []byte("brotli"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := compressed(t, root)
	adjust := s.adjust
	s.adjust = func(c *Config) { adjust(c); c.Sites[0].Precompressed = []string{"br"} }
	h := s.open(t)
	a := h.response(h.dial(accepting("/static/a.html", "Accept-Encoding: br\r\n")))
	if string(a.body) != "brotli" || a.header.Get("Content-Encoding") != "br" {
		t.Errorf("%q, %v", a.body, a.header)
	}
	a = h.response(h.dial(accepting("/static/a.html", "")))
	if !bytes.Equal(unpacked(t, a), text) || strings.Join(a.header.Values("Vary"), ";") != "Accept-Encoding" {
		t.Errorf("%v", a.header)
	}
	h.end()
}

// Listings are compressed while they are made, as a page and as JSON. If there is no
// memory for that, they are sent as they are.
func TestListingsAreCompressed(t *testing.T) {
	sizes := map[string]int{}
	for i := range 5000 {
		sizes[fmt.Sprintf("static/many/a-file-with-a-long-name-%d", i)] = 0
	}
	root := httpxtest.Tree(t, sizes)
	for seed, trouble := range []simio.Probabilities{{}, unkind} {
		s := compressed(t, root)
		s.seed, s.trouble = uint64(seed), trouble
		h := s.open(t)
		for _, accept := range []string{"", "Accept: application/json\r\n"} {
			plain := h.response(h.dial("GET /static/many/ HTTP/1.1\r\nHost: a\r\n" + accept + "\r\n"))
			a := h.response(h.dial(accepting("/static/many/", accept)))
			body := unpacked(t, a)
			if !bytes.Contains(body, []byte("a-file-with-a-long-name-10")) || !bytes.Equal(body, plain.body) {
				t.Errorf("%d bytes of a listing, %d without compression", len(body), len(plain.body))
			}
			if vary := a.header.Get("Vary"); vary != "Accept, Accept-Encoding" || plain.header.Get("Vary") != vary || len(a.body) > len(plain.body)/4 {
				t.Errorf("%d bytes for %d, Vary %q and %q", len(a.body), len(plain.body), vary, plain.header.Get("Vary"))
			}
		}
		c := h.dial(strings.Replace(accepting("/static/many/", ""), "GET", "HEAD", 1))
		h.until("a response", func() bool { return bytes.HasSuffix(c.got, []byte("\r\n\r\n")) })
		if !bytes.Contains(c.got, []byte("Content-Encoding: gzip\r\n")) {
			t.Errorf("HEAD: %s", c.got)
		}
		for range 3 { // gone while it is made
			h.dial(accepting("/static/many/", "")).breakAt = 1
		}
		h.end()
	}
	s := compressed(t, root)
	adjust := s.adjust
	s.adjust = func(c *Config) { adjust(c); c.Memory = 4 << 20 }
	h := s.open(t)
	a := h.response(h.dial(accepting("/static/many/", "")))
	if a.status != 200 || a.header.Get("Content-Encoding") != "" || !bytes.Contains(a.body, []byte("name-10")) {
		t.Errorf("without memory: status %d, %v", a.status, a.header)
	}
	h.end()
}
