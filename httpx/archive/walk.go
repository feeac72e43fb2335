// Walking a folder: its entries in order of their names, and those of its folders.
// No folder stays open while what is in it is written.

package archive

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
	"aws/httpx/files"
)

// walk walks the folder of an archive.
type walk struct{ making }

// entry is an entry of a folder.
type entry struct {
	name   string
	folder bool
}

const (
	// maxEntries is the most entries of one folder. An archive of a larger one
	// fails.
	maxEntries = 1_000_000
	// entryMemory is about what an entry takes of Go's heap besides its name.
	entryMemory = 40
)

// top writes the folder of the archive.
func (w *walk) top() error {
	entries, modified, memory, errno := w.entries(w.Dir, 0)
	if errno != 0 {
		return errno
	}
	return w.inFolder(w.Dir, w.Name(), entries, modified, memory)
}

// folder writes a folder below it: dir is its path below the root, name that in the
// archive.
func (w *walk) folder(dir, name string) error {
	entries, modified, memory, errno := w.entries(dir, unix.O_NOFOLLOW)
	if errno != 0 {
		return w.leaveOut(dir, errno)
	}
	return w.inFolder(dir, name, entries, modified, memory)
}

// inFolder writes a folder, whose entries are known, and gives back their memory.
func (w *walk) inFolder(dir, name string, entries []entry, modified time.Time, memory int) error {
	if err := w.out.folder(name+"/", clamp(modified)); err != nil {
		return err
	}
	for _, e := range entries {
		if err := w.working(); err != nil {
			return err
		}
		path := e.name
		if dir != "" {
			path = dir + "/" + e.name
		}
		if len(path)+1 > files.MaxPath {
			continue // no client could name it
		}
		if w.Withheld != nil && !e.folder && w.Withheld(strings.TrimPrefix(strings.TrimPrefix(path, w.Dir), "/")) {
			continue
		}
		inside := name + "/" + e.name
		if n := w.out.kept(inside); n > 0 {
			if err := w.reserve(n); err != nil {
				return err
			}
		}
		next := w.file
		if e.folder {
			next = w.folder
		}
		if err := next(path, inside); err != nil {
			return err
		}
	}
	return w.reserve(-memory)
}

// entries reads a folder, and returns how much memory is reserved for what it has.
// ENOMEM means that there is none.
func (w *walk) entries(dir string, extra int) (all []entry, modified time.Time, memory int, errno unix.Errno) {
	fd := -1
	defer func() { _ = kernel.CloseFD(fd) }()
	w.away(func() {
		if fd, errno = w.root.Open(pathOf(dir), unix.O_DIRECTORY|extra); errno != 0 {
			return
		}
		var stat unix.Statx_t
		if _, _, errno = files.Statx(fd, []byte{0}, &stat); errno == 0 {
			modified = time.Unix(stat.Mtime.Sec, 0)
			all, memory, errno = w.list(fd)
		}
	})
	slices.SortFunc(all, func(a, b entry) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
	return all, modified, memory, errno
}

// list reads the entries of an open folder (getdents64(2)).
func (w *walk) list(fd int) (all []entry, memory int, errno unix.Errno) {
	buf := make([]byte, 32<<10)
	for {
		n, err := kernel.ReadDirent(fd, buf)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, memory, files.ErrnoOf(err)
		case n == 0:
			return all, memory, 0
		}
		asked := 0
		for rest := buf[:n]; len(rest) > 0; {
			const lengthAt, kindAt, nameAt = 16, 18, 19 // struct linux_dirent64
			length := binary.NativeEndian.Uint16(rest[lengthAt:])
			name, kind := rest[nameAt:length], rest[kindAt]
			rest = rest[length:]
			name = name[:max(0, bytes.IndexByte(name, 0))]
			if kind == unix.DT_UNKNOWN {
				kind = kindOf(fd, name)
			}
			if !w.takes(name) || kind != unix.DT_DIR && kind != unix.DT_REG && kind != unix.DT_LNK {
				continue
			}
			all = append(all, entry{string(name), kind == unix.DT_DIR})
			asked += entryMemory + len(name)
		}
		if len(all) > maxEntries || w.reserve(asked) != nil {
			return nil, memory, unix.ENOMEM
		}
		memory += asked
	}
}

// kindOf looks at an entry of a folder that does not say what it is.
func kindOf(fd int, name []byte) uint8 {
	var stat unix.Stat_t
	if kernel.Fstatat(fd, string(name), &stat, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return unix.DT_UNKNOWN
	}
	return uint8(stat.Mode & unix.S_IFMT >> 12) // dirent's kinds are those of the mode
}

// takes says whether an entry of this name is in the archive.
func (w *walk) takes(name []byte) bool {
	switch string(name) {
	case "", ".", "..":
		return false
	case ".well-known":
		return true // RFC 8615
	}
	return w.Dotfiles || name[0] != '.'
}
