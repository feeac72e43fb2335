package files

import (
	"os"
	"path/filepath"
	"testing"

	"aws/httpx/site"
)

// A look at a file counts for the requests that had begun to arrive before its
// turn, and for those that had arrived before the look. Others get another.
func TestLooksAreShared(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	version := func(text string) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	version("1")
	all := sitesOf(t, dir, []site.MountConfig{{Prefix: "/", Dir: "."}})
	f, err := NewTable(options(t, 4, 0, all))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { f.Stop(); f.Destroy() }()
	mount, rel := all.Of(nil).Route([]byte("/a"))
	size := func(k Look) int64 {
		t.Helper()
		i, status := f.Acquire(mount, rel, "", k)
		if status != 0 {
			t.Fatal(status)
		}
		defer f.Release(i)
		return f.entries[i].ID.Size
	}
	if n := size(Look{Turn: 1, Received: 7, Now: Moment{Turn: 1, Received: 7}}); n != 1 {
		t.Errorf("size %d, want 1", n)
	}
	version("22")
	for _, c := range []struct {
		name string
		look Look
		want int64
		next string // the version that replaces the file afterwards
	}{
		{"begun before the turn of the look", Look{Turn: 1, Received: 8, Now: Moment{Turn: 1, Received: 8}}, 1, ""},
		{"arrived before the look", Look{Turn: 0, Received: 7, Now: Moment{Turn: 1, Received: 9}}, 1, ""},
		{"arrived after it", Look{Turn: 0, Received: 8, Now: Moment{Turn: 1, Received: 9}}, 2, "333"},
		{"pipelined with that", Look{Turn: 0, Received: 9, Now: Moment{Turn: 1, Received: 9}}, 2, ""},
		{"the next turn", Look{Turn: 2, Received: 10, Now: Moment{Turn: 2, Received: 10}}, 3, ""},
	} {
		if n := size(c.look); n != c.want {
			t.Errorf("%s: size %d, want %d", c.name, n, c.want)
		}
		if c.next != "" {
			version(c.next)
		}
	}
}
