// The answers of goroutines: see calls.go. Files that they have opened become
// entries, everything else findings, and those who have asked are told.

package files

import (
	"golang.org/x/sys/unix"

	"aws/backend"
)

// Event is something that an exchange has waited for, or a finished read.
type Event struct {
	Asker  int32 // or none, for a read
	Buffer int32 // that has been read into
	N      int   // bytes, or a negated errno
}

// Calling says that calls are under way, whose answers NextEvent takes.
func (f *Table) Calling() bool { return f.calls.taken > 0 }

// NextEvent takes the next event, if there is one. Its asker does what it waited
// for before the next call.
func (f *Table) NextEvent() (Event, bool) {
	c := &f.calls
	for {
		if i, ok := c.nextAsker(); ok {
			return Event{Asker: i, Buffer: backend.None}, true
		}
		if c.vacant != nil {
			c.fill(f.now)
			continue
		}
		a, ok := c.nextAnswer()
		if !ok {
			return Event{}, false
		}
		p := c.all[a.call]
		c.leave(p)
		if e, ok := f.answered(p, a); ok {
			return e, true
		}
	}
}

// Forget makes an exchange wait for nothing.
func (f *Table) Forget(asker int32) { f.calls.forget(asker) }

// Stop ends the calls. What a goroutine still waits for is left to it.
func (f *Table) Stop() {
	c := &f.calls
	f.stopped.Store(true)
	if c.pool == nil {
		return
	}
	c.pool.Close()
	for a, ok := c.nextAnswer(); ok; a, ok = c.nextAnswer() {
		c.all[a.call].inside = false
		a.drop()
	}
	for _, p := range c.all {
		if p == nil || p.inside {
			continue
		}
		p.task.end()
		if p.kind == lookCall {
			f.Release(p.entry)
		}
	}
}

// answered takes the answer of a call. A read makes an event.
func (f *Table) answered(p *call, a *answer) (e Event, ok bool) {
	switch p.kind {
	case readCall:
		f.calls.reading--
		f.calls.end(p)
		return Event{Asker: backend.None, Buffer: p.buffer, N: a.n}, true
	case closeCall:
		f.calls.closing--
		f.calls.end(p)
		return e, false
	case hashCall:
		f.hashed(p, a)
		f.calls.end(p)
		return e, false
	case rootCall:
		if lacksDescriptors(a.errno) && f.evict() {
			f.calls.submit(p, f.now)
			return e, false
		}
		f.roots.follow(p.of, a.folder, a.errno, p.start, p.mounts)
	case lookCall:
		f.lookedAway(p, a)
	default:
		if f.lookAgain(p, a) {
			return e, false
		}
		f.settle(p, a)
	}
	f.calls.unlist(p)
	f.calls.telling = p
	return e, false
}

// lookedAway takes what has been found at the path of an entry.
func (f *Table) lookedAway(p *call, a *answer) {
	switch e := &f.entries[p.entry]; {
	case a.errno == 0 && a.id == e.ID:
		e.checked = p.start
	case e.listed:
		f.unlist(p.entry)
	}
	f.Release(p.entry)
}

// lookAgain looks a path up once more: if it leads to another file system, there,
// and if there were too few descriptors, with those of unused files.
func (f *Table) lookAgain(p *call, a *answer) bool {
	switch {
	case a.errno == unix.EXDEV && p.here:
		p.here = false
		device, known := p.task.root.DeviceOf([]byte(p.key[keyPrefix:]))
		if !known {
			device = rootDevice(p.mount.Root)
		}
		p.device = device
		f.prepare(p)
	case lacksDescriptors(a.errno) && f.evict():
	default:
		return false
	}
	f.calls.submit(p, f.now)
	return true
}

// settle makes an entry of a file that has been opened. Anything else is kept for
// those who have asked.
func (f *Table) settle(p *call, a *answer) {
	v := finding{folder: NoFolder, looked: p.start}
	_, listed := f.byKey[p.key]
	switch {
	case a.errno != 0:
		v.status = f.failed(a.op, p.mount, []byte(p.key[keyPrefix:]), a.errno)
		f.calls.closeFile(a.fd, a.nature, a.id.device, f.now)
	case p.kind == folderCall:
		v.folder = Folder{FD: a.fd, Remote: a.nature == remote, Device: a.id.device}
	case listed: // meanwhile
		f.calls.closeFile(a.fd, a.nature, a.id.device, f.now)
		f.calls.closeFile(a.direct, a.nature, a.id.device, f.now)
		return
	default:
		if _, v.status = f.enter(p.mount, []byte(p.key), p.coding, &a.opened, p.start, p.version, p.mounts); v.status == 0 {
			return
		}
	}
	for _, d := range f.found.keep(p.key, v) {
		f.CloseFolder(d)
	}
}
