// The root and the requests of TestSameAnswersOfSites, in differential_test.go.

package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// differentRoot is a root with something for every rule of a site.
func differentRoot(t *testing.T) string {
	t.Helper()
	root := rootWith(t, "a.css", []byte(stylesheet))
	addSidecars(t, root, "a.css", stylesheet)
	mustPublish(t, root, "b.css", stylesheet[:20000])
	mustPublish(t, root, "raw.bin", string(contents[medium][:300000]))
	mustPublish(t, root, "empty.txt", "")
	mustPublish(t, root, "page.html", stylesheet[:5000])
	mustPublish(t, root, "404.html", "not here\n")
	mustPublish(t, root, "412.html", stylesheet[:3000])
	mustPublish(t, root, "indexed/index.html", "index\n")
	for i := range 100 {
		mustPublish(t, root, fmt.Sprintf("folder/entry %d", i), stylesheet[:i])
	}
	hourAgo := time.Now().Add(-time.Hour)
	for _, tree := range trees {
		for _, name := range []string{"a.css", "raw.bin", "folder"} {
			must(t, os.Chtimes(filepath.Join(root, tree, name), hourAgo, hourAgo))
		}
	}
	return root
}

// conditions are values of conditional fields that are true for some files, and
// some that are not.
type conditions struct{ tags, times []string }

// conditionsOf asks the server for them.
func (s *server) conditionsOf(t *testing.T) (c conditions) {
	t.Helper()
	conn := s.dial(t)
	for _, tree := range trees {
		for _, name := range []string{"a.css", "b.css", "raw.bin"} {
			for _, coding := range []string{"identity", "br", "zstd"} {
				conn.send(request("HEAD", tree+name, "Accept-Encoding: "+coding))
				answer, err := http.ReadResponse(conn.in, &http.Request{Method: "HEAD"})
				must(t, err)
				c.tags = append(c.tags, answer.Header.Get("ETag"))
				c.times = append(c.times, answer.Header.Get("Last-Modified"))
			}
		}
	}
	c.tags = append(c.tags, "*", `"none"`, `W/"weak", "strong"`, c.tags[0]+", "+c.tags[1], "malformed", "")
	c.times = append(c.times, httpDate(time.Now(), -24*time.Hour), httpDate(time.Now(), 24*time.Hour), "yesterday")
	return c
}

// makeUp makes up a request with some of the fields that a site's answers depend
// on.
func (c conditions) makeUp(random *rand.Rand) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	method := pick("GET", "GET", "GET", "GET", "GET", "HEAD", "HEAD", "OPTIONS", "POST")
	target := pick(trees...) + pick("a.css", "a.css", "a.css.gz", "b.css", "b.css", "raw.bin", "empty.txt", "page", "nowhere",
		"indexed", "indexed/", "folder", "folder/", "folder/?sort=size&order=desc", "folder/entry%207", "")
	if random.IntN(12) == 0 {
		target = pick("/old/a.css", "/old/folder/?q", "/", "*")
	}
	field := func(name string, values ...string) string { return name + ": " + pick(values...) + "\r\n" }
	var fields string
	for range random.IntN(4) {
		switch random.IntN(10) {
		case 0, 1:
			fields += field("Accept-Encoding", "gzip, deflate, br, zstd", "gzip", "zstd;q=0.5, br;q=0.4", "identity", "*", "br;q=0, *;q=0.1", "", "x;;q")
		case 2, 3:
			fields += field("Range", "bytes=0-99", "bytes=-5000", "bytes=100-", "bytes=0-9,1000-1999,-10", "bytes=0-0,2-2,4-4,6-", "bytes=999999999-",
				"bytes=5-1", "lines=1-2", "bytes=0-10,5-20", "bytes=-0")
		case 4:
			fields += field("If-None-Match", c.tags...)
		case 5:
			fields += field("If-Match", c.tags...)
		case 6:
			fields += field("If-Range", append(c.tags, c.times...)...)
		case 7:
			fields += field(pick("If-Modified-Since", "If-Unmodified-Since"), c.times...)
		case 8:
			fields += field("Accept", "application/json", "text/html", "*/*", "application/json;q=0.1, text/*")
		case 9:
			fields += pick("TE: trailers\r\n", "TE: trailers\r\nAccept-Encoding: zstd\r\n", "Origin: https://a.example\r\n", "Origin: https://b.example\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n")
		}
	}
	return method + " " + target + " HTTP/" + pick("1.1", "1.1", "1.1", "1.1", "1.0") + "\r\nHost: test\r\n" + fields + "\r\n"
}
