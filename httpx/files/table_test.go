// The table of the tests: over a document root of their own, with their clock.

package files

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"runtime"
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
	site   *site.Site
	root   string
	now    Moment
	before int // descriptors open without the table's files

	warned  []string
	mayWarn bool // otherwise a warning fails the test
}

func newTable(t *testing.T, capacity int, ttl time.Duration, sizes map[string]int) *table {
	t.Helper()
	f := &table{t: t, root: httpxtest.Tree(t, sizes)}
	all := sitesOf(t, f.root, site.DefaultMounts())
	f.site = all.Of(nil)
	var err error
	o := options(t, capacity, ttl, all)
	o.Warn = f.noteWarning
	if f.Table, err = NewTable(o); err != nil {
		t.Fatal(err)
	}
	f.before = httpxtest.OpenDescriptors(t)
	t.Cleanup(func() {
		roots := f.openRoots()
		f.quiet()
		f.Table.Stop()
		f.Table.Destroy()
		if after := httpxtest.OpenDescriptors(t) + roots; after != f.before {
			t.Errorf("%d descriptors have become %d", f.before, after)
		}
		if len(f.warned) > 0 && !f.mayWarn {
			t.Errorf("warnings: %q", f.warned)
		}
	})
	return f
}

// options are those of a table whose warnings fail the test.
func options(t *testing.T, limit int, ttl time.Duration, all *site.Sites) Options {
	return Options{Limit: limit, TTL: ttl, Idle: 20 * time.Second, Roots: all.Roots, Log: slog.New(slog.DiscardHandler),
		Askers: 64, Patience: 10 * time.Second, Wake: func() {},
		Warn: func(msg string, err error) { t.Errorf("%s: %v", msg, err) },
	}
}

func (f *table) noteWarning(msg string, err error) {
	f.warned = append(f.warned, msg+": "+err.Error())
}

// checkWarned fails unless there has been one warning, which is forgotten.
func (f *table) checkWarned(want string) {
	f.t.Helper()
	f.mayWarn = true
	if len(f.warned) != 1 || f.warned[0] != want {
		f.t.Errorf("warnings %q, want %q", f.warned, want)
	}
	f.warned = nil
}

// openRoots counts the roots that are open.
func (f *table) openRoots() (n int) {
	for _, r := range f.roots.all {
		if r.folder != nil {
			n++
		}
	}
	return n
}

// sitesOf returns a single site with nothing but a root and mounts.
func sitesOf(t *testing.T, root string, mounts []site.MountConfig) *site.Sites {
	t.Helper()
	all, err := site.Parse([]site.Config{{Root: root, Mounts: mounts}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// try acquires a URL path for a request that has just arrived.
func (f *table) try(path string) (i int32, status int) {
	m, rel := f.site.Route([]byte(path))
	k := f.look()
	f.answer(k, func() int {
		i, status = f.Acquire(m, rel, "", k)
		return status
	})
	return i, status
}

// look is the look of a request that has just arrived.
func (f *table) look() Look {
	f.now.Received++
	return Look{Received: f.now.Received, Now: f.now}
}

// answer repeats a look-up, as the exchange k.Asker, until it is not Pending.
func (f *table) answer(k Look, lookUp func() (status int)) {
	for lookUp() == Pending {
		for told := false; !told; {
			e, ok := f.NextEvent()
			if told = ok && e.Asker == k.Asker; !ok {
				runtime.Gosched()
			}
		}
	}
}

// quiet takes the answers of calls that nobody waits for.
func (f *table) quiet() {
	for f.Calling() {
		if _, ok := f.NextEvent(); !ok {
			runtime.Gosched()
		}
	}
}

// take acquires a URL path, which must succeed.
func (f *table) take(path string) int32 {
	f.t.Helper()
	i, status := f.try(path)
	if status != 0 {
		f.t.Fatalf("%s: status %d", path, status)
	}
	return i
}

// touch acquires a URL path and releases it.
func (f *table) touch(path string) { f.t.Helper(); f.Release(f.take(path)) }

// checkOpen fails unless the table has this many descriptors.
func (f *table) checkOpen(want int) {
	f.t.Helper()
	if n := httpxtest.OpenDescriptors(f.t) - f.before; n != want {
		f.t.Errorf("%d descriptors are open, want %d", n, want)
	}
}

// checkListed fails unless the table lists these files, by name, sorted.
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

// checkBytes fails unless the entry's file holds these bytes.
func (f *table) checkBytes(i int32, want []byte) {
	f.t.Helper()
	got := make([]byte, len(want)+1)
	n, err := unix.Pread(int(f.entries[i].File.FD), got, 0)
	if err != nil || !bytes.Equal(got[:n], want) {
		f.t.Errorf("the entry's file holds %.40q, %v, want %.40q", got[:n], err, want)
	}
}

// withoutDescriptors runs do while no more than so many descriptors are free.
func withoutDescriptors(t *testing.T, spare int, do func()) {
	t.Helper()
	var free []int // the lowest numbers that are free: the limit is on the number
	for range spare + 1 {
		fd, err := unix.Dup(0)
		if err != nil {
			t.Fatal(err)
		}
		free = append(free, fd)
	}
	for _, fd := range free {
		_ = unix.Close(fd)
	}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(free[spare]), Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Error(err)
		}
	}()
	do()
}
