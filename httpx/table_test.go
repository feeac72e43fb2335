package httpx

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// table is an open-file table over a document root, with its own clock.
type table struct {
	t *testing.T
	files
	router *router
	root   string
	now    moment
	before int // descriptors open without the table's files
}

func newTable(t *testing.T, capacity int, ttl time.Duration, sizes map[string]int) *table {
	t.Helper()
	f := &table{t: t, root: tree(t, sizes)}
	all := sitesOf(t, f.root, DefaultMounts())
	f.router = all.all[0].router
	var err error
	if f.files, err = newFiles(capacity, ttl, all.roots); err != nil {
		t.Fatal(err)
	}
	f.before = openDescriptors(t)
	t.Cleanup(func() {
		roots := len(f.roots)
		f.files.destroy()
		if after := openDescriptors(t) + roots; after != f.before {
			t.Errorf("%d descriptors have become %d", f.before, after)
		}
	})
	return f
}

// sitesOf is one site that has nothing but a root and mounts.
func sitesOf(t *testing.T, root string, mounts []Mount) *sites {
	t.Helper()
	all, err := newSites([]Site{{Root: root, Mounts: mounts}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// try acquires path, which names the mount too.
func (f *table) try(path string) (i int32, status int) {
	m, rel := f.router.route([]byte(path))
	return f.acquire(m, rel, "", look{arrival{received: math.MaxUint64}, f.now})
}

// take acquires path, which must succeed.
func (f *table) take(path string) int32 {
	f.t.Helper()
	i, status := f.try(path)
	if status != 0 {
		f.t.Fatalf("%s: status %d", path, status)
	}
	return i
}

// touch acquires path and releases it.
func (f *table) touch(path string) { f.t.Helper(); f.release(f.take(path)) }

// checkOpen says how many descriptors the table should have.
func (f *table) checkOpen(want int) {
	f.t.Helper()
	if n := openDescriptors(f.t) - f.before; n != want {
		f.t.Errorf("%d descriptors are open, want %d", n, want)
	}
}

// checkListed says what the table should hold, by file name.
func (f *table) checkListed(want ...string) {
	f.t.Helper()
	var got []string
	for _, i := range f.byKey {
		got = append(got, filepath.Base(f.name(i)))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		f.t.Errorf("the table holds %q, want %q", got, want)
	}
}

// checkBytes says what the entry's file should hold.
func (f *table) checkBytes(i int32, want []byte) {
	f.t.Helper()
	got := make([]byte, len(want)+1)
	n, err := unix.Pread(int(f.entries[i].file.FD), got, 0)
	if err != nil || !bytes.Equal(got[:n], want) {
		f.t.Errorf("the entry's file holds %.40q, %v, want %.40q", got[:n], err, want)
	}
}
