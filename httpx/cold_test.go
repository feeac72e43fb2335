package httpx

import (
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/backendtest"
	"aws/httpx/httpxtest"
)

// evict drops a file from the page cache, if the file system can.
func evict(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd := int(f.Fd())
	var held unix.Cachestat_t
	for range 100 {
		if err := f.Sync(); err != nil { // dirty pages stay
			t.Fatal(err)
		}
		if err := unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED); err != nil {
			t.Fatal(err)
		}
		if err := unix.Cachestat(uint(fd), &unix.CachestatRange{}, &held, 0); err != nil || held.Cache == 0 {
			return // or nobody can tell, before Linux 6.5
		}
		time.Sleep(10 * time.Millisecond) // some pages were in use
	}
	backendtest.Missing(t, "this file system keeps its pages, as tmpfs does: ", held.Cache)
}

// A file that is not in the page cache is read past it, asynchronously, even a
// static one. From the second request on it is read into the cache.
func TestColdFileIsReadPastPageCache(t *testing.T) {
	size := 3 << 20
	if testing.Short() {
		size = 1 << 20
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			root := httpxtest.Tree(t, map[string]int{"static/a": size})
			evict(t, root+"/static/a")
			r := newRawClient(t, root, e.open)
			r.request = []byte(get("/static/a"))
			for nth := 1; nth <= 3; nth++ {
				before := r.loop.engine.Counters().DirectReads
				got := r.response(t, "GET")
				if got.status != 200 || string(got.body) != string(httpxtest.Content("a", size)) {
					t.Fatalf("status %d with %d bytes", got.status, len(got.body))
				}
				reads := r.loop.engine.Counters().DirectReads - before
				if nth == 1 && reads == 0 || nth == 3 && reads > 0 {
					t.Errorf("request %d: %d reads past the page cache", nth, reads)
				}
				if nth == 2 {
					waitResident(t, root+"/static/a")
				}
			}
		})
	}
}

// waitResident waits until the page cache holds a file that has been asked for.
func waitResident(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if resident, _ := backend.Resident(int32(f.Fd()), 0, info.Size()); resident {
			return
		}
		var b [1]byte // waits for the disk
		if _, err := f.ReadAt(b[:], info.Size()-1); err != nil {
			t.Fatal(fmt.Errorf("reading %s: %w", path, err))
		}
	}
}
