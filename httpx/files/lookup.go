// Look-ups: from a path below a mount to an entry of the table. What the kernel
// knows is looked up at once. For the rest there is a call: see calls.go.

package files

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
	"aws/httpx/message"
	"aws/httpx/site"
)

// Acquire returns the entry for the file at rel followed by name below the
// mount. status is 0 and the entry is pinned until its Release, or status says
// why there is none: 301 for a folder, 403, 404, 500, 503, or Pending.
func (f *Table) Acquire(m *site.Mount, rel []byte, name string, k Look) (i int32, status int) {
	key := f.key(m, rel, name)
	if key == nil {
		return backend.None, message.StatusNotFound
	}
	return f.acquireKey(m, key, message.CodingIdentity, k)
}

// Sidecar is Acquire for the file beside entry i that has its content in coding c.
// A sidecar that cannot be opened spoils nothing: there is the file itself.
func (f *Table) Sidecar(i int32, c message.Coding, k Look) (j int32, status int) {
	e := &f.entries[i]
	if !e.missingAt.covers(k, f.ttl) {
		e.missing, e.missingAt = 0, k.Now
	}
	name := e.key[keyPrefix : len(e.key)-1]
	if e.missing.Has(c) || keyPrefix+len(name)+len(c.Extension())+1 > cap(f.pathBuf) {
		return backend.None, message.StatusNotFound
	}
	b := append(f.pathBuf[:0], e.key[0], e.key[1], byte(c))
	b = append(b, name...)
	b = append(b, c.Extension()...)
	j, status = f.acquireKey(e.Mount, append(b, 0), c, k)
	if status > 0 && status < message.StatusInternalError {
		e = &f.entries[i]
		e.missing.Add(c)
		e.missingAt = e.missingAt.earlier(f.roots.all[e.Mount.Root].looked)
	}
	return j, status
}

// AcquireSidecar is Acquire for the file that has the content of the one at rel
// followed by name, which is not there itself, in coding c.
func (f *Table) AcquireSidecar(m *site.Mount, rel []byte, name string, c message.Coding, k Look) (i int32, status int) {
	key := f.key(m, rel, name)
	if key == nil || len(key)+len(c.Extension()) > cap(f.pathBuf) || len(rel)+len(name) == 0 { // beside the mount's folder
		return backend.None, message.StatusNotFound
	}
	key[keyPrefix-1] = byte(c)
	key = append(append(key[:len(key)-1], c.Extension()...), 0)
	return f.acquireKey(m, key, c, k)
}

// acquireKey returns the entry for a key, pinned. It opens the file if it is not
// listed, or if the path leads to another version by now.
func (f *Table) acquireKey(m *site.Mount, key []byte, c message.Coding, k Look) (i int32, status int) {
	i, ok := f.byKey[string(key)]
	if ok {
		switch f.confirm(i, m, key, k) {
		case pending:
			return backend.None, Pending
		case unknown:
			f.warn("statx", m, key[keyPrefix:], errNoAnswer)
			return backend.None, message.StatusUnavailable
		case different:
			f.roots.all[m.Root].looked = Moment{} // it may have been replaced since it was looked at
			f.unlist(i)
			ok = false
		}
	}
	if !ok {
		f.counts.Misses++
		return f.open(m, key, c, k)
	}
	f.counts.Hits++
	f.pin(i)
	if f.entries[i].untagged {
		f.hashLater(i)
	}
	return i, 0
}

// key returns the prefix, the path below the mount's root, and a NUL, in
// pathBuf. It returns nil for a path that is too long.
func (f *Table) key(m *site.Mount, rel []byte, name string) []byte {
	if len(m.Dir)+1+len(rel)+len(name)+1 > MaxPath {
		return nil
	}
	b := append(f.pathBuf[:0], byte(m.Number), byte(m.Number>>8), byte(message.CodingIdentity))
	b = append(b, m.Dir...)
	if len(m.Dir) > 0 && len(rel)+len(name) > 0 {
		b = append(b, '/')
	}
	b = append(b, rel...)
	b = append(b, name...)
	if len(b) == keyPrefix {
		b = append(b, '.')
	}
	return append(b, 0)
}

