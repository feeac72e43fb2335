package files

import (
	"fmt"
	"os"
	"testing"
	"time"

	"aws/httpx/httpxtest"
)

const second = int64(time.Second)

// A file that nobody uses is closed after a while; one in use is not. When
// nothing is left to close, nobody has to look again.
func TestUnusedFilesAreClosed(t *testing.T) {
	f := newTable(t, 9, 0, map[string]int{"static/a": 1, "static/b": 1, "dynamic/c": 1})
	at := func(now int64, want int, due time.Duration) {
		t.Helper()
		f.Sweep(now)
		f.checkOpen(want)
		if got := f.Due(now); got != due {
			t.Errorf("at %v the next sweep is in %v, want %v", time.Duration(now), got, due)
		}
	}
	at(0, 0, -1)
	f.touch("/static/a")
	pinned := f.take("/static/b")
	at(0, 2, 20*time.Second)
	f.Sweep(10 * second)
	f.touch("/dynamic/c")
	at(20*second-1, 4, time.Second) // not twice a second
	at(20*second+second, 3, 9*time.Second)
	f.Sweep(25 * second)
	f.touch("/dynamic/c") // and for as long again
	at(40*second, 3, 5*time.Second)
	at(45*second, 1, -1)
	at(1000*second, 1, -1)
	f.checkBytes(pinned, httpxtest.Content("b", 1))
	f.Release(pinned)
	at(1001*second, 1, 19*time.Second)
	at(1020*second, 0, -1)
}

// However many files there are, a turn closes a few, and the next comes at once.
func TestManyUnusedFilesAreClosedInTurns(t *testing.T) {
	const files = 3*sweepAtOnce + 1
	sizes := map[string]int{}
	for i := range files {
		sizes[fmt.Sprint("static/", i)] = 1
	}
	for name, replaced := range map[string]bool{"idle": false, "of a former root": true} {
		t.Run(name, func(t *testing.T) {
			f := newTable(t, files, 0, sizes)
			for i := range files {
				f.touch(fmt.Sprint("/static/", i))
			}
			now := 20 * second
			if replaced {
				now = second
				if err := os.Rename(f.root, f.root+"~"); err != nil {
					t.Fatal(err)
				}
				httpxtest.Write(t, f.root+"/static/x", nil)
				f.now.Received++
				if _, status := f.try("/static/0"); status != 404 {
					t.Errorf("status %d, want 404", status)
				}
			}
			last := len(f.byKey)
			for turns := 0; len(f.byKey) > 0 && turns < 10; turns++ {
				if due := f.Due(now); due != 0 {
					t.Errorf("%d files are left, and the next sweep is in %v", len(f.byKey), due)
				}
				f.Sweep(now)
				if closed := last - len(f.byKey); closed > sweepAtOnce {
					t.Errorf("%d files closed in a turn", closed)
				}
				last = len(f.byKey)
			}
			f.Sweep(now)
			if due := f.Due(now); len(f.byKey) > 0 || due >= 0 {
				t.Errorf("%d files are left, and the next sweep is in %v", len(f.byKey), due)
			}
		})
	}
}

// Without a while, a file is open only as long as a response uses it.
func TestUnusedFilesAreClosedAtOnce(t *testing.T) {
	f := newTable(t, 4, 0, map[string]int{"static/a": 10})
	f.idle = 0
	a := f.take("/static/a")
	if b := f.take("/static/a"); b != a {
		t.Errorf("entries %d and %d of the same file", a, b)
	}
	f.Release(a)
	f.checkBytes(a, httpxtest.Content("a", 10))
	f.Release(a)
	f.checkOpen(0)
	if due := f.Due(0); due >= 0 {
		t.Errorf("the next sweep is in %v", due)
	}
	f.touch("/static/a")
	f.checkOpen(0)
}
