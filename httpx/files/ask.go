// Asking file systems that may be long in answering: what lookup.go cannot tell at
// once becomes a call.

package files

import (
	"golang.org/x/sys/unix"

	"aws/httpx/message"
	"aws/httpx/site"
)

// folderKey in place of a coding marks the keys of folders, and rootKey those of
// roots.
const (
	folderKey = 0xff
	rootKey   = 0xfe
)

// lookUp looks a path up on a goroutine, unless that has been done for the request.
// status is 0, or Pending, or says why there is nothing.
func (f *Table) lookUp(kind callKind, m *site.Mount, root *Root, key []byte, c message.Coding, k Look) (folder Folder, status int) {
	if v, ok := f.found.take(key, k); ok {
		return v.folder, v.status
	}
	p := f.calls.byKey[string(key)]
	if p == nil {
		if p = f.newLookUp(kind, m, root, key, c, k); p == nil {
			f.warn("open", m, key[keyPrefix:], errNoAnswer)
			return NoFolder, message.StatusUnavailable
		}
	}
	f.calls.ask(p, k.Asker)
	return NoFolder, Pending
}

// newLookUp starts a look-up, first on the root's own file system. It returns nil if
// that answers nobody.
func (f *Table) newLookUp(kind callKind, m *site.Mount, root *Root, key []byte, c message.Coding, k Look) *call {
	here := root.nature != remote && root.walk == nil
	device := root.id.device
	if !here {
		device, _ = root.DeviceOf(key[keyPrefix:])
	}
	if f.calls.stuck(device, f.now, f.patience) {
		return nil
	}
	r := &f.roots.all[m.Root]
	p := f.calls.add(kind, device, r.looked)
	p.mount, p.coding, p.here = m, c, here
	p.task.root, p.version, p.mounts = root.use(), r.version, f.roots.mounts.version()
	f.calls.list(p, string(key))
	f.prepare(p)
	f.calls.submit(p, f.now)
	return p
}

// prepare tells the goroutine of a look-up what to do.
func (f *Table) prepare(p *call) {
	path, root, here := []byte(p.key[keyPrefix:]), p.task.root, p.here
	extra, direct := 0, p.mount.Kind == site.Dynamic
	if p.kind == folderCall {
		extra, direct = unix.O_DIRECTORY, false
	}
	hashes := f.hashes
	if p.kind == folderCall || p.mount.Site.ETags != site.ETagOfContent {
		hashes = nil
	}
	p.task = task{root: root, fault: f.trouble.fault(), do: func(a *answer) { a.open(root, path, extra, here, direct, hashes) }}
}

// lookAway looks on a goroutine where the path of an entry leads, which starts at
// the folder dir, or at the file system's root without one. The entry stays open
// until then. It returns false if the file system answers nobody.
func (f *Table) lookAway(i int32, dir *Root, path []byte, k Look) bool {
	e := &f.entries[i]
	p := f.calls.byKey[e.key]
	if p == nil {
		if f.calls.stuck(e.ID.device, f.now, f.patience) {
			return false
		}
		path, fd, root := append([]byte(nil), path...), unix.AT_FDCWD, (*Root)(nil)
		looked := k.Now
		if dir != nil {
			fd, root, looked = dir.fd, dir.use(), f.roots.all[e.Mount.Root].looked
		}
		p = f.calls.add(lookCall, e.ID.device, looked)
		p.entry = i
		f.pin(i)
		f.calls.list(p, e.key)
		p.task = task{root: root, fault: f.trouble.fault(), do: func(a *answer) { a.look(fd, path) }}
		f.calls.submit(p, f.now)
	}
	f.calls.ask(p, k.Asker)
	return true
}

// followAway looks on a goroutine where the path of a root leads. It returns false
// if the file systems on the way answer nobody.
func (f *Table) followAway(number int, k Look) bool {
	key := string([]byte{byte(number), byte(number >> 8), rootKey})
	p := f.calls.byKey[key]
	if p == nil {
		device := rootDevice(number)
		if f.calls.stuck(device, f.now, f.patience) {
			return false
		}
		r := &f.roots.all[number]
		dir, known, mounts := r.dir, r.known(), f.roots.mounts.version()
		p = f.calls.add(rootCall, device, k.Now)
		p.of, p.mounts = number, mounts
		f.calls.list(p, key)
		p.task = task{fault: f.trouble.fault(), do: func(a *answer) { a.follow(dir.Path, dir.Links, known) }}
		f.calls.submit(p, f.now)
	}
	f.calls.ask(p, k.Asker)
	return true
}

// rootDevice stands for the file systems on the way to a root, and for those below
// it that cannot be told apart without waiting for them.
func rootDevice(number int) uint64 { return ^uint64(number) }
