package httpx

import (
	"fmt"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// openFile is an entry of the open-file table: a regular file, open, with all
// that an answer needs of it.
type openFile struct {
	key    string // see files.key
	mount  *mount
	file   backend.File
	id     identity
	fields fileFields
	// url and mediaType are for processors.
	url, mediaType string
	checked        moment // when the path was last seen to lead to this version
	// missing are the codings of which there was no sidecar file, and when
	// that was last looked at.
	missing   codingSet
	missingAt moment
	// residentAt is when the page cache was last seen to hold all of the file,
	// in nanoseconds of the loop's clock; file.Cached says whether that, or
	// what was last looked for, is sure; cold is how often it was not there.
	residentAt int64
	cold       int32
	local      bool // on a file system of this machine

	pins   int32  // answers that use it now
	listed bool   // found under its key; otherwise closed with the last pin
	coding coding // a sidecar's
}

// files is the open-file table of one loop. It owns the descriptors: an entry
// that is pinned stays open, one that is not may be evicted, the least
// recently used first.
//
// By default nothing is ever stale: before an entry is used, one statx(2)
// confirms that the path still leads to the same version of the same file.
// That look serves all requests that had arrived by then: see moment.go.
type files struct {
	entries []openFile // as many as there have been files at a time
	free    []int32
	opened  int // descriptors, at most limit
	limit   int
	byKey   map[string]int32
	unused  list // listed entries without pins, least recently used first
	links   []link
	ttl     int64   // nanoseconds for which an entry need not be confirmed
	roots   []*root // what mounts look below: mount.root is an index here

	// last is a small part of a file that was read, and when.
	last struct {
		file  int32
		id    identity
		off   int64
		bytes []byte
		read  moment
	}

	pathBuf []byte // the key being looked up
	statBuf unix.Statx_t
}

// maxPath bounds a path below a root: PATH_MAX of linux/limits.h, NUL
// included.
const maxPath = 4096

// newFiles opens the roots, and makes a table that keeps up to limit
// descriptors of files open. destroy is due even when it fails.
func newFiles(limit int, ttl time.Duration, dirs []rootDir) (files, error) {
	f := files{
		limit:   limit,
		byKey:   make(map[string]int32),
		unused:  newList(),
		ttl:     int64(ttl),
		pathBuf: make([]byte, 0, keyPrefix+maxPath),
	}
	for _, dir := range dirs {
		r, err := openRoot(dir.path)
		if err != nil {
			return f, fmt.Errorf("%s: %w", dir.name, err)
		}
		f.roots = append(f.roots, r)
	}
	return f, nil
}

// root is what look-ups for a mount never leave.
func (f *files) root(m *mount) *root { return f.roots[m.root] }

// acquire returns the entry for the file at rel and name below the mount,
// pinned, or the status that says why there is none: 301 for a folder. release
// gives it back.
func (f *files) acquire(m *mount, rel []byte, name string, k look) (i int32, status int) {
	key := f.key(m, rel, name)
	if key == nil {
		return none, statusNotFound
	}
	return f.acquireKey(m, key, codingIdentity, k)
}

// sidecar returns the entry for the file beside entry i that holds its content
// in another coding, pinned, or none.
func (f *files) sidecar(i int32, c coding, k look) int32 {
	e := &f.entries[i]
	if !e.missingAt.covers(k, f.ttl) {
		e.missing, e.missingAt = 0, k.now
	}
	name := e.key[keyPrefix : len(e.key)-1]
	if e.missing.has(c) || keyPrefix+len(name)+len(c.extension())+1 > cap(f.pathBuf) {
		return none
	}
	b := append(f.pathBuf[:0], e.key[0], e.key[1], byte(c))
	b = append(b, name...)
	b = append(b, c.extension()...)
	j, status := f.acquireKey(e.mount, append(b, 0), c, k)
	if status != 0 {
		f.entries[i].missing.add(c)
		return none
	}
	return j
}

func (f *files) acquireKey(m *mount, key []byte, c coding, k look) (i int32, status int) {
	i, ok := f.byKey[string(key)]
	if ok && !f.current(i, m, key[keyPrefix:], k) {
		f.unlist(i)
		ok = false
	}
	if !ok {
		if i, status = f.open(m, key, c, k.now); status != 0 {
			return none, status
		}
	}
	e := &f.entries[i]
	if e.pins == 0 && ok {
		f.unused.remove(f.links, i)
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
func (f *files) key(m *mount, rel []byte, name string) []byte {
	if len(m.dir)+1+len(rel)+len(name)+1 > maxPath {
		return nil
	}
	b := append(f.pathBuf[:0], byte(m.number), byte(m.number>>8), byte(codingIdentity))
	b = append(b, m.dir...)
	if len(m.dir) > 0 && len(rel)+len(name) > 0 {
		b = append(b, '/')
	}
	b = append(b, rel...)
	b = append(b, name...)
	if len(b) == keyPrefix {
		b = append(b, '.')
	}
	return append(b, 0)
}

// openFolder opens the folder at rel below the mount, or says why not.
func (f *files) openFolder(m *mount, rel []byte) (fd, status int) {
	key := f.key(m, rel, "")
	if key == nil {
		return -1, statusNotFound
	}
	fd, errno := f.root(m).open(key[keyPrefix:], unix.O_DIRECTORY)
	if errno != 0 {
		return -1, statusOf(errno)
	}
	return fd, 0
}

// current says whether the entry still is what its path leads to. The path is
// followed without the root's confinement: it only has to lead to the same
// inode, which was opened with it.
func (f *files) current(i int32, m *mount, path []byte, k look) bool {
	e := &f.entries[i]
	if e.checked.covers(k, f.ttl) {
		return true
	}
	id, _, errno := statx(f.root(m).fd, path, &f.statBuf)
	if errno != 0 || id != e.id {
		return false
	}
	e.checked = k.now
	return true
}

// open opens the file into a new entry, listed and not pinned.
func (f *files) open(m *mount, key []byte, c coding, now moment) (i int32, status int) {
	path := key[keyPrefix:]
	fd, errno := f.root(m).open(path, 0)
	for (errno == unix.EMFILE || errno == unix.ENFILE) && !f.unused.empty() {
		f.unlist(f.unused.first)
		fd, errno = f.root(m).open(path, 0)
	}
	if errno != 0 {
		return none, statusOf(errno)
	}
	id, mode, errno := statx(fd, path[len(path)-1:], &f.statBuf)
	if errno != 0 || mode&unix.S_IFMT != unix.S_IFREG {
		_ = unix.Close(fd)
		if errno == 0 && mode&unix.S_IFMT == unix.S_IFDIR {
			return none, statusMovedPermanently
		}
		return none, statusNotFound
	}
	if !f.room() {
		_ = unix.Close(fd)
		return none, statusUnavailable
	}
	i = f.take()
	f.opened++
	name := string(key)
	f.entries[i] = openFile{
		key:     name,
		mount:   m,
		file:    backend.File{FD: int32(fd), Direct: none},
		id:      id,
		fields:  newFileFields(m, name[keyPrefix:len(name)-1], c, id),
		checked: now,
		local:   backend.Local(int32(fd)),
		listed:  true,
		coding:  c,
	}
	if m.kind == Dynamic && m.site.processor != nil {
		e := &f.entries[i]
		e.url, e.mediaType = m.url(strings.TrimSuffix(name[keyPrefix:len(name)-1], c.extension())), string(e.fields.contentType())
	}
	if m.kind == Dynamic && id.size > 0 {
		f.openDirect(i)
	}
	f.byKey[name] = i
	return i, 0
}

// take returns a free entry. It may move all others, so no pointer to an entry
// outlives the opening of a file.
func (f *files) take() (i int32) {
	if n := len(f.free); n > 0 {
		i = f.free[n-1]
		f.free = f.free[:n-1]
		return i
	}
	f.entries, f.links = append(f.entries, openFile{}), append(f.links, link{})
	return int32(len(f.entries) - 1)
}

// openDirect opens the same file with O_DIRECT too, unless that is impossible
// or the path leads to another file by now.
func (f *files) openDirect(i int32) {
	e := &f.entries[i]
	path := []byte(e.key[keyPrefix:])
	fd, errno := f.root(e.mount).open(path, unix.O_DIRECT)
	if errno != 0 {
		return
	}
	again, _, errno := statx(fd, path[len(path)-1:], &f.statBuf)
	if errno != 0 || again.device != e.id.device || again.inode != e.id.inode || !f.room() {
		_ = unix.Close(fd)
		return
	}
	e.file.Direct = int32(fd)
	f.opened++
}

// residentFor is for how long in nanoseconds a file that the page cache holds
// all of is taken to stay there: it was used just now, so others go first.
const residentFor = int64(time.Second)

// resident says whether the page cache holds a part of entry i. now is of the
// loop's clock.
func (f *files) resident(i int32, off, n, now int64) bool {
	e := &f.entries[i]
	if e.residentAt > 0 && now-e.residentAt < residentFor {
		return true
	}
	resident, sure := backend.Resident(e.file.FD, off, n)
	e.file.Cached = resident && sure && e.local
	if resident && off == 0 && n == e.id.size {
		e.residentAt = max(now, 1)
	}
	return resident
}

// maxPopulate is the most of a file that is read into the page cache ahead of
// those who will ask for it.
const maxPopulate = 16 << 20

// missed notes that a part of entry i has to be read from the disk. Whoever
// asks first gets it past the page cache, which thousands of files that nobody
// asks for twice would only clear of better ones. From the second time on it
// is read into the cache too, for the third.
func (f *files) missed(i int32) {
	e := &f.entries[i]
	if e.file.Direct < 0 {
		f.openDirect(i)
	}
	if e.cold++; e.cold > 1 {
		backend.WillNeed(e.file.FD, 0, min(e.id.size, maxPopulate))
	}
}

// room makes room for another descriptor, closing the least recently used file
// if need be. It returns false when every file is in use.
func (f *files) room() bool {
	if f.opened == f.limit && !f.unused.empty() {
		f.unlist(f.unused.first)
	}
	return f.opened < f.limit
}

// copyCached reads a part of entry i into b if the page cache has all of it.
// What was read last is at hand for others who ask for the same, as long as
// that look at the file counts for them.
func (f *files) copyCached(b []byte, i int32, off int64, k look) bool {
	e := &f.entries[i]
	last := &f.last
	if last.file == e.file.FD && last.off == off && len(last.bytes) == len(b) && last.id == e.id && last.read.covers(k, 0) {
		copy(b, last.bytes)
		return true
	}
	if backend.ReadCached(e.file.FD, b, off) != len(b) {
		return false
	}
	last.file, last.off, last.id, last.read = e.file.FD, off, e.id, k.now
	last.bytes = append(last.bytes[:0], b...)
	return true
}

// release unpins an entry.
func (f *files) release(i int32) {
	e := &f.entries[i]
	backend.Assert(e.pins > 0, "files: release of an entry that is not pinned")
	e.pins--
	switch {
	case e.pins > 0:
	case e.listed:
		f.unused.pushBack(f.links, i)
	default:
		f.close(i)
	}
}

// unlist makes the entry unfindable; it is closed now or with its last pin.
func (f *files) unlist(i int32) {
	e := &f.entries[i]
	delete(f.byKey, e.key)
	e.listed = false
	if e.pins == 0 {
		f.unused.remove(f.links, i)
		f.close(i)
	}
}

func (f *files) close(i int32) {
	e := &f.entries[i]
	_ = unix.Close(int(e.file.FD))
	f.opened--
	if e.file.Direct >= 0 {
		_ = unix.Close(int(e.file.Direct))
		f.opened--
	}
	*e = openFile{}
	f.free = append(f.free, i)
}

// destroy closes all files, none of which may be pinned, and the roots.
func (f *files) destroy() {
	for !f.unused.empty() {
		f.unlist(f.unused.first)
	}
	for _, r := range f.roots {
		r.close()
	}
	f.roots = nil
}

// statusOf turns the errno of an open into a status: what names no file that
// we would serve is not found, what the machine lacks is unavailable.
func statusOf(errno syscall.Errno) int {
	switch errno {
	case unix.EACCES, unix.EPERM:
		return statusForbidden
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EAGAIN:
		return statusUnavailable
	case unix.EIO, unix.ESTALE:
		return statusInternalError
	}
	// ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EXDEV (the path leaves the root),
	// ENXIO (a socket), ENODEV, …
	return statusNotFound
}

// name is the path of an entry below its root, for people.
func (f *files) name(i int32) string {
	key := f.entries[i].key
	return key[keyPrefix : len(key)-1]
}
