// Closing what is not needed any more, a few files in each turn of the loop.

package files

import "time"

// sweepAtOnce is how many entries one turn looks at. Closing a file takes about
// a microsecond, and far longer if that deletes it.
const sweepAtOnce = 64

// Sweep closes some of what is not needed any more: the files below a root whose
// path leads elsewhere by now. Those in use are closed with their last pin.
func (f *Table) Sweep() {
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
}

// Due returns how long it is until the next Sweep has something to do, below 0
// if it has nothing.
func (f *Table) Due() time.Duration {
	if f.dropped != f.roots.changes || f.dropping > 0 {
		return 0
	}
	return -1
}
