// The entries of a folder, from the kernel: getdents64(2) and statx(2).

package listing

import (
	"bytes"
	"encoding/binary"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
	"aws/httpx/files"
)

// maxNames bounds the bytes of all names of a folder: 64 for each entry.
const maxNames = 64 * maxListed

// read reads the folder that is open as fd from its start, up to limit entries, into contents that
// are to be closed, even after an error.
func (l *Listing) read(fd, limit int) (*contents, error) {
	c := &contents{
		fd: fd, at: l.Root, links: l.Links, dir: l.Dir, abroad: l.Abroad != nil,
		reserve: l.Reserve, withheld: l.Withheld, facts: l.Query.Order.by != byName || l.Abroad != nil,
	}
	if c.at == "" {
		c.root, c.dir = files.RootAt(c.fd), ""
	}
	if err := kernel.Rewind(fd); err != nil {
		return c, os.NewSyscallError("lseek", err)
	}
	buf, filter := make([]byte, 32<<10), newFilter(l.Query.Filter)
	for {
		n, err := kernel.ReadDirent(c.fd, buf)
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
			if !l.shows(name) || !filter.takes(name) {
				continue
			}
			if len(c.entries) == limit || c.named+len(name) > maxNames {
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
	unclear := kind == unix.DT_LNK || kind == unix.DT_UNKNOWN
	if kind != unix.DT_DIR && kind != unix.DT_REG && !unclear {
		return nil
	}
	e, err := c.append(name, c.facts || unclear)
	if err != nil {
		return err
	}
	switch {
	case kind == unix.DT_DIR:
		e.flags |= isFolder
	case unclear:
		if ok, err := c.stat(e, &c.row); !ok || err != nil {
			c.dropLast()
			return err
		}
	}
	return nil
}

// statAll completes all entries, and drops those that have vanished.
func (c *contents) statAll() error {
	kept := c.entries[:0]
	for i := range c.entries {
		e := &c.entries[i]
		ok, err := c.stat(e, &c.row)
		if err != nil {
			return err
		}
		if ok {
			kept = append(kept, *e)
		}
	}
	c.entries = kept
	return nil
}

// stat fills r with all about an entry, from what is known or from the kernel. ok
// is false for an entry that cannot be served or has vanished. err is set if the
// system is short of descriptors or memory.
func (c *contents) stat(e *entry, r *row) (ok bool, err error) {
	r.name = c.name(e)
	if e.has(isKnown) {
		r.flags, r.size, r.modified = e.flags, c.size(e), c.modified(e)
		return true, nil
	}
	// This must not follow a link: the name may have become one since the
	// folder was read. Nor must a folder on a disk wait for a remote file system that
	// is mounted in it.
	flags := unix.AT_SYMLINK_NOFOLLOW
	if !c.abroad {
		flags |= unix.AT_STATX_DONT_SYNC
	}
	err = kernel.StatAt(c.fd, string(r.name), flags, files.StatxMask, &c.statBuf)
	if err == nil && c.statBuf.Mode&unix.S_IFMT == unix.S_IFLNK {
		e.flags |= isLink
		err = c.statTarget(r.name)
	}
	switch err {
	case nil:
		if ok = e.take(&c.statBuf, r); ok {
			c.know(e, r)
		}
		return ok, nil
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM:
		return false, err
	}
	return false, nil
}

// statTarget fills statBuf for the target of the link of this name, which it follows as the
// server would: within the root.
func (c *contents) statTarget(name []byte) error {
	if err := c.locate(name); err != nil {
		return err
	}
	if errno := c.follow(); errno != 0 {
		return errno
	}
	return nil
}

// locate sets path to that of an entry below the root, which it opens.
func (c *contents) locate(name []byte) error {
	c.path = append(c.path[:0], c.dir...)
	if len(c.dir) > 0 {
		c.path = append(c.path, '/')
	}
	c.path = append(append(c.path, name...), 0)
	if c.root == nil {
		root, err := files.OpenRoot(c.at, c.links)
		if err != nil {
			return files.ErrnoOf(err)
		}
		c.root = root
	}
	return nil
}

// follow follows the path within the root. One to another file system may take for
// ever, so unless the whole listing may, it has a bounded time.
func (c *contents) follow() syscall.Errno {
	if c.abroad {
		return statOpened(c.root.Open, c.path, &c.statBuf)
	}
	errno := statOpened(c.root.OpenHere, c.path, &c.statBuf)
	if errno != unix.EXDEV {
		return errno
	}
	if errno = c.root.StatCached(c.path, &c.statBuf); errno != unix.EAGAIN || c.at == "" {
		return errno
	}
	return c.away.stat(c.at, c.links, c.path, &c.statBuf)
}

// The first and last second that RFC 3339 can write, in Unix seconds: its years
// have four digits.
const (
	firstSecond = -62135596800 // 0001-01-01T00:00:00Z
	lastSecond  = 253402300799 // 9999-12-31T23:59:59Z
)

// take fills r, but for the name, from the result of statx(2). It returns false if
// the server would not serve the entry.
func (e *entry) take(s *unix.Statx_t, r *row) bool {
	e.flags &^= isFolder
	r.size = 0
	switch s.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		r.size = int64(s.Size)
	case unix.S_IFDIR:
		e.flags |= isFolder
	default:
		return false
	}
	r.flags = e.flags
	r.modified = min(max(s.Mtime.Sec, firstSecond), lastSecond)
	return true
}
