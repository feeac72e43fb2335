package files

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// table is an open-file table over a document root, with its own clock.
type table struct {
	t *testing.T
	Table
	router *site.Router
	root   string
	now    Moment
	before int // descriptors open without the table's files
}

func newTable(t *testing.T, capacity int, ttl time.Duration, sizes map[string]int) *table {
	t.Helper()
	f := &table{t: t, root: httpxtest.Tree(t, sizes)}
	all := sitesOf(t, f.root, site.DefaultMounts())
	f.router = all.All[0].Router
	var err error
	if f.Table, err = NewTable(capacity, ttl, all.Roots); err != nil {
		t.Fatal(err)
	}
	f.before = httpxtest.OpenDescriptors(t)
	t.Cleanup(func() {
		roots := len(f.roots)
		f.Table.Destroy()
		if after := httpxtest.OpenDescriptors(t) + roots; after != f.before {
			t.Errorf("%d descriptors have become %d", f.before, after)
		}
	})
	return f
}

// sitesOf is one site that has nothing but a root and mounts.
func sitesOf(t *testing.T, root string, mounts []site.MountConfig) *site.Sites {
	t.Helper()
	all, err := site.NewSites([]site.Config{{Root: root, Mounts: mounts}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// try acquires path, which names the mount too.
func (f *table) try(path string) (i int32, status int) {
	m, rel := f.router.Route([]byte(path))
	return f.Acquire(m, rel, "", Look{arrival{Received: math.MaxUint64}, f.now})
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
func (f *table) touch(path string) { f.t.Helper(); f.Release(f.take(path)) }

// checkOpen says how many descriptors the table should have.
func (f *table) checkOpen(want int) {
	f.t.Helper()
	if n := httpxtest.OpenDescriptors(f.t) - f.before; n != want {
		f.t.Errorf("%d descriptors are open, want %d", n, want)
	}
}

// checkListed says what the table should hold, by file name.
func (f *table) checkListed(want ...string) {
	f.t.Helper()
	var got []string
	for _, i := range f.byKey {
		got = append(got, filepath.Base(f.Name(i)))
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
	n, err := unix.Pread(int(f.entries[i].File.FD), got, 0)
	if err != nil || !bytes.Equal(got[:n], want) {
		f.t.Errorf("the entry's file holds %.40q, %v, want %.40q", got[:n], err, want)
	}
}
