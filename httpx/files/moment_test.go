package files

import (
	"os"
	"path/filepath"
	"testing"

	"aws/httpx/site"
)

// A look at a file counts for the requests that had begun to arrive before its
// turn, and for those that had arrived before it; for others there is another.
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
	f, err := NewTable(4, 0, all.Roots)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Destroy()
	var now Moment
	size := func(a arrival) int64 {
		t.Helper()
		i, status := f.Acquire(&all.All[0].Router.Mounts[0], []byte("a"), "", Look{a, now})
		if status != 0 {
			t.Fatal(status)
		}
		defer f.Release(i)
		return f.entries[i].ID.Size
	}
	now = Moment{Turn: 1, Received: 7}
	if n := size(arrival{1, 7}); n != 1 {
		t.Errorf("size %d, want 1", n)
	}
	version("22")
	for _, c := range []struct {
		name     string
		now      Moment
		a        arrival
		want     int64
		replaced string // by which the file is, afterwards
	}{
		{"begun before the turn of the look", Moment{Turn: 1, Received: 8}, arrival{1, 8}, 1, ""},
		{"arrived before the look", Moment{Turn: 1, Received: 9}, arrival{0, 7}, 1, ""},
		{"arrived after it", Moment{Turn: 1, Received: 9}, arrival{0, 8}, 2, "333"},
		{"pipelined with that", Moment{Turn: 1, Received: 9}, arrival{0, 9}, 2, ""},
		{"the next turn", Moment{Turn: 2, Received: 10}, arrival{2, 10}, 3, ""},
	} {
		now = c.now
		if n := size(c.a); n != c.want {
			t.Errorf("%s: size %d, want %d", c.name, n, c.want)
		}
		if c.replaced != "" {
			version(c.replaced)
		}
	}
}
