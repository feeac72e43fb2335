// Look-ups: from a path below a mount to an entry of the table.

package files

import (
	"errors"
	"math"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/message"
	"aws/httpx/site"
)

// Acquire returns the entry for the file at rel followed by name below the
// mount. status is 0 and the entry is pinned until its Release, or status says
// why there is none: 301 for a folder, 403, 404, 500 or 503.
func (f *Table) Acquire(m *site.Mount, rel []byte, name string, k Look) (i int32, status int) {
	key := f.key(m, rel, name)
	if key == nil {
		return backend.None, message.StatusNotFound
	}
	return f.acquireKey(m, key, message.CodingIdentity, k)
}

// Sidecar returns the entry for the file beside entry i that has its content in
// coding c, pinned until its Release, or backend.None. A sidecar that cannot be
// opened spoils nothing: there is the file itself.
func (f *Table) Sidecar(i int32, c message.Coding, k Look) int32 {
	e := &f.entries[i]
	if !e.missingAt.covers(k, f.ttl) {
		e.missing, e.missingAt = 0, k.Now
	}
	name := e.key[keyPrefix : len(e.key)-1]
	if e.missing.Has(c) || keyPrefix+len(name)+len(c.Extension())+1 > cap(f.pathBuf) {
		return backend.None
	}
	b := append(f.pathBuf[:0], e.key[0], e.key[1], byte(c))
	b = append(b, name...)
	b = append(b, c.Extension()...)
	j, status := f.acquireKey(e.Mount, append(b, 0), c, k)
	if status != 0 && status < message.StatusInternalError {
		f.entries[i].missing.Add(c)
	}
	return j
}

