// Reading the files of remote file systems, which may take for ever.

package files

// MayRead says whether entry i, which is remote, may be read now. If not, an event
// tells the exchange when to ask again.
func (f *Table) MayRead(i, asker int32) bool {
	c, device := &f.calls, f.entries[i].ID.device
	if s := c.systems[device]; s == nil || s.inside < callsAtOnce {
		return true
	}
	p := c.add(placeCall, device, Moment{})
	c.ask(p, asker)
	c.submit(p, f.now)
	return false
}

// Read reads entry i, which is remote and stays pinned, at off into b: an event
// with the number of the buffer tells the result. MayRead has just said that it
// may.
func (f *Table) Read(i int32, b []byte, off int64, buffer int32) {
	e := &f.entries[i]
	fd := int(e.File.FD)
	p := f.calls.add(readCall, e.ID.device, Moment{})
	p.buffer = buffer
	p.task.do = func(a *answer) { a.read(fd, b, off) }
	f.calls.reading++
	f.calls.submit(p, f.now)
}

// Reading says that reads are under way, into buffers that must stay.
func (f *Table) Reading() bool { return f.calls.reading > 0 }
