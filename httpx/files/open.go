// Opening what a path below a root leads to.
//
//	Open        may wait, for a disk or for ever
//	OpenHere    may wait for the root's own file system
//	OpenCached  waits for nothing: for loops

package files

import (
	"bytes"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
	"aws/httpx/site"
)

// Open opens path for reading, with the extra flags of open(2). path is relative
// and ends with a NUL, its only one. The descriptor is the caller's. EXDEV means
// that the path leaves the root. It may have to wait, for a disk or for ever.
func (r *Root) Open(path []byte, extra int) (int, syscall.Errno) {
	fd, _, errno := r.find(path, extra)
	return fd, errno
}

// find is Open. It also says whether links had to be followed outside the kernel's
// confinement: see links.go.
func (r *Root) find(path []byte, extra int) (fd int, followed bool, errno syscall.Errno) {
	if fd, errno = r.open(path, extra, 0); !r.isOpen(errno) || climbs(path) {
		return fd, false, errno
	}
	fd, errno = r.follow(path, openFlags|extra, 0)
	return fd, true, errno
}

// OpenHere is Open for a path that leads to no other file system than the root's.
// EXDEV means that it does, or that only Open can tell where it leads. So it waits for
// no other one. Without openat2(2) it is confined to the root only.
func (r *Root) OpenHere(path []byte, extra int) (int, syscall.Errno) {
	fd, errno := r.open(path, extra, unix.RESOLVE_NO_XDEV)
	if r.isOpen(errno) {
		errno = unix.EXDEV
	}
	return fd, errno
}

// OpenCached is OpenHere for a loop: it waits for nothing. EAGAIN means that it
// would have to, or that only Open can tell where the path leads.
func (r *Root) OpenCached(path []byte, extra int) (int, syscall.Errno) {
	if !r.asks || r.nature == remote {
		return noFile, unix.EAGAIN
	}
	fd, errno := r.openat2(path, openFlags|extra, unix.RESOLVE_NO_XDEV|resolveCached|r.straight())
	if r.isOpen(errno) {
		errno = unix.EAGAIN
	}
	return fd, errno
}

// open opens a path that the kernel, or os.Root, can follow within the root.
func (r *Root) open(path []byte, extra int, resolve uint64) (int, syscall.Errno) {
	if r.walk != nil {
		if r.links == site.LinksOfOwner { // os.Root does not look at owners
			return noFile, unix.EXDEV
		}
		return r.openWalking(string(path[:len(path)-1]), openFlags|extra)
	}
	// EAGAIN: something was renamed meanwhile, so the kernel could not tell
	// whether ".." was still inside (openat2(2)).
	for range 16 {
		fd, errno := r.openat2(path, openFlags|extra, resolve|r.straight())
		if errno != unix.EAGAIN && errno != unix.EINTR {
			return fd, errno
		}
	}
	return noFile, unix.EAGAIN
}

// straight has openat2(2) follow no link, if owners count.
func (r *Root) straight() uint64 {
	if r.links == site.LinksOfOwner {
		return unix.RESOLVE_NO_SYMLINKS
	}
	return 0
}

// isOpen says that an errno leaves open where a path leads: it has a link that the
// kernel would not follow.
func (r *Root) isOpen(errno syscall.Errno) bool {
	return errno == unix.EXDEV || errno == unix.ELOOP && r.links == site.LinksOfOwner
}

// StatCached is Statx for what a path below the root leads to, without waiting for
// anything: EAGAIN means that it would have to. Of remote files it tells what the
// kernel knows.
func (r *Root) StatCached(path []byte, buf *unix.Statx_t) syscall.Errno {
	if !r.asks {
		return unix.EAGAIN
	}
	fd, errno := r.openat2(path, pathFlags, resolveCached|r.straight())
	if r.isOpen(errno) && !climbs(path) {
		fd, errno = r.follow(path, pathFlags, resolveCached)
	}
	if errno != 0 {
		return errno
	}
	defer kernel.CloseFD(fd)
	_, errno = StatxOpen(fd, buf)
	return errno
}

// DeviceOf returns the device of the file system that a path below the root leads
// to, or of the last one on the way that can be told without waiting. known says
// that it is more than the root's own.
func (r *Root) DeviceOf(path []byte) (device uint64, known bool) {
	device = r.id.device
	if !r.asks || r.walk != nil || climbs(path) {
		return device, false
	}
	var stat unix.Statx_t
	var part [MaxPath]byte
	for at, names := 0, 0; at < len(path)-1 && names < maxDepth; names++ {
		end := at + bytes.IndexAny(path[at:], "/\x00")
		// Out of the root, too: a link may lead to another file system there.
		fd, errno := openat2(r.fd, append(append(part[:0], path[:end]...), 0), pathFlags, unix.RESOLVE_NO_MAGICLINKS|resolveCached)
		if errno != 0 {
			break
		}
		id, errno := statFolder(fd, emptyPath, &stat)
		_ = kernel.CloseFD(fd)
		if errno != 0 {
			break
		}
		device, at = id.device, end+1
	}
	return device, device != r.id.device
}

// maxDepth bounds how many names DeviceOf follows.
const maxDepth = 32
