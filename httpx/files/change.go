// Files that are written to in place while they are sent. What has been sent is
// then partly of one version and partly of another.

package files

// Changed looks at the open file of entry i. One look serves all that ask in a
// turn. The time of change plays no part: it also changes when the file is
// renamed or deleted, which leaves its content alone. Of a remote file it tells
// what the kernel knows.
func (f *Table) Changed(i int32, now Moment) Change {
	e := &f.entries[i]
	if e.watched == now.Turn {
		return e.change
	}
	e.watched, e.change = now.Turn, Same
	f.counts.Statx++
	id, errno := StatxOpen(int(e.File.FD), &f.statBuf)
	switch {
	case errno != 0:
	case id.Size > e.ID.Size:
		e.change = Grown
	case id.Size < e.ID.Size || id.Mtime != e.ID.Mtime:
		e.change = Rewritten
	}
	return e.change
}
