// Listings of folders: mirrored through their links, and walked as JSON.
// listingpage_test.go looks at the page.

package main_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// listed are files whose names are hard to write into links, by path. Every
// folder among them is listed.
var listed = map[string]string{
	"plain.txt":                     "plain",
	"with space &amp; <b>'\"":       "marked",
	"question?sort=size&order=desc": "query",
	"hash#tag":                      "fragment",
	"percent%2Fescape%":             "percent",
	"Grüße 🙂.txt":                   "utf-8",
	"colon:first":                   "scheme",
	"a+b=c;d,e@f!$*()[]{}|^~`":      "others",
	"sub/empty":                     "",
	"sub/deeper/x.txt":              "deep",
	"sub/deeper/über/ #/y":          "deepest",
}

// listingRoot is a root with these files, with fixed times, and a hidden one.
func listingRoot(t *testing.T) string {
	t.Helper()
	root := rootWith(t, ".hidden", []byte("hidden"))
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		mustPublish(t, root, name, listed[name])
		at = at.Add(time.Hour)
		must(t, os.Chtimes(filepath.Join(root, "static", name), at, at))
	}
	return root
}

// A listed folder can be mirrored by its links alone.
func TestListingMirrored(t *testing.T) {
	needs(t, "wget")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, listingRoot(t), "--autoindex")
		for _, tree := range trees {
			dir := t.TempDir()
			outputOf(t, "wget", "--no-proxy", "--quiet", "--tries=1", "--recursive", "--level=inf", "--no-parent",
				"--no-host-directories", "--cut-dirs=1", "--restrict-file-names=nocontrol", `--reject-regex=/\?sort=`,
				"--reject=index.html*", "--directory-prefix="+dir, s.url(tree))
			got := map[string]string{}
			must(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
				if err == nil && !e.IsDir() {
					var text []byte
					text, err = os.ReadFile(filepath.Join(dir, name))
					got[name] = string(text)
				}
				return err
			}))
			if !maps.Equal(got, listed) {
				t.Errorf("the mirror of %s is\n%q, want\n%q", tree, got, listed)
			}
		}
	})
}

// listedEntry is an entry of a JSON listing.
type listedEntry struct {
	Name, Type, Href string
	Size             int64
	Modified         time.Time
}

func TestListingJSON(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := listingRoot(t)
		s := start(t, w, root, "--autoindex")
		for _, tree := range trees {
			got := map[string]string{}
			s.walkListing(t, root, tree, tree, got)
			if !maps.Equal(got, listed) {
				t.Errorf("%s lists\n%q, want\n%q", tree, got, listed)
			}
			wantSorted(t, s.listing(t, tree), func(a, b listedEntry) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
			wantSorted(t, s.listing(t, tree+"?sort=size&order=desc"), func(a, b listedEntry) int { return cmp.Compare(b.Size, a.Size) })
			wantSorted(t, s.listing(t, tree+"?sort=modified"), func(a, b listedEntry) int { return a.Modified.Compare(b.Modified) })
		}
	})
}

// wantSorted wants a listing in an order, folders first.
func wantSorted(t *testing.T, entries []listedEntry, by func(a, b listedEntry) int) {
	t.Helper()
	if !slices.IsSortedFunc(entries, func(a, b listedEntry) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), by(a, b)) // "directory" and "file"
	}) || len(entries) == 0 {
		t.Errorf("not in order: %v", entries)
	}
}

// listing fetches a JSON listing.
func (s *server) listing(t *testing.T, target string) []listedEntry {
	t.Helper()
	a := s.curl(t, target, "--header", "Accept: application/json")
	a.wantField(t, "Content-Type", "application/json")
	a.wantField(t, "Vary", "Accept")
	var l struct {
		Path    string
		Entries []listedEntry
	}
	if err := json.Unmarshal(a.body, &l); err != nil {
		t.Fatalf("%s: %v\n%s", target, err, a.body)
	}
	if u, err := url.Parse(target); err != nil || l.Path != u.Path {
		t.Errorf("path %q of %s, %v", l.Path, target, err)
	}
	return l.Entries
}

// walkListing fetches all files that a folder and its subfolders list.
func (s *server) walkListing(t *testing.T, root, tree, folder string, got map[string]string) {
	t.Helper()
	for _, e := range s.listing(t, folder) {
		href := folder + strings.TrimPrefix(e.Href, "./")
		if e.Type == "directory" {
			s.walkListing(t, root, tree, href, got)
			continue
		}
		name, err := url.PathUnescape(strings.TrimPrefix(href, tree))
		must(t, err)
		a := s.curl(t, href)
		got[name] = string(a.body)
		info, err := os.Stat(filepath.Join(root, tree, name))
		must(t, err)
		if e.Name != path.Base(name) || e.Size != info.Size() || !e.Modified.Equal(info.ModTime()) ||
			a.header.Get("Content-Length") != strconv.FormatInt(e.Size, 10) {
			t.Errorf("%+v is listed for %q of %d bytes, %v", e, name, info.Size(), info.ModTime())
		}
	}
}

// A client gets the kind of listing that it asks for, and only where listings are
// on.
func TestListingNegotiated(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := listingRoot(t)
		s := start(t, w, root, "--autoindex")
		for _, tree := range trees {
			page := s.curl(t, tree, "--header", "Accept: text/html,*/*;q=0.8")
			page.wantField(t, "Content-Type", "text/html; charset=utf-8")
			if !bytes.Contains(page.body, []byte("plain.txt")) || bytes.Contains(page.body, []byte("./.hidden")) || bytes.Contains(page.body, []byte("<b>")) {
				t.Errorf("%s: the page is\n%s", tree, page.body)
			}
			if !strings.Contains(page.header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("Content-Security-Policy: %q", page.header.Get("Content-Security-Policy"))
			}
			head := s.curl(t, tree, "--head")
			head.want(t, 200, string(head.body)) // curl prints the head
			s.curl(t, tree+".hidden").want(t, 404, "404 Not Found\n")
			mustPublish(t, root, "index.html", "own page\n")
			s.curl(t, tree).want(t, 200, "own page\n") // an index file wins
			must(t, os.Remove(filepath.Join(root, "static", "index.html")))
		}
		without := start(t, w, root)
		without.curl(t, "/static/").want(t, 404, "404 Not Found\n")
	})
}
