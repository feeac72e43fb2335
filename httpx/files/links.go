// Links that the kernel cannot follow within a root: absolute ones, those that
// leave the root and come back, and those whose owner counts.
//
//	follow ─► lead: what is at the end, wherever ─► reopen: the same, below the root
//
// The first step may be fooled by whoever renames something meanwhile, the second
// may not: it starts at the root, leaves it by nothing and follows no link. What it
// opens is taken only if it is what the first step has found.

package files

import (
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
	"aws/httpx/site"
)

const (
	// maxLinks is how many links the kernel follows in a path: MAXSYMLINKS of
	// linux/namei.h.
	maxLinks = 40
	// followTries is how often a path is followed again because something on it has
	// been renamed.
	followTries = 8
)

// follow opens, with these flags of open(2), what the links of a path lead to.
// EXDEV means that the root does not follow them there. resolve may be
// resolveCached: then EAGAIN means that it would have to wait.
func (r *Root) follow(path []byte, flags int, resolve uint64) (fd int, errno syscall.Errno) {
	for range followTries {
		var at int
		if at, errno = r.lead(path, resolve); errno != 0 {
			return noFile, errno
		}
		fd, errno = r.reopen(at, flags, resolve)
		if fd != at {
			_ = kernel.CloseFD(at)
		}
		if errno != unix.ENOENT {
			break
		}
	}
	return fd, errno
}

// lead opens what is at the end of a path, wherever that is, only to look at it.
func (r *Root) lead(path []byte, resolve uint64) (int, syscall.Errno) {
	switch {
	case r.links == site.LinksOfOwner && resolve&resolveCached != 0:
		return noFile, unix.EAGAIN // reading a link may wait
	case r.links == site.LinksOfOwner:
		w := walker{}
		return w.follow(r.fd, string(path[:len(path)-1]))
	case r.walk != nil:
		return openat(r.fd, path, pathFlags)
	}
	for {
		at, errno := openat2(r.fd, path, pathFlags, unix.RESOLVE_NO_MAGICLINKS|resolve)
		if errno != unix.EINTR {
			return at, errno
		}
	}
}

// reopen opens what is open as at, for more than to look at it. Unless all links are
// followed it has to lie inside the root. ENOENT means that it does not lie where it
// did.
func (r *Root) reopen(at, flags int, resolve uint64) (int, syscall.Errno) {
	var stat unix.Statx_t
	wanted, errno := StatxOpen(at, &stat)
	format := stat.Mode & unix.S_IFMT
	switch {
	case errno != 0:
		return noFile, errno
	case format != unix.S_IFREG && format != unix.S_IFDIR: // opening a device may do something
		return noFile, unix.ENXIO
	case r.links == site.LinksAll && flags&unix.O_PATH != 0:
		return at, 0
	case r.links == site.LinksAll:
		return openAgain(at, flags)
	}
	path, errno := r.pathBelow(at)
	if errno != 0 {
		return noFile, errno
	}
	var fd int
	if r.walk != nil {
		fd, errno = r.openWalking(path, flags)
	} else {
		fd, errno = r.openat2(append([]byte(path), 0), flags, unix.RESOLVE_NO_SYMLINKS|resolve)
	}
	if errno != 0 {
		return noFile, errno
	}
	if found, errno := StatxOpen(fd, &stat); errno != 0 || !found.sameFile(&wanted) {
		_ = kernel.CloseFD(fd)
		return noFile, unix.ENOENT
	}
	return fd, 0
}

// pathBelow returns the path, from the root, of what is open as at. EXDEV means that
// it lies elsewhere.
func (r *Root) pathBelow(at int) (path string, errno syscall.Errno) {
	root, errno := pathOf(r.fd)
	if errno == 0 {
		path, errno = pathOf(at)
	}
	switch {
	case errno != 0:
		return "", errno
	case path == root:
		return ".", 0
	}
	if root != "/" {
		root += "/"
	}
	path, inside := strings.CutPrefix(path, root)
	if !inside || root[0] != '/' { // "(unreachable)": d_path, fs/d_path.c
		return "", unix.EXDEV
	}
	return path, 0
}

