// Package files finds and opens the files of the mounts, and keeps them open.
// Each loop has its own table and uses it from its own thread only.
//
//	path below a mount ► Table.Acquire ► entry, pinned ► response ► Table.Release
//	                       │ new, or replaced since
//	                       └► Root.Open ► statx(2) ► fields
//
//	files.go      the table: look-up, opening, eviction
//	entry.go      one open file
//	fields.go     the header fields that depend on the file alone
//	moment.go     which requests a look at a file counts for
//	pagecache.go  whether the page cache holds a part of a file
//	root.go       look-ups that never leave a folder
package files

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/message"
	"aws/httpx/site"
)

// Table is the open-file table of one loop. It owns the descriptors. A pinned
// entry stays open; the others are evicted when there is no room, the least
// recently used first.
//
// By default nothing is ever stale: before an entry is used, one statx(2)
// confirms that its path still leads to the same version of the same file.
// That look counts for all requests that had arrived by then: see moment.go.
type Table struct {
	entries []Entry // as many as were ever open at a time
	free    []int32
	opened  int // descriptors, at most limit
	limit   int
	byKey   map[string]int32
	unused  backend.List // listed entries without pins, the least recently used first
	links   []backend.Link
	ttl     int64   // how long an entry is trusted without a new statx, in nanoseconds
	roots   []*Root // by site.Mount.Root

	// last is the part of a file that was read last.
	last struct {
		file  int32
		id    Identity
		off   int64
		bytes []byte
		read  Moment // when
	}

	pathBuf []byte // the key being looked up
	statBuf unix.Statx_t
}

// MaxPath is the length in bytes of the longest path below a root, with its NUL:
// PATH_MAX of linux/limits.h.
const MaxPath = 4096

// NewTable opens the roots and returns a table of up to limit open descriptors.
// It trusts an entry for ttl before it looks at the path again; 0 makes it look
// every time. Destroy the table even after an error, which names the root.
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

// Root returns the folder that look-ups for a mount never leave. It stays the
// table's.
func (f *Table) Root(m *site.Mount) *Root { return f.roots[m.Root] }

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
// coding c, pinned until its Release, or backend.None.
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

// acquireKey returns the entry for a key, pinned. It opens the file if it is not
// listed, or if the path leads to another version by now.
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

// keyPrefix is the number of bytes before the path in a key: two for the mount's
// number, one for the coding of a sidecar. A file that is requested by its own
// name has another entry than the same file as a sidecar.
const keyPrefix = 3

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

// OpenFolder opens the folder at rel below the mount. The descriptor is the
// caller's. status is 0, or says why there is none, and fd is -1.
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

// current reports whether the path of an entry still leads to the same version.
// It follows the path without confining it to the root: all that matters is
// that it leads to the inode that was opened within the root.
func (f *Table) current(i int32, m *site.Mount, path []byte, k Look) bool {
	e := &f.entries[i]
	if e.checked.covers(k, f.ttl) {
		return true
	}
	id, _, errno := Statx(f.Root(m).fd, path, &f.statBuf)
	if errno != 0 || id != e.ID {
		return false
	}
	e.checked = k.Now
	return true
}

// open opens a file into a new entry, which is listed and not pinned.
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

// take returns a free entry. It may move all entries, so a pointer to one is
// good only until the next file is opened.
func (f *Table) take() (i int32) {
	if n := len(f.free); n > 0 {
		i = f.free[n-1]
		f.free = f.free[:n-1]
		return i
	}
	f.entries, f.links = append(f.entries, Entry{}), append(f.links, backend.Link{})
	return int32(len(f.entries) - 1)
}

// openDirect opens the file a second time, with O_DIRECT, unless that is
// impossible or the path leads to another file by now.
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

// room makes room for one more descriptor. If need be it closes the least
// recently used file. It returns false if every file is in use.
func (f *Table) room() bool {
	if f.opened == f.limit && !f.unused.Empty() {
		f.unlist(f.unused.First)
	}
	return f.opened < f.limit
}

// Release takes back one pin of entry i. An entry that is no longer listed is
// closed with its last pin.
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

// unlist takes an entry out of look-ups. It is closed now, or with its last pin.
func (f *Table) unlist(i int32) {
	e := &f.entries[i]
	delete(f.byKey, e.key)
	e.listed = false
	if e.pins == 0 {
		f.unused.Remove(f.links, i)
		f.close(i)
	}
}

// close closes the descriptors of an entry and frees it.
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

// Destroy closes all files and the roots. No file may be pinned.
func (f *Table) Destroy() {
	for !f.unused.Empty() {
		f.unlist(f.unused.First)
	}
	for _, r := range f.roots {
		r.Close()
	}
	f.roots = nil
}

// Name returns the path of entry i below its root, for messages.
func (f *Table) Name(i int32) string {
	key := f.entries[i].key
	return key[keyPrefix : len(key)-1]
}

// At returns entry i. The pointer is good until the next file is opened, by
// Acquire or Sidecar.
func (f *Table) At(i int32) *Entry { return &f.entries[i] }

// Pinned returns the names of the entries in use: none once every response has
// ended.
func (f *Table) Pinned() (names []string) {
	for i := range f.entries {
		if f.entries[i].pins > 0 {
			names = append(names, f.Name(int32(i)))
		}
	}
	return names
}
