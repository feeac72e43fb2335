// Closing what is not needed any more, a few files in each turn of the loop: a
// file that nobody asks for may have been deleted, and holds its space and its
// file system for as long as it is open.

package files

import (
	"time"

	"aws/backend"
)

const (
	// sweepAtOnce is how many entries one sweep looks at. Closing a file takes
	// about a microsecond, and far longer if that deletes it.
	sweepAtOnce = 64
	// sweepPause is how long after a sweep that has left nothing to do there is
	// no other, in nanoseconds.
	sweepPause = int64(time.Second)
)

// Sweep notes the time of the turn, in nanoseconds of the loop's clock, and
// closes some of what is not needed any more: files that no response has used
// for Options.Idle, and those below a root whose path leads elsewhere by now.
// What is in use is closed with its last pin.
func (f *Table) Sweep(now int64) {
	f.now = now
	if f.dropped != f.roots.changes {
		f.dropped, f.dropping = f.roots.changes, len(f.entries)
	}
	for n := 0; n < sweepAtOnce && f.dropping > 0; n++ {
		f.dropping--
		i := int32(f.dropping)
		if e := &f.entries[i]; e.listed && e.root != f.roots.all[e.Mount.Root].version {
			f.unlist(i)
		}
	}
	if now < f.sweepAt {
		return
	}
	for range sweepAtOnce {
		unused := f.oldestUnused()
		if unused == nil || f.entries[unused.First].released+f.idle > now {
			f.sweepAt = now + sweepPause
			return
		}
		f.evictOf(unused)
	}
}

// oldestUnused is the list with the entry that has been unused for the longest, or
// nil.
func (f *Table) oldestUnused() (oldest *backend.List) {
	for i := range f.unused {
		u := &f.unused[i]
		if !u.Empty() && (oldest == nil || f.entries[u.First].released < f.entries[oldest.First].released) {
			oldest = u
		}
	}
	return oldest
}

// Due returns how long it is until the next Sweep has something to do, below 0
// if it has nothing: then the loop need not wake up for it.
func (f *Table) Due(now int64) time.Duration {
	if f.dropped != f.roots.changes || f.dropping > 0 {
		return 0
	}
	unused := f.oldestUnused()
	if unused == nil {
		return -1
	}
	due := max(f.entries[unused.First].released+f.idle, f.sweepAt)
	return time.Duration(max(due-now, 0))
}
