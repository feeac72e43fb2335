// Folders as archives, fetched and unpacked by the tools that people use.

package main_test

import (
	"bytes"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// unpackers are the tools for each format, and what they are told.
var unpackers = map[string][][]string{
	"tar.gz":  {{"tar", "-xzf"}, {"bsdtar", "-xf"}},
	"tar.zst": {{"tar", "--zstd", "-xf"}},
	"zip":     {{"unzip", "-q"}, {"bsdtar", "-xf"}},
}

const allArchives = "--archive=tar.zst,tar.gz,zip"

// A folder fetched as an archive and unpacked is the folder that the server lists.
func TestArchiveUnpacked(t *testing.T) {
	needs(t, "curl", "tar", "bsdtar", "zstd", "unzip")
	eachBackend(t, func(t *testing.T, w way) {
		root := listingRoot(t)
		mustPublish(t, root, "sub/large.dat", strings.Repeat("0123456789abcdef", 100_000))
		want := maps.Clone(listed)
		want["sub/large.dat"] = strings.Repeat("0123456789abcdef", 100_000)
		must(t, os.Symlink("..", filepath.Join(root, "static/sub/circle")))
		must(t, os.Symlink("/etc/passwd", filepath.Join(root, "static/leads-out")))
		s := start(t, w, root, "--autoindex", allArchives)
		for format, tools := range unpackers {
			for _, tree := range trees {
				dir := t.TempDir()
				must(t, children.Command(t, "curl", "--noproxy", "*", "--silent", "--show-error", "--fail", "--output-dir", dir,
					"--remote-name", "--remote-header-name", s.url(tree+"?archive="+format)).Run())
				name := strings.Trim(tree, "/")
				for _, tool := range tools {
					into := t.TempDir()
					cmd := children.Command(t, tool[0], append(tool[1:], filepath.Join(dir, name+"."+format))...)
					cmd.Dir = into
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Fatalf("%q: %v\n%s", tool, err, out)
					}
					if got := filesIn(t, filepath.Join(into, name)); !maps.Equal(got, want) {
						t.Errorf("%s by %s has %q, want %q", format, tool[0], keys(got), keys(want))
					}
				}
			}
		}
	})
}

// filesIn are the files below a folder, by path.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			var text []byte
			text, err = os.ReadFile(path)
			all[strings.TrimPrefix(path, dir+"/")] = string(text)
		}
		return err
	}))
	return all
}

func keys(m map[string]string) (all []string) {
	for k := range maps.Keys(m) {
		all = append(all, k)
	}
	return all
}

// The fields say what comes. Only what is offered comes as an archive, and only of
// folders that are listed.
func TestArchiveFields(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := listingRoot(t)
		mustPublish(t, root, "Grüße/a", "a")
		mustPublish(t, root, "own/index.html", "own page\n")
		s := start(t, w, root, "--autoindex", "--archive=zip")
		for _, args := range [][]string{nil, {"--head"}} {
			a := s.curl(t, "/static/Gr%C3%BC%C3%9Fe/?archive=zip", args...)
			if a.status != 200 || (args == nil) != bytes.HasPrefix(a.body, []byte("PK")) {
				t.Errorf("%q: status %d with %d bytes", args, a.status, len(a.body))
			}
			a.wantField(t, "Content-Type", "application/zip")
			a.wantField(t, "Content-Disposition", `attachment; filename="Gr__e.zip"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.zip`)
			a.wantField(t, "X-Content-Type-Options", "nosniff")
		}
		s.curl(t, "/static/?archive=tar.gz").want(t, 404, "404 Not Found\n")
		s.curl(t, "/static/?archive=").want(t, 404, "404 Not Found\n")
		s.curl(t, "/static/none/?archive=zip").want(t, 404, "404 Not Found\n")
		s.curl(t, "/static/plain.txt?archive=zip").want(t, 200, "plain")
		s.curl(t, "/static/own/?archive=zip").want(t, 200, "own page\n")
		if page := s.curl(t, "/static/"); !bytes.Contains(page.body, []byte(`href="./?archive=zip"`)) {
			t.Error("the page has no link to the archive")
		}
		without := start(t, w, root, "--autoindex")
		if page := without.curl(t, "/static/?archive=zip"); page.status != 200 || bytes.Contains(page.body, []byte("?archive=")) {
			t.Errorf("without archives: status %d\n%s", page.status, page.body)
		}
	})
}

// At most eight archives of a loop are made at a time, and one whose client has gone
// makes room for another.
func TestArchivesAreBounded(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--autoindex", allArchives, "--workers=1")
		var slow []*client
		for range 8 {
			c := s.dial(t)
			c.send(get("/static/?archive=zip"))
			if status := statusOf(t, c); status != 200 {
				t.Fatalf("status %d", status)
			}
			slow = append(slow, c)
		}
		c := s.dial(t)
		c.send(get("/static/?archive=zip"))
		if a, _ := c.answer("GET", 503); a.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		slow[3].reset()
		children.Eventually(t, "room for another archive", func() bool {
			c := s.dial(t)
			defer c.Close()
			c.send(request("GET", "/static/?archive=zip", "Connection: close"))
			return statusOf(t, c) == 200
		})
		for _, c := range slow {
			c.reset()
		}
	})
}

// statusOf is the status of an answer whose body may go on for ever.
func statusOf(t *testing.T, c *client) int {
	t.Helper()
	answer, err := http.ReadResponse(c.in, nil)
	must(t, err)
	return answer.StatusCode
}
