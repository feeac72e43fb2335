// Conditional requests, and versions of a file that times alone cannot tell
// apart.

package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// A file that has been fetched is not fetched again until it changes, by its
// time and by its tag (RFC 9110 §13.1).
func TestConditionalRequests(t *testing.T) {
	needs(t, "curl", "wget")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("first"))
		file := filepath.Join(root, "static", "a")
		s := start(t, w, root)
		for _, tree := range trees {
			must(t, os.WriteFile(file, []byte("first"), 0o644))
			modified := time.Now().Add(-time.Hour)
			must(t, os.Chtimes(file, modified, modified))
			path := tree + "a"
			s.curl(t, path).want(t, 200, "first")
			before, same, after := httpDate(modified, -time.Minute), httpDate(modified, 0), httpDate(modified, time.Minute)
			s.curl(t, path, "--time-cond", same).want(t, 304, "")
			s.curl(t, path, "--time-cond", before).want(t, 200, "first")
			s.curl(t, path, "--time-cond", "-"+after).want(t, 200, "first") // If-Unmodified-Since
			s.curl(t, path, "--time-cond", "-"+before).want(t, 412, "412 Precondition Failed\n")

			tag := filepath.Join(t.TempDir(), "tag")
			s.curl(t, path, "--etag-save", tag).want(t, 200, "first")
			unchanged := s.curl(t, path, "--etag-compare", tag)
			unchanged.want(t, 304, "")
			unchanged.wantField(t, "Content-Length", "") // RFC 9110 §8.6: it would be the file's
			must(t, os.WriteFile(file, []byte("other"), 0o644))
			must(t, os.Chtimes(file, modified, modified)) // this deceives a time, but not a tag
			s.curl(t, path, "--time-cond", same).want(t, 304, "")
			s.curl(t, path, "--etag-compare", tag, "--etag-save", tag).want(t, 200, "other")
			s.curl(t, path, "--etag-compare", tag).want(t, 304, "")
		}
	})
}

// httpDate is a time plus some more, in the format of header fields.
func httpDate(t time.Time, more time.Duration) string {
	return t.Add(more).UTC().Format(http.TimeFormat)
}

// wget -N keeps a copy that is as old as the server's file, and replaces an
// older one.
func TestUnchangedCopyIsKept(t *testing.T) {
	needs(t, "wget")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("first"))
		file := filepath.Join(root, "static", "a")
		s := start(t, w, root)
		for _, tree := range trees {
			dir := t.TempDir()
			copied := filepath.Join(dir, "a")
			fetch := func(want string) {
				t.Helper()
				outputOf(t, "wget", "--no-proxy", "--quiet", "--tries=1", "--timestamping", "--directory-prefix="+dir, s.url(tree+"a"))
				if got, err := os.ReadFile(copied); err != nil || string(got) != want {
					t.Errorf("%q, %v; want %q", got, err, want)
				}
			}
			modified := time.Now().Add(-time.Hour)
			must(t, os.WriteFile(file, []byte("first"), 0o644))
			must(t, os.Chtimes(file, modified, modified))
			fetch("first")
			info, err := os.Stat(copied)
			must(t, err)
			if !info.ModTime().Equal(modified.Truncate(time.Second)) {
				t.Errorf("wget's copy is from %v, the file from %v", info.ModTime(), modified)
			}
			must(t, os.WriteFile(copied, []byte("ours!"), 0o644)) // of the same length: would it be fetched again?
			must(t, os.Chtimes(copied, modified, modified))
			fetch("ours!")
			must(t, os.WriteFile(file, []byte("newer"), 0o644))
			fetch("newer")
		}
	})
}

// The very next request sees a replaced file. Two versions that share a second
// and a size have different tags, so a client never joins parts of both
// (RFC 9110 §13.1.5).
func TestVersionsOfOneSecond(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("version 0"))
		file := filepath.Join(root, "static", "a")
		s := start(t, w, root)
		c := s.dial(t)
		tags := map[string]string{}
		tag := ""
		then := time.Now().Add(-time.Hour).Truncate(time.Second)
		for i := range 20 {
			text := "version " + string(rune('a'+i))
			if i%2 == 0 {
				write(t, file+".new", text)
				must(t, os.Chtimes(file+".new", then, then))
				must(t, os.Rename(file+".new", file))
			} else { // in place
				awaitTick(t)
				write(t, file, text)
				must(t, os.Chtimes(file, then, then))
			}
			for _, tree := range trees {
				c.send(get(tree+"a", "If-Range: "+tag, "Range: bytes=0-3")) // of the previous version
				answer, body := c.answer("GET", 200)
				if string(body) != text {
					t.Fatalf("%q, want %q", body, text)
				}
				now := answer.Header.Get("ETag")
				if before, seen := tags[now]; seen && before != text {
					t.Fatalf("%q has the tag of %q, %s", text, before, now)
				}
				tags[now] = text
				if tree == trees[1] {
					tag = now
				}
				c.send(get(tree+"a", "If-Range: "+now, "Range: bytes=0-3"))
				if _, body := c.answer("GET", 206); string(body) != text[:4] {
					t.Fatalf("%q, want %q", body, text[:4])
				}
			}
		}
	})
}

// awaitTick waits for the clock that files get their times from to move on.
func awaitTick(t *testing.T) {
	t.Helper()
	tick := func() (now unix.Timespec) {
		must(t, unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &now))
		return now
	}
	begun := tick()
	children.Eventually(t, "the next tick of the kernel's clock", func() bool { return tick() != begun })
}

// A file from tomorrow is served as modified now (RFC 9110 §8.8.2.1).
func TestModifiedTomorrow(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("early"))
		tomorrow := time.Now().Add(24 * time.Hour)
		must(t, os.Chtimes(filepath.Join(root, "static", "a"), tomorrow, tomorrow))
		s := start(t, w, root)
		for _, tree := range trees {
			for _, args := range [][]string{nil, {"--head"}, {"--range", "0-1"}, {"--range", "0-0,3-3"}} {
				a := s.curl(t, tree+"a", args...)
				modified, err := http.ParseTime(a.header.Get("Last-Modified"))
				must(t, err)
				date, err := http.ParseTime(a.header.Get("Date"))
				must(t, err)
				if modified.After(date) {
					t.Errorf("curl %v: Last-Modified %v is after Date %v", args, modified, date)
				}
			}
		}
	})
}
