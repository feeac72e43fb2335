package files

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/message"
	"aws/httpx/site"
)

// Table is the open-file table of one loop. It owns the descriptors: an entry
// that is pinned stays open, one that is not may be evicted, the least
// recently used first.
//
// By default nothing is ever stale: before an entry is used, one statx(2)
// confirms that the path still leads to the same version of the same file.
// That look serves all requests that had arrived by then: see moment.go.
type Table struct {
	entries []Entry // as many as there have been files at a time
	free    []int32
	opened  int // descriptors, at most limit
	limit   int
	byKey   map[string]int32
	unused  backend.List // listed entries without pins, least recently used first
	links   []backend.Link
	ttl     int64   // nanoseconds for which an entry need not be confirmed
	roots   []*Root // what mounts look below: mount.root is an index here

	// last is a small part of a file that was read, and when.
	last struct {
		file  int32
		id    Identity
		off   int64
		bytes []byte
		read  Moment
	}

	pathBuf []byte // the key being looked up
	statBuf unix.Statx_t
}

// MaxPath bounds a path below a root: PATH_MAX of linux/limits.h, NUL
// included.
const MaxPath = 4096

// NewTable opens the roots, and makes a table that keeps up to limit
// descriptors of files open. destroy is due even when it fails.
func NewTable(limit int, ttl time.Duration, dirs []site.RootDir) (Table, error) {
	f := Table{
		limit:   limit,
		byKey:   make(map[string]int32),
		unused:  backend.NewList(),
		ttl:     int64(ttl),
		pathBuf: make([]byte, 0, keyPrefix+MaxPath),
	}
	for _, dir := range dirs {
		r, err := OpenRoot(dir.Path)
		if err != nil {
			return f, fmt.Errorf("%s: %w", dir.Name, err)
		}
		f.roots = append(f.roots, r)
	}
	return f, nil
}

// Root is what look-ups for a mount never leave.
func (f *Table) Root(m *site.Mount) *Root { return f.roots[m.Root] }

// Acquire returns the entry for the file at rel and name below the mount,
// pinned, or the status that says why there is none: 301 for a folder. release
// gives it back.
func (f *Table) Acquire(m *site.Mount, rel []byte, name string, k Look) (i int32, status int) {
	key := f.key(m, rel, name)
	if key == nil {
		return backend.None, message.StatusNotFound
	}
	return f.acquireKey(m, key, message.CodingIdentity, k)
}

// Sidecar returns the entry for the file beside entry i that holds its content
// in another coding, pinned, or none.
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
	if status != 0 {
		f.entries[i].missing.Add(c)
		return backend.None
	}
	return j
}

