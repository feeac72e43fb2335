// The page cache: whether it holds a part of a file, which can then be sent or
// copied without waiting for a disk.

package files

import (
	"time"

	"aws/backend"
	"aws/httpx/site"
)

// residentFor is how long, in nanoseconds, a file that the page cache holds
// whole is taken to stay there. It was used just now, so the kernel evicts
// others first.
const residentFor = int64(time.Second)

// Resident reports whether the page cache holds n bytes from off of entry i. now
// is the time in nanoseconds of the loop's clock. It sets the entry's
// File.Cached.
func (f *Table) Resident(i int32, off, n, now int64) bool {
	e := &f.entries[i]
	if e.residentAt > 0 && now-e.residentAt < residentFor {
		return true
	}
	f.counts.Cachestat++
	resident, sure := backend.Resident(e.File.FD, off, n)
	e.File.Cached = resident && sure && e.nature == direct
	if resident && off == 0 && n == e.ID.Size {
		e.residentAt = max(now, 1)
	}
	return resident
}

// maxPopulate is how many bytes of a file are read ahead into the page cache.
const maxPopulate = 16 << 20

// Missed notes that a part of entry i has to be read from the disk, and opens a
// descriptor with O_DIRECT for that if it can. The first request is read past
// the page cache: thousands of files that are requested once would only displace
// better ones. From the second on the file is also read ahead into the cache,
// for the third.
func (f *Table) Missed(i int32) {
	e := &f.entries[i]
	if e.nature == remote {
		return
	}
	if e.File.Direct < 0 {
		f.openDirect(i)
	}
	if e.cold++; e.cold > 1 {
		backend.WillNeed(e.File.FD, 0, min(e.ID.Size, maxPopulate))
	}
}

// readSoon is how many bytes of a file are read at once when its body is to be
// made, before anything can push them out of the page cache.
const readSoon = 256 << 10

// WillRead notes that all of entry i will be read into buffers. A file that is
// otherwise sent as it is may then need what Missed provides.
func (f *Table) WillRead(i int32, now int64) {
	e := &f.entries[i]
	switch {
	case e.Mount.Kind == site.Dynamic || e.nature == remote || e.ID.Size == 0:
	case !f.Resident(i, 0, e.ID.Size, now):
		f.Missed(i)
	case e.ID.Size > readSoon && e.File.Direct < 0:
		f.openDirect(i)
	}
}

// CopyCached fills b with the bytes from off of entry i, if the page cache has
// all of them, and reports whether it did. The part that was read last is kept
// for other requests for the same, as long as that look at the file counts for
// them.
func (f *Table) CopyCached(b []byte, i int32, off int64, k Look) bool {
	e := &f.entries[i]
	last := &f.last
	if last.file == e.File.FD && last.off == off && len(last.bytes) == len(b) && last.id == e.ID && last.read.covers(k, 0) {
		copy(b, last.bytes)
		return true
	}
	f.counts.Preadv2++
	if backend.ReadCached(e.File.FD, b, off) != len(b) {
		return false
	}
	last.file, last.off, last.id, last.read = e.File.FD, off, e.ID, k.Now
	last.bytes = append(last.bytes[:0], b...)
	return true
}