// RootPath returns the absolute path of the folder that look-ups for a mount
// never leave.
func (f *Table) RootPath(m *site.Mount) string { return f.roots.all[m.Root].dir.Path }

// OpenFolder opens the folder at rel below the mount. The folder is the caller's.
// status is 0, or says why there is none.
func (f *Table) OpenFolder(m *site.Mount, rel []byte, k Look) (folder Folder, status int) {
	key := f.key(m, rel, "")
	if key == nil {
		return NoFolder, message.StatusNotFound
	}
	key[keyPrefix-1] = folderKey
	root, status := f.root(m, k)
	if status != 0 {
		return NoFolder, status
	}
	fd, errno := f.openCached(root, key[keyPrefix:], unix.O_DIRECTORY)
	switch errno {
	case 0:
		return Folder{FD: fd}, 0
	case unix.EAGAIN:
		return f.lookUp(folderCall, m, root, key, message.CodingIdentity, k)
	}
	return NoFolder, f.failed("open", m, key[keyPrefix:], errno)
}

// verdict is what is known of an entry and its path.
type verdict uint8

const (
	same      verdict = iota // the path leads to the version that is open
	different                // it does not
	pending                  // a goroutine looks
	unknown                  // its file system answers nobody
)

// confirm looks whether the path of an entry still leads to the same version.
// It looks at the absolute path, so one call notices both that the file is
// another one and that the root is. It follows the path without confining it to
// the root: all that matters is that it leads to the inode that was opened
// within the root. So a root that is replaced is noticed with the first file
// that is another one there, or that is not there.
func (f *Table) confirm(i int32, m *site.Mount, key []byte, k Look) verdict {
	e, r := &f.entries[i], &f.roots.all[m.Root]
	if e.root != r.version || e.mounts != f.roots.mounts.version() {
		return different
	}
	if e.checked.covers(k, f.ttl) {
		return same
	}
	var dir *Root
	checked := k.Now
	fd, full := unix.AT_FDCWD, r.appendPath(f.fullBuf[:0], key[keyPrefix:])
	if full == nil {
		var status int
		switch dir, status = f.root(m, k); {
		case status == Pending:
			return pending
		case status != 0 || e.root != r.version:
			return different
		}
		fd, full, checked = dir.fd, key[keyPrefix:], r.looked
	}
	switch {
	case !e.away:
	case f.lookAway(i, dir, full, k):
		return pending
	default:
		return unknown
	}
	f.counts.Statx++
	id, _, errno := Statx(fd, full, &f.statBuf)
	if errno != 0 || id != e.ID {
		return different
	}
	e.checked = checked
	return same
}

// root returns the folder that the look-ups for a mount start at. It stays the
// table's, until the next call. What they find counts from roots.all[m.Root].looked
// on, which may be long ago: the request may have waited since.
func (f *Table) root(m *site.Mount, k Look) (folder *Root, status int) {
	folder, errno, away := f.roots.at(m.Root, k)
	if away {
		if !f.followAway(m.Root, k) {
			f.warn("open", m, []byte{0}, errNoAnswer)
			return nil, message.StatusUnavailable
		}
		return nil, Pending
	}
	if errno != 0 {
		return nil, StatusOf(errno)
	}
	return folder, 0
}

// openCached is Root.OpenCached. It closes unused files if there are too few
// descriptors.
func (f *Table) openCached(root *Root, path []byte, extra int) (fd int, errno syscall.Errno) {
	if f.trouble != nil && f.trouble.cold() {
		return noFile, unix.EAGAIN
	}
	f.counts.Openat2++
	fd, errno = root.OpenCached(path, extra)
	for lacksDescriptors(errno) && f.evict() {
		f.counts.Openat2++
		fd, errno = root.OpenCached(path, extra)
	}
	return fd, errno
}

func lacksDescriptors(errno syscall.Errno) bool { return errno == unix.EMFILE || errno == unix.ENFILE }