// acquireKey returns the entry for a key, pinned. It opens the file if it is not
// listed, or if the path leads to another version by now.
func (f *Table) acquireKey(m *site.Mount, key []byte, c message.Coding, k Look) (i int32, status int) {
	i, ok := f.byKey[string(key)]
	known := ok
	if ok && !f.current(i, m, key[keyPrefix:], k) {
		f.unlist(i)
		ok = false
	}
	if !ok {
		i, status = f.open(m, key, c, k)
		if status == message.StatusNotFound && known && f.roots.all[m.Root].folder != nil { // the root may have been replaced since it was looked at
			i, status = f.open(m, key, c, Look{Received: math.MaxUint64, Now: k.Now})
		}
		if status != 0 {
			return backend.None, status
		}
	}
	e := &f.entries[i]
	if e.pins == 0 && ok {
		f.unused.Remove(f.links, i)
	}
	e.pins++
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

// OpenFolder opens the folder at rel below the mount. The descriptor is the
// caller's. status is 0, or says why there is none, and fd is -1.
func (f *Table) OpenFolder(m *site.Mount, rel []byte, k Look) (fd, status int) {
	key := f.key(m, rel, "")
	if key == nil {
		return -1, message.StatusNotFound
	}
	return f.openBelow(m, key[keyPrefix:], unix.O_DIRECTORY, k)
}

// current reports whether the path of an entry still leads to the same version.
// It looks at the absolute path, so one call notices both that the file is
// another one and that the root is. It follows the path without confining it to
// the root: all that matters is that it leads to the inode that was opened
// within the root. So a root that is replaced is noticed with the first file
// that is another one there, or that is not there.
func (f *Table) current(i int32, m *site.Mount, path []byte, k Look) bool {
	e, r := &f.entries[i], &f.roots.all[m.Root]
	if e.root != r.version {
		return false
	}
	if e.checked.covers(k, f.ttl) {
		return true
	}
	dir, full := unix.AT_FDCWD, r.appendPath(f.fullBuf[:0], path)
	if full == nil {
		folder, errno := f.folder(m, k)
		if errno != 0 || e.root != r.version {
			return false
		}
		dir, full = folder.fd, path
	}
	id, _, errno := Statx(dir, full, &f.statBuf)
	if errno != 0 || id != e.ID {
		return false
	}
	e.checked = k.Now
	return true
}

// folder returns the folder that the look-ups for a mount start at. It stays the
// table's, until the next call.
func (f *Table) folder(m *site.Mount, k Look) (*Root, syscall.Errno) {
	folder, errno := f.roots.at(m.Root, k)
	for isShortage(errno) && f.evict() {
		folder, errno = f.roots.at(m.Root, k)
	}
	return folder, errno
}

// openBelow opens a path below the mount's root, with the extra flags of
// open(2). It closes unused files if there are too few descriptors. status is 0,
// or says why fd is -1.
func (f *Table) openBelow(m *site.Mount, path []byte, extra int, k Look) (fd, status int) {
	folder, errno := f.folder(m, k)
	if errno != 0 {
		return -1, StatusOf(errno)
	}
	fd, errno = folder.Open(path, extra)
	for (errno == unix.EMFILE || errno == unix.ENFILE) && f.evict() {
		fd, errno = folder.Open(path, extra)
	}
	if errno != 0 {
		return -1, f.failed("open", m, path, errno)
	}
	return fd, 0
}

// failed returns the status for what has become of a path, and has it logged if
// it is the machine's fault.
func (f *Table) failed(op string, m *site.Mount, path []byte, errno syscall.Errno) (status int) {
	if status = StatusOf(errno); status >= message.StatusInternalError {
		f.warn(op, m, path, errno)
	}
	return status
}

func (f *Table) warn(op string, m *site.Mount, path []byte, err error) {
	full := f.roots.all[m.Root].dir.Path + "/" + string(path[:len(path)-1])
	f.roots.warn("looking for a file", &os.PathError{Op: op, Path: full, Err: err})
}

// errAllInUse is why a file is not opened though it could be.
var errAllInUse = errors.New("responses use all open files that the limit allows")

// open opens a file into a new entry, which is listed and not pinned.
func (f *Table) open(m *site.Mount, key []byte, c message.Coding, k Look) (i int32, status int) {
	path := key[keyPrefix:]
	fd, status := f.openBelow(m, path, 0, k)
	if status != 0 {
		return backend.None, status
	}
	id, mode, errno := Statx(fd, emptyPath, &f.statBuf)
	switch {
	case errno != 0:
		status = f.failed("statx", m, path, errno)
	case mode&unix.S_IFMT == unix.S_IFDIR:
		status = message.StatusMovedPermanently
	case mode&unix.S_IFMT != unix.S_IFREG:
		status = message.StatusNotFound
	case !f.room():
		f.warn("open", m, path, errAllInUse)
		status = message.StatusUnavailable
	}
	if status != 0 {
		_ = unix.Close(fd)
		return backend.None, status
	}
	i = f.take()
	f.opened++
	name := string(key)
	e := NewEntry(m, name[keyPrefix:len(name)-1], c, id)
	e.key, e.listed, e.checked, e.root = name, true, k.Now, f.roots.all[m.Root].version
	e.File.FD, e.local = int32(fd), backend.Local(int32(fd))
	f.entries[i] = e
	if m.Kind == site.Dynamic && id.Size > 0 {
		f.openDirect(i)
	}
	f.byKey[name] = i
	return i, 0
}

// openDirect opens the file a second time, with O_DIRECT, unless that is
// impossible or the path leads to another file by now.
func (f *Table) openDirect(i int32) {
	e := &f.entries[i]
	r := &f.roots.all[e.Mount.Root]
	if r.folder == nil {
		return
	}
	path := []byte(e.key[keyPrefix:])
	fd, errno := r.folder.Open(path, unix.O_DIRECT)
	if errno != 0 {
		return
	}
	again, _, errno := Statx(fd, emptyPath, &f.statBuf)
	if errno != 0 || again.device != e.ID.device || again.Inode != e.ID.Inode || !f.room() {
		_ = unix.Close(fd)
		return
	}
	e.File.Direct = int32(fd)
	f.opened++
}
