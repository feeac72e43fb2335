// The entries of a folder, from the kernel: getdents64(2) and statx(2).

package listing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/httpx/files"
)

// entry is one entry of a folder. There can be a million, so it is small and
// has no pointers, which spares the garbage collector.
type entry struct {
	name     uint32 // index of its first byte in contents.names
	length   uint16 // of the name, in bytes
	flags    flags
	size     int64 // bytes; 0 for folders
	modified int64 // Unix seconds, in a year of four digits
}

type flags uint8

const (
	isFolder flags = 1 << iota
	isLink         // the rest is about the link's target
	isKnown        // size and modified are set
)

func (e *entry) has(f flags) bool { return e.flags&f != 0 }

// contents are the entries of a folder that a client could fetch: regular
// files, folders, and symbolic links that lead to either without leaving the
// root. Requests for sockets, FIFOs, devices and dead links are answered 404, so
// those are left out.
type contents struct {
	entries   []entry
	names     []byte // of all entries, without separators
	truncated bool   // the folder holds more

	fd      int
	root    *files.Root // opened for the first link
	at, dir string      // where: Listing.Root and Dir
	abroad  bool        // it may take for ever
	away    elsewhere
	statBuf unix.Statx_t
	path    []byte // scratch
}

// maxNames bounds the bytes of all names of a folder: 64 for each entry.
const maxNames = 64 * maxListed

// read reads the folder from its start, up to limit entries, into contents that
// are to be closed, even after an error.
func (l *Listing) read(folder *os.File, limit int) (*contents, error) {
	c := &contents{fd: int(folder.Fd()), at: l.Root, dir: l.Dir, abroad: l.Abroad != nil}
	if c.at == "" {
		c.root, c.dir = files.RootAt(c.fd), ""
	}
	if _, err := folder.Seek(0, io.SeekStart); err != nil {
		return c, err
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := unix.ReadDirent(c.fd, buf)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return c, os.NewSyscallError("getdents64", err)
		case n == 0:
			return c, nil
		}
		for rest := buf[:n]; len(rest) > 0; {
			var name []byte
			var kind uint8
			name, kind, rest = cutDirent(rest)
			if !l.shows(name) {
				continue
			}
			if len(c.entries) == limit || len(c.names)+len(name) > maxNames {
				c.truncated = true
				return c, nil
			}
			if err := c.add(name, kind); err != nil {
				return c, err
			}
		}
	}
}

// close closes what was opened to follow links.
func (c *contents) close() {
	if c.at != "" && c.root != nil {
		c.root.Close()
	}
}

// cutDirent splits records of getdents64(2) after the first one. kind is one of
// unix.DT_*: DT_UNKNOWN on file systems that would have to look at the inode.
func cutDirent(records []byte) (name []byte, kind uint8, rest []byte) {
	const lengthAt, kindAt, nameAt = 16, 18, 19 // struct linux_dirent64
	length := binary.NativeEndian.Uint16(records[lengthAt:])
	name, rest = records[nameAt:length], records[length:]
	if i := bytes.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	return name, records[kindAt], rest
}

// shows reports whether an entry of this name is listed. .well-known is meant to
// be found (RFC 8615).
func (l *Listing) shows(name []byte) bool {
	switch string(name) {
	case "", ".", "..":
		return false
	case ".well-known":
		return true
	}
	return l.Dotfiles || name[0] != '.'
}

// add adds an entry, unless it is clear already that it cannot be served. If the
// folder does not say whether it is a file or a folder, add looks at it: folders
// come first.
func (c *contents) add(name []byte, kind uint8) error {
	e := entry{name: uint32(len(c.names)), length: uint16(len(name))}
	c.names = append(c.names, name...)
	var ok bool
	var err error
	switch kind {
	case unix.DT_DIR:
		ok, e.flags = true, isFolder
	case unix.DT_REG:
		ok = true
	case unix.DT_LNK, unix.DT_UNKNOWN:
		ok, err = c.stat(&e)
	}
	if ok {
		c.entries = append(c.entries, e)
	} else {
		c.names = c.names[:e.name]
	}
	return err
}

