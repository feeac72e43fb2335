// What is known of the page cache: whether it holds a part of a file, so that
// the part can be sent or copied at once.

package files

import (
	"time"

	"aws/backend"
)

// residentFor is for how long in nanoseconds a file that the page cache holds
// all of is taken to stay there: it was used just now, so others go first.
const residentFor = int64(time.Second)

// Resident says whether the page cache holds a part of entry i. now is of the
// loop's clock.
func (f *Table) Resident(i int32, off, n, now int64) bool {
	e := &f.entries[i]
	if e.residentAt > 0 && now-e.residentAt < residentFor {
		return true
	}
	resident, sure := backend.Resident(e.File.FD, off, n)
	e.File.Cached = resident && sure && e.local
	if resident && off == 0 && n == e.ID.Size {
		e.residentAt = max(now, 1)
	}
	return resident
}

// maxPopulate is the most of a file that is read into the page cache ahead of
// those who will ask for it.
const maxPopulate = 16 << 20

// Missed notes that a part of entry i has to be read from the disk. Whoever
// asks first gets it past the page cache, which thousands of files that nobody
// asks for twice would only clear of better ones. From the second time on it
// is read into the cache too, for the third.
func (f *Table) Missed(i int32) {
	e := &f.entries[i]
	if e.File.Direct < 0 {
		f.openDirect(i)
	}
	if e.cold++; e.cold > 1 {
		backend.WillNeed(e.File.FD, 0, min(e.ID.Size, maxPopulate))
	}
}

// CopyCached reads a part of entry i into b if the page cache has all of it.
// What was read last is at hand for others who ask for the same, as long as
// that look at the file counts for them.
func (f *Table) CopyCached(b []byte, i int32, off int64, k Look) bool {
	e := &f.entries[i]
	last := &f.last
	if last.file == e.File.FD && last.off == off && len(last.bytes) == len(b) && last.id == e.ID && last.read.covers(k, 0) {
		copy(b, last.bytes)
		return true
	}
	if backend.ReadCached(e.File.FD, b, off) != len(b) {
		return false
	}
	last.file, last.off, last.id, last.read = e.File.FD, off, e.ID, k.Now
	last.bytes = append(last.bytes[:0], b...)
	return true
}
