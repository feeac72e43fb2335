package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
	"aws/httpx/httpxtest"
)

// releases are the ways in which operators publish a new release. Each makes
// release 2 of the root.
var releases = []struct {
	name    string
	first   func(t *testing.T, root string)
	publish func(t *testing.T, root string)
}{
	{"switch a link", func(t *testing.T, root string) {
		makeRelease(t, root+".1", "1")
		makeRelease(t, root+".2", "2")
		must(t, os.Symlink(filepath.Base(root)+".1", root))
	}, func(t *testing.T, root string) {
		must(t, os.Symlink(filepath.Base(root)+".2", root+"~"))
		must(t, os.Rename(root+"~", root))
		must(t, os.RemoveAll(root+".1"))
	}},
	{"rename a folder over it", func(t *testing.T, root string) {
		makeRelease(t, root, "1")
		makeRelease(t, root+".new", "2")
	}, func(t *testing.T, root string) {
		must(t, os.Rename(root, root+".old"))
		must(t, os.Rename(root+".new", root))
		must(t, os.RemoveAll(root+".old"))
	}},
	{"make it anew", func(t *testing.T, root string) {
		makeRelease(t, root, "1")
	}, func(t *testing.T, root string) {
		must(t, os.RemoveAll(root))
		makeRelease(t, root, "2")
	}},
}

// makeRelease makes a root whose files say which release they are of.
func makeRelease(t *testing.T, root, text string) {
	t.Helper()
	mustPublish(t, root, "a", text)
	mustPublish(t, root, "only-"+text, text)
	write(t, filepath.Join(root, "a"), text)
}

// The next request sees a new release, whether it is the document root, a folder
// that is mounted from elsewhere, or a part of either. Nothing of the old one
// stays open.
func TestRootIsFollowed(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for _, release := range releases {
			t.Run(release.name, func(t *testing.T) {
				dir := rootWith(t, "unused", nil)
				root := filepath.Join(dir, "site")
				release.first(t, root)
				w := w
				w.says = []string{"another folder is served now"}
				elsewhere := rootWith(t, "unused", nil)
				servers := map[*server]string{ // by where the release is
					start(t, w, root, "--mount=/=.", "--autoindex", "--workers=1"):              "",
					start(t, w, root, "--mount=/=.:dynamic", "--autoindex", "--workers=1"):      "",
					start(t, w, elsewhere, "--mount=/more="+root, "--autoindex", "--workers=1"): "/more",
					start(t, w, dir, "--mount=/=.", "--autoindex", "--workers=1"):               "/site",
				}
				for s, prefix := range servers {
					for range 2 {
						s.wantText(t, prefix+"/dynamic/a", "1")
						s.wantText(t, prefix+"/static/only-1", "1")
						s.wantText(t, prefix+"/static/only-2", "")
					}
				}
				release.publish(t, root)
				for s, prefix := range servers {
					s.wantText(t, prefix+"/static/only-1", "")
					s.wantText(t, prefix+"/dynamic/only-2", "2")
					s.wantText(t, prefix+"/dynamic/a", "2")
					s.wantText(t, prefix+"/static/a", "2")
					if list := s.curl(t, prefix+"/static/"); list.status != http.StatusOK || !strings.Contains(string(list.body), "only-2") {
						t.Errorf("the listing: %d\n%s", list.status, list.body)
					}
					children.Eventually(t, "the end of the old release", func() bool {
						return len(httpxtest.DeletedDescriptors(t, s.pid)) == 0
					})
					s.end(t)
					want := 1
					if prefix == "/site" { // the root is the folder above
						want = 0
					}
					if n := strings.Count(s.stderr.String(), w.says[0]); n != want {
						t.Errorf("%s: %d lines say that the root is another one, want %d:\n%s", prefix, n, want, &s.stderr)
					}
				}
			})
		}
	})
}

// wantText wants a path to hold text, or nothing if that is "".
func (s *server) wantText(t *testing.T, path, text string) {
	t.Helper()
	a := s.curl(t, path)
	if text == "" && a.status != http.StatusNotFound || text != "" && (a.status != http.StatusOK || string(a.body) != text) {
		t.Errorf("%s: %d with %q, want %q", path, a.status, a.body, text)
	}
}

// A root that goes away is 404 and a warning, and is served when it is there
// again. At start it is an error.
func TestRootThatIsGone(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		root := filepath.Join(rootWith(t, "unused", nil), "site")
		run(t, "", "--root="+root, "--listen=127.0.0.1:0").wantError(t, 1, "site: no such file.*make it.*--root=FOLDER")
		makeRelease(t, root, "1")
		w.says = []string{"another folder is served now", `document root" err="open ` + root + `: no such file or directory"`}
		s := start(t, w, root, "--workers=1")
		c := s.dial(t)
		for range 2 {
			for _, tree := range trees {
				c.send(get(tree + "a"))
				c.answer("GET", http.StatusOK)
			}
			must(t, os.Rename(root, root+"~"))
			for _, tree := range trees {
				c.send(get(tree + "a"))
				c.refusal(http.StatusNotFound)
			}
			must(t, os.Rename(root+"~", root))
		}
		children.Eventually(t, "a warning", func() bool { return strings.Contains(s.stderr.String(), w.says[1]) })
	})
}