// errAllInUse is why a file is not opened though it could be.
var errAllInUse = errors.New("responses use all open files that the limit allows")

// open opens a file into a new entry, which is pinned.
func (f *Table) open(m *site.Mount, key []byte, c message.Coding, k Look) (i int32, status int) {
	mounts := f.roots.mounts.version()
	root, status := f.root(m, k)
	if status != 0 {
		return backend.None, status
	}
	path := key[keyPrefix:]
	o := opened{direct: noFile, nature: root.nature}
	var errno syscall.Errno
	switch o.fd, errno = f.openCached(root, path, 0); errno {
	case 0:
	case unix.EAGAIN:
		_, status := f.lookUp(openCall, m, root, key, c, k)
		return backend.None, status
	default:
		return backend.None, f.failed("open", m, path, errno)
	}
	f.counts.Statx++
	if o.id, o.mode, errno = Statx(o.fd, emptyPath, &f.statBuf); errno != 0 {
		_ = kernel.CloseFD(o.fd)
		return backend.None, f.failed("statx", m, path, errno)
	}
	if m.Site.ETags == site.ETagOfContent && o.mode&unix.S_IFMT == unix.S_IFREG { // to hash it may wait
		_ = kernel.CloseFD(o.fd)
		_, status := f.lookUp(openCall, m, root, key, c, k)
		return backend.None, status
	}
	r := &f.roots.all[m.Root]
	i, status = f.enter(m, key, c, &o, r.looked, r.version, mounts)
	if status != 0 {
		return backend.None, status
	}
	f.pin(i)
	if m.Kind == site.Dynamic && o.id.Size > 0 {
		f.openDirect(i)
	}
	return i, 0
}

// enter makes what has been opened an entry, which is listed and not in use, or
// closes it and says why not.
func (f *Table) enter(m *site.Mount, key []byte, c message.Coding, o *opened, checked Moment, version, mounts uint32) (i int32, status int) {
	switch format := o.mode & unix.S_IFMT; {
	case format == unix.S_IFDIR:
		status = message.StatusMovedPermanently
	case format != unix.S_IFREG:
		status = message.StatusNotFound
	case !f.roomFor(o.nature):
		f.warn("open", m, key[keyPrefix:], errAllInUse)
		status = message.StatusUnavailable
	}
	if status != 0 {
		f.calls.closeFile(o.fd, o.nature, o.id.device, f.now)
		f.calls.closeFile(o.direct, o.nature, o.id.device, f.now)
		return backend.None, status
	}
	i = f.take()
	name := string(key)
	e := newEntry(m, name[keyPrefix:len(name)-1], c, o)
	e.key, e.listed, e.checked, e.root, e.mounts = name, true, checked, version, mounts
	e.File.FD = int32(o.fd)
	f.count(o.nature, 1)
	if o.direct >= 0 && f.room() {
		e.File.Direct = int32(o.direct)
		f.count(o.nature, 1)
	} else {
		f.calls.closeFile(o.direct, o.nature, o.id.device, f.now)
	}
	e.released = f.now
	f.entries[i] = e
	f.byKey[name] = i
	f.unusedOf(&e).PushBack(f.links, i)
	return i, 0
}

// openDirect opens entry i, which is local, a second time, with O_DIRECT, unless
// that is impossible.
func (f *Table) openDirect(i int32) {
	e := &f.entries[i]
	root := f.roots.all[e.Mount.Root].folder
	if root == nil {
		return
	}
	path := []byte(e.key[keyPrefix:])
	f.counts.Openat2++
	fd, errno := root.OpenCached(path, unix.O_DIRECT)
	if errno == unix.EAGAIN { // the kernel has a path to what is open
		fd, errno = openAgain(int(e.File.FD), unix.O_DIRECT)
	}
	if errno != 0 {
		return
	}
	f.counts.Statx++
	again, _, errno := Statx(fd, emptyPath, &f.statBuf)
	if errno != 0 || !again.sameFile(&e.ID) || !f.room() {
		_ = kernel.CloseFD(fd)
		return
	}
	e.File.Direct = int32(fd)
	f.count(e.nature, 1)
}