// name returns the name of an entry. It belongs to the contents.
func (c *contents) name(e *entry) []byte {
	return c.names[e.name:][:e.length]
}

// statAll completes all entries, and drops those that have vanished.
func (c *contents) statAll() error {
	kept := c.entries[:0]
	for _, e := range c.entries {
		ok, err := c.stat(&e)
		if err != nil {
			return err
		}
		if ok {
			kept = append(kept, e)
		}
	}
	c.entries = kept
	return nil
}

// stat completes an entry, unless that is done. ok is false for an entry that
// cannot be served or has vanished. err is set if the system is short of
// descriptors or memory.
func (c *contents) stat(e *entry) (ok bool, err error) {
	if e.has(isKnown) {
		return true, nil
	}
	// This must not follow a link: the name may have become one since the
	// folder was read. Nor must a folder on a disk wait for a remote file system that
	// is mounted in it.
	flags := unix.AT_SYMLINK_NOFOLLOW
	if !c.abroad {
		flags |= unix.AT_STATX_DONT_SYNC
	}
	err = unix.Statx(c.fd, string(c.name(e)), flags, files.StatxMask, &c.statBuf)
	if err == nil && c.statBuf.Mode&unix.S_IFMT == unix.S_IFLNK {
		e.flags |= isLink
		err = c.statTarget(e)
	}
	switch err {
	case nil:
		return e.take(&c.statBuf), nil
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM:
		return false, err
	}
	return false, nil
}

// statTarget fills statBuf for the target of a link, which it follows as the
// server would: within the root.
func (c *contents) statTarget(e *entry) error {
	c.path = append(c.path[:0], c.dir...)
	if len(c.dir) > 0 {
		c.path = append(c.path, '/')
	}
	c.path = append(append(c.path, c.name(e)...), 0)
	if c.root == nil {
		root, err := files.OpenRoot(c.at)
		if err != nil {
			return errnoOf(err)
		}
		c.root = root
	}
	if errno := c.follow(); errno != 0 {
		return errno
	}
	return nil
}

// follow follows the path within the root. One to another file system may take for
// ever, so unless the whole listing may, it has a bounded time.
func (c *contents) follow() syscall.Errno {
	if c.abroad {
		return c.followTo(c.root.Open)
	}
	errno := c.followTo(c.root.OpenHere)
	if errno != unix.EXDEV {
		return errno
	}
	if errno = c.root.StatCached(c.path, &c.statBuf); errno != unix.EAGAIN || c.at == "" {
		return errno
	}
	return c.away.stat(c.at, c.path, &c.statBuf)
}

func (c *contents) followTo(open func(path []byte, extra int) (int, syscall.Errno)) syscall.Errno {
	fd, errno := open(c.path, 0)
	if errno == 0 {
		_, _, errno = files.Statx(fd, []byte{0}, &c.statBuf)
		_ = unix.Close(fd)
	}
	return errno
}

// errnoOf returns the errno that an error of OpenRoot wraps.
func errnoOf(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// The first and last second that RFC 3339 can write, in Unix seconds: its years
// have four digits.
const (
	firstSecond = -62135596800 // 0001-01-01T00:00:00Z
	lastSecond  = 253402300799 // 9999-12-31T23:59:59Z
)

// take sets an entry from the result of statx(2). It returns false if the server
// would not serve it.
func (e *entry) take(s *unix.Statx_t) bool {
	e.flags &^= isFolder
	switch s.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		e.size = int64(s.Size)
	case unix.S_IFDIR:
		e.flags |= isFolder
	default:
		return false
	}
	e.modified = min(max(s.Mtime.Sec, firstSecond), lastSecond)
	e.flags |= isKnown
	return true
}