func (f *Table) acquireKey(m *site.Mount, key []byte, c message.Coding, k Look) (i int32, status int) {
	i, ok := f.byKey[string(key)]
	if ok && !f.current(i, m, key[keyPrefix:], k) {
		f.unlist(i)
		ok = false
	}
	if !ok {
		if i, status = f.open(m, key, c, k.Now); status != 0 {
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

// keyPrefix is how many bytes of a key stand before the path: the mount's
// number, and the coding of a sidecar, whose entry differs from that of the
// same file asked for by its own name.
const keyPrefix = 3

// key composes the prefix, the path below the mount's root, and a NUL. It
// returns nil for what is too long to be a path.
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

// OpenFolder opens the folder at rel below the mount, or says why not.
func (f *Table) OpenFolder(m *site.Mount, rel []byte) (fd, status int) {
	key := f.key(m, rel, "")
	if key == nil {
		return -1, message.StatusNotFound
	}
	fd, errno := f.Root(m).Open(key[keyPrefix:], unix.O_DIRECTORY)
	if errno != 0 {
		return -1, statusOf(errno)
	}
	return fd, 0
}

// current says whether the entry still is what its path leads to. The path is
// followed without the root's confinement: it only has to lead to the same
// inode, which was opened with it.
func (f *Table) current(i int32, m *site.Mount, path []byte, k Look) bool {
	e := &f.entries[i]
	if e.checked.covers(k, f.ttl) {
		return true
	}
	id, _, errno := Statx(f.Root(m).FD, path, &f.statBuf)
	if errno != 0 || id != e.ID {
		return false
	}
	e.checked = k.Now
	return true
}

// open opens the file into a new entry, listed and not pinned.
func (f *Table) open(m *site.Mount, key []byte, c message.Coding, now Moment) (i int32, status int) {
	path := key[keyPrefix:]
	fd, errno := f.Root(m).Open(path, 0)
	for (errno == unix.EMFILE || errno == unix.ENFILE) && !f.unused.Empty() {
		f.unlist(f.unused.First)
		fd, errno = f.Root(m).Open(path, 0)
	}
	if errno != 0 {
		return backend.None, statusOf(errno)
	}
	id, mode, errno := Statx(fd, path[len(path)-1:], &f.statBuf)
	if errno != 0 || mode&unix.S_IFMT != unix.S_IFREG {
		_ = unix.Close(fd)
		if errno == 0 && mode&unix.S_IFMT == unix.S_IFDIR {
			return backend.None, message.StatusMovedPermanently
		}
		return backend.None, message.StatusNotFound
	}
	if !f.room() {
		_ = unix.Close(fd)
		return backend.None, message.StatusUnavailable
	}
	i = f.take()
	f.opened++
	name := string(key)
	e := NewEntry(m, name[keyPrefix:len(name)-1], c, id)
	e.key, e.listed, e.checked = name, true, now
	e.File.FD, e.local = int32(fd), backend.Local(int32(fd))
	f.entries[i] = e
	if m.Kind == site.Dynamic && id.Size > 0 {
		f.openDirect(i)
	}
	f.byKey[name] = i
	return i, 0
}

// take returns a free entry. It may move all others, so no pointer to an entry
// outlives the opening of a file.
func (f *Table) take() (i int32) {
	if n := len(f.free); n > 0 {
		i = f.free[n-1]
		f.free = f.free[:n-1]
		return i
	}
	f.entries, f.links = append(f.entries, Entry{}), append(f.links, backend.Link{})
	return int32(len(f.entries) - 1)
}

// openDirect opens the same file with O_DIRECT too, unless that is impossible
// or the path leads to another file by now.
func (f *Table) openDirect(i int32) {
	e := &f.entries[i]
	path := []byte(e.key[keyPrefix:])
	fd, errno := f.Root(e.Mount).Open(path, unix.O_DIRECT)
	if errno != 0 {
		return
	}
	again, _, errno := Statx(fd, path[len(path)-1:], &f.statBuf)
	if errno != 0 || again.device != e.ID.device || again.Inode != e.ID.Inode || !f.room() {
		_ = unix.Close(fd)
		return
	}
	e.File.Direct = int32(fd)
	f.opened++
}

// room makes room for another descriptor, closing the least recently used file
// if need be. It returns false when every file is in use.
func (f *Table) room() bool {
	if f.opened == f.limit && !f.unused.Empty() {
		f.unlist(f.unused.First)
	}
	return f.opened < f.limit
}

// Release unpins an entry.
func (f *Table) Release(i int32) {
	e := &f.entries[i]
	backend.Assert(e.pins > 0, "files: release of an entry that is not pinned")
	e.pins--
	switch {
	case e.pins > 0:
	case e.listed:
		f.unused.PushBack(f.links, i)
	default:
		f.close(i)
	}
}

// unlist makes the entry unfindable; it is closed now or with its last pin.
func (f *Table) unlist(i int32) {
	e := &f.entries[i]
	delete(f.byKey, e.key)
	e.listed = false
	if e.pins == 0 {
		f.unused.Remove(f.links, i)
		f.close(i)
	}
}

func (f *Table) close(i int32) {
	e := &f.entries[i]
	_ = unix.Close(int(e.File.FD))
	f.opened--
	if e.File.Direct >= 0 {
		_ = unix.Close(int(e.File.Direct))
		f.opened--
	}
	*e = Entry{}
	f.free = append(f.free, i)
}

// Destroy closes all files, none of which may be pinned, and the roots.
func (f *Table) Destroy() {
	for !f.unused.Empty() {
		f.unlist(f.unused.First)
	}
	for _, r := range f.roots {
		r.Close()
	}
	f.roots = nil
}

// Name is the path of an entry below its root, for people.
func (f *Table) Name(i int32) string {
	key := f.entries[i].key
	return key[keyPrefix : len(key)-1]
}

// At is entry i, until the next file is opened.
func (f *Table) At(i int32) *Entry { return &f.entries[i] }

// Pinned returns the names of the entries that are in use.
func (f *Table) Pinned() (names []string) {
	for i := range f.entries {
		if f.entries[i].pins > 0 {
			names = append(names, f.Name(int32(i)))
		}
	}
	return names
}
