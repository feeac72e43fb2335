package httpx

import (
	"os"
	"path/filepath"
	"testing"
)

// Within a turn an entry is looked at once; in the next one, or for a request
// that may have begun later, again.
func TestConfirmedOncePerTurn(t *testing.T) {
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
	r, err := newRouter(dir, []Mount{{Prefix: "/", Dir: "."}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	f := newFiles(4, 0, newMediaTypes(nil))
	defer f.destroy()
	size := func(turn uint64) int64 {
		t.Helper()
		i, status := f.acquire(&r.mounts[0], []byte("a"), 0, turn)
		if status != 0 {
			t.Fatal(status)
		}
		defer f.release(i)
		return f.entries[i].id.size
	}
	if n := size(1); n != 1 {
		t.Errorf("size %d, want 1", n)
	}
	version("22")
	for _, c := range []struct {
		turn uint64
		want int64
	}{{1, 1}, {0, 2}, {1, 2}, {2, 2}} {
		if n := size(c.turn); n != c.want {
			t.Errorf("turn %d: size %d, want %d", c.turn, n, c.want)
		}
	}
}
