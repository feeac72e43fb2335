package httpx

import (
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// openFile is an entry of the open-file table: a regular file, open, with all
// that an answer needs of it.
type openFile struct {
	key  string // the mount's number and the path
	file backend.File
	id   identity
	head []byte // the fields of an answer that only depend on the file
	// checked is when the path was last seen to lead to this version.
	checked int64
	turn    uint64 // of the loop, in which that was
	pins    int32  // answers that use it now
	listed  bool   // found under its key; otherwise closed with the last pin
	kind    Kind   // its mount's
}

// files is the open-file table of one loop. It owns the descriptors: an entry
// that is pinned stays open, one that is not may be evicted, the least
// recently used first.
//
// By default nothing is ever stale: before an entry is used, one statx(2)
// confirms that the path still leads to the same version of the same file. In
// one turn of the loop that is done once: it serves all requests whose first
// bytes had arrived when the turn began, and so before the look.
type files struct {
	entries []openFile
	free    []int32
	byKey   map[string]int32
	unused  list // listed entries without pins, least recently used first
	links   []link
	ttl     int64 // nanoseconds for which an entry need not be confirmed
	types   *mediaTypes

	pathBuf []byte // the key being looked up
	statBuf unix.Statx_t
}

// maxPath bounds a path below a root: PATH_MAX of linux/limits.h, NUL
// included.
const maxPath = 4096

func newFiles(capacity int, ttl time.Duration, types *mediaTypes) files {
	f := files{
		entries: make([]openFile, capacity),
		free:    make([]int32, 0, capacity),
		byKey:   make(map[string]int32, capacity),
		unused:  newList(),
		links:   make([]link, capacity),
		ttl:     int64(ttl),
		types:   types,
		pathBuf: make([]byte, 0, 1+maxPath),
	}
	for i := capacity - 1; i >= 0; i-- {
		f.free = append(f.free, int32(i))
	}
	return f
}

// acquire returns the entry for the file at rel below the mount, pinned, or
// the status that says why there is none. release gives it back. turn is the
// loop's, if the request had begun to arrive when it began, and otherwise 0.
func (f *files) acquire(m *mount, rel []byte, now int64, turn uint64) (i int32, status int) {
	key := f.key(m, rel)
	if key == nil {
		return none, statusNotFound
	}
	path := key[1:]
	i, ok := f.byKey[string(key)]
	if ok && !f.current(i, m, path, now, turn) {
		f.unlist(i)
		ok = false
	}
	if !ok {
		if i, status = f.open(m, key, now, turn); status != 0 {
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

// key composes the mount's number, the path below its root, and a NUL. It
// returns nil for what is too long to be a path.
func (f *files) key(m *mount, rel []byte) []byte {
	if len(m.dir)+1+len(rel)+1 > maxPath {
		return nil
	}
	b := append(f.pathBuf[:0], m.number)
	b = append(b, m.dir...)
	if len(m.dir) > 0 && len(rel) > 0 {
		b = append(b, '/')
	}
	b = append(b, rel...)
	if len(b) == 1 {
		b = append(b, '.')
	}
	return append(b, 0)
}

// current says whether the entry still is what its path leads to. The path is
// followed without the root's confinement: it only has to lead to the same
// inode, which was opened with it.
func (f *files) current(i int32, m *mount, path []byte, now int64, turn uint64) bool {
	e := &f.entries[i]
	if turn != 0 && e.turn == turn || f.ttl > 0 && now-e.checked < f.ttl {
		return true
	}
	id, _, errno := statx(m.root.fd, path, &f.statBuf)
	if errno != 0 || id != e.id {
		return false
	}
	e.checked, e.turn = now, turn
	return true
}

// open opens the file into a new entry, listed and not pinned.
func (f *files) open(m *mount, key []byte, now int64, turn uint64) (i int32, status int) {
	path := key[1:]
	fd, errno := m.root.open(path, 0)
	for (errno == unix.EMFILE || errno == unix.ENFILE) && !f.unused.empty() {
		f.unlist(f.unused.first)
		fd, errno = m.root.open(path, 0)
	}
	if errno != 0 {
		return none, statusOf(errno)
	}
	id, mode, errno := statx(fd, path[len(path)-1:], &f.statBuf)
	if errno != 0 || mode&unix.S_IFMT != unix.S_IFREG {
		_ = unix.Close(fd)
		return none, statusNotFound
	}
	if i = f.room(); i == none {
		_ = unix.Close(fd)
		return none, statusUnavailable
	}
	name := string(key)
	f.entries[i] = openFile{
		key:     name,
		file:    backend.File{FD: int32(fd), Direct: none},
		id:      id,
		head:    fileHead(f.types.of(name[1:len(name)-1]), id),
		checked: now,
		turn:    turn,
		listed:  true,
		kind:    m.kind,
	}
	if m.kind == Dynamic && id.size > 0 {
		f.entries[i].file.Direct = f.openDirect(m, path, id)
	}
	f.byKey[name] = i
	return i, 0
}

// openDirect opens the same file with O_DIRECT, or returns -1 where that is
// impossible or the path leads to another file by now.
func (f *files) openDirect(m *mount, path []byte, id identity) int32 {
	fd, errno := m.root.open(path, unix.O_DIRECT)
	if errno != 0 {
		return none
	}
	again, _, errno := statx(fd, path[len(path)-1:], &f.statBuf)
	if errno != 0 || again.device != id.device || again.inode != id.inode {
		_ = unix.Close(fd)
		return none
	}
	return int32(fd)
}

// room returns a free entry, closing the least recently used file if need be,
// or none when every file is in use.
func (f *files) room() int32 {
	if len(f.free) == 0 && !f.unused.empty() {
		f.unlist(f.unused.first)
	}
	n := len(f.free)
	if n == 0 {
		return none
	}
	i := f.free[n-1]
	f.free = f.free[:n-1]
	return i
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
	if e.file.Direct >= 0 {
		_ = unix.Close(int(e.file.Direct))
	}
	*e = openFile{}
	f.free = append(f.free, i)
}

// destroy closes all files. None may be pinned.
func (f *files) destroy() {
	for !f.unused.empty() {
		f.unlist(f.unused.first)
	}
}

// fileHead composes the fields of a 200 that depend on the file alone.
func fileHead(mediaType string, id identity) []byte {
	b := make([]byte, 0, 256)
	b = append(b, "Content-Type: "...)
	b = append(b, mediaType...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, id.size, 10)
	b = append(b, "\r\nLast-Modified: "...)
	b = time.Unix(id.mtime.Sec, 0).UTC().AppendFormat(b, timeFormat)
	return append(b, "\r\n"...)
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
	return key[1 : len(key)-1]
}