// pathOf returns the path of what is open as fd: the link in proc(5). That of a
// deleted file leads to nothing, or to another file.
func pathOf(fd int) (string, syscall.Errno) {
	b := make([]byte, MaxPath)
	n, err := kernel.Readlink(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(fd), b)
	switch {
	case err != nil:
		return "", ErrnoOf(err)
	case n == 0 || n == len(b):
		return "", unix.ENAMETOOLONG
	}
	return string(b[:n]), 0
}

// climbs says that a path itself leaves the folder that it starts at, or may: no link
// has to.
func climbs(path []byte) bool {
	text := string(path[:len(path)-1])
	return strings.HasPrefix(text, "/") || strings.Contains("/"+text+"/", "/../")
}

// walker follows a path name by name, as the kernel would, and takes only links that
// belong to the owner of what they lead to.
type walker struct{ links int }

// follow opens what a path from the folder dir leads to, only to look at it.
func (w *walker) follow(dir int, path string) (at int, errno syscall.Errno) {
	if path == "" {
		return noFile, unix.ENOENT
	}
	at = noFile
	if path[0] == '/' {
		if at, errno = openat(unix.AT_FDCWD, []byte("/\x00"), pathFlags); errno != 0 {
			return noFile, errno
		}
		dir = at
	}
	for more := true; more; {
		var name string
		if name, path, more = strings.Cut(path, "/"); name == "" {
			name = "." // and what is before the slash has to be a folder
		}
		next, errno := w.step(dir, name)
		if at >= 0 {
			_ = kernel.CloseFD(at)
		}
		if errno != 0 {
			return noFile, errno
		}
		at, dir = next, next
	}
	return at, 0
}

// step opens what one name in a folder leads to.
func (w *walker) step(dir int, name string) (int, syscall.Errno) {
	at, errno := openat(dir, append([]byte(name), 0), pathFlags|unix.O_NOFOLLOW)
	if errno != 0 {
		return noFile, errno
	}
	owner, isLink, errno := ownerOf(at)
	if errno == 0 && !isLink {
		return at, 0
	}
	defer kernel.CloseFD(at)
	if w.links++; errno == 0 && w.links > maxLinks {
		errno = unix.ELOOP
	}
	if errno != 0 {
		return noFile, errno
	}
	target := make([]byte, MaxPath)
	n, err := kernel.Readlink(at, "", target)
	if err != nil {
		return noFile, ErrnoOf(err)
	}
	to, errno := w.follow(dir, string(target[:n]))
	if errno != 0 {
		return noFile, errno
	}
	if other, _, errno := ownerOf(to); errno != 0 || other != owner {
		_ = kernel.CloseFD(to)
		return noFile, unix.EXDEV
	}
	return to, 0
}

// ownerOf returns who owns what is open as fd, and whether that is a link.
func ownerOf(fd int) (owner uint32, isLink bool, errno syscall.Errno) {
	var stat unix.Statx_t
	errno = statx(fd, emptyPath, 0, unix.STATX_TYPE|unix.STATX_UID, &stat)
	return stat.Uid, stat.Mode&unix.S_IFMT == unix.S_IFLNK, errno
}

// openat is openat(2), which goes through the scheduler: it may wait.
func openat(dir int, path []byte, flags int) (int, syscall.Errno) {
	for {
		began := kernel.Begin()
		fd, _, errno := syscall.Syscall6(unix.SYS_OPENAT, uintptr(dir), uintptr(unsafe.Pointer(&path[0])), uintptr(flags), 0, 0, 0)
		if began != 0 {
			kernel.Tell(began, kernel.Event{Call: kernel.Openat, FD: int32(dir), Path: string(path[:len(path)-1]), Flags: uint64(flags), Result: kernel.Result(int(fd), errno)})
		}
		if errno != unix.EINTR {
			return int(fd), errno
		}
	}
}
