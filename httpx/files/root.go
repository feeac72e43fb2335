// Look-ups that never leave a folder.

package files

import (
	"errors"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
	"aws/httpx/site"
)

// Root is a folder that look-ups never leave, neither by ".." nor by a symbolic
// link, unless all links are followed. Any goroutine may use it.
//
// The kernel confines the look-ups: openat2(2) with RESOLVE_BENEATH. Where it is
// missing (before Linux 5.6, under some seccomp profiles, in valgrind) the
// standard library's os.Root walks the path component by component. open.go opens
// files, and links.go follows the links that neither can.
type Root struct {
	fd     int
	id     folderID
	nature nature   // of its file system
	links  Links    // that it follows
	asks   bool     // the kernel can look a path up without waiting
	walk   *os.Root // set where openat2 is missing

	users atomic.Int32 // calls of a table that use it, and the table: see release
}

// Links says which symbolic links a root follows.
type Links = site.Links

// folderID tells one folder from another, and from what is mounted over it.
type folderID struct {
	device, inode uint64
	mount         uint64 // 0 before Linux 5.8
}

// MaxPath is the length in bytes of the longest path below a root, with its NUL:
// PATH_MAX of linux/limits.h.
const MaxPath = 4096

// openFlags has O_NONBLOCK so that a FIFO without a writer does not hang the
// server. Regular files ignore it.
const openFlags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY

// pathFlags open a path to look at, without a word to its file system.
const pathFlags = unix.O_PATH | unix.O_CLOEXEC

const resolveFlags = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS

// resolveCached has openat2(2) fail with EAGAIN where it would have to wait for a
// file system: RESOLVE_CACHED of linux/openat2.h, Linux 5.12.
const resolveCached = 0x20

// RootAt returns a root for a folder that is open as fd, which stays the
// caller's. Without openat2(2) it opens nothing.
func RootAt(fd int) *Root { return &Root{fd: fd} }

// OpenRoot opens dir as a root that follows these links. Its error is an *os.PathError that names dir, or
// an *os.SyscallError where the kernel has no statx(2), or refuses it.
func OpenRoot(dir string, links Links) (*Root, error) {
	fd, err := kernel.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	r := &Root{fd: fd, links: links}
	var errno syscall.Errno
	if r.id, errno = statFolder(fd, emptyPath, new(unix.Statx_t)); errno != 0 {
		_ = kernel.CloseFD(fd)
		if errno == unix.ENOSYS || errno == unix.EPERM { // looking at what is open needs no permission
			return nil, os.NewSyscallError("statx", errno)
		}
		return nil, &os.PathError{Op: "statx", Path: dir, Err: errno}
	}
	r.nature = natureOf(fd)
	switch errno = r.probe(0); errno {
	case unix.ENOSYS, unix.EPERM:
		if err = r.Walk(dir); err != nil {
			_ = kernel.CloseFD(fd)
			return nil, err
		}
	default:
		r.asks = r.probe(resolveCached) != unix.EINVAL
	}
	return r, nil
}

// probe tries openat2(2) on the root itself.
func (r *Root) probe(resolve uint64) syscall.Errno {
	fd, errno := r.openat2([]byte(".\x00"), pathFlags, resolve)
	if errno == 0 {
		_ = kernel.CloseFD(fd)
	}
	return errno
}

// Walk makes the root resolve paths in user space, as it does by itself where
// openat2(2) is missing. dir is the folder that it was opened from.
func (r *Root) Walk(dir string) (err error) {
	r.walk, err = os.OpenRoot(dir)
	return err
}

// Close closes the root. Files opened below it stay open.
func (r *Root) Close() {
	_ = kernel.CloseFD(r.fd)
	if r.walk != nil {
		_ = r.walk.Close()
	}
}

// use counts another user of the root.
func (r *Root) use() *Root {
	r.users.Add(1)
	return r
}

// release takes back one use. The last user closes the root.
func (r *Root) release() {
	if r.users.Add(-1) == 0 {
		r.Close()
	}
}

// openat2 opens a path that does not leave the root.
func (r *Root) openat2(path []byte, flags int, resolve uint64) (int, syscall.Errno) {
	return openat2(r.fd, path, flags, resolveFlags|resolve)
}

// openat2 goes through the scheduler: it may wait for a disk.
func openat2(dir int, path []byte, flags int, resolve uint64) (int, syscall.Errno) {
	how := unix.OpenHow{Flags: uint64(flags), Resolve: resolve}
	began := kernel.Begin()
	fd, _, errno := syscall.Syscall6(unix.SYS_OPENAT2, uintptr(dir), uintptr(unsafe.Pointer(&path[0])),
		uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how), 0, 0)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Openat2, FD: int32(dir), Path: string(path[:len(path)-1]), Flags: how.Flags, Size: int64(resolve), Result: kernel.Result(int(fd), errno)})
	}
	return int(fd), errno
}

// openWalking opens through os.Root, and duplicates the descriptor of the
// os.File, which would close its own.
func (r *Root) openWalking(path string, flags int) (int, syscall.Errno) {
	f, err := r.walk.OpenFile(path, flags, 0)
	if err != nil {
		var errno syscall.Errno
		if errors.As(err, &errno) {
			return noFile, errno
		}
		return noFile, unix.EXDEV // os.Root's own error: the path leaves the root
	}
	defer f.Close()
	fd := noFile
	conn, err := f.SyscallConn()
	if err == nil {
		err = conn.Control(func(p uintptr) {
			fd, err = kernel.Duplicate(int(p))
		})
	}
	if err != nil || fd < 0 {
		return noFile, unix.EMFILE
	}
	return fd, 0
}

// openAgain opens what is open as fd once more, with the extra flags of open(2), by
// its link in proc(5).
func openAgain(fd, extra int) (int, syscall.Errno) {
	path := append(strconv.AppendInt([]byte("/proc/self/fd/"), int64(fd), 10), 0)
	began := kernel.Begin()
	again, _, errno := syscall.Syscall6(unix.SYS_OPENAT, 0, uintptr(unsafe.Pointer(&path[0])), uintptr(openFlags|extra), 0, 0, 0)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Openat, FD: -1, Path: string(path[:len(path)-1]), Flags: uint64(openFlags | extra), Result: kernel.Result(int(again), errno)})
	}
	return int(again), errno
}

// Identity tells one version of a file from another: see statx(2).
type Identity struct {
	device, Inode uint64
	Size          int64 // bytes
	Mtime, Ctime  unix.StatxTimestamp
}

// sameFile says that both are of one file, if not of one version.
func (i *Identity) sameFile(other *Identity) bool {
	return i.device == other.device && i.Inode == other.Inode
}

// StatxMask has the fields that Statx asks the kernel for.
const StatxMask = unix.STATX_TYPE | unix.STATX_INO | unix.STATX_SIZE | unix.STATX_MTIME | unix.STATX_CTIME

// Statx looks at path below the folder dirfd, following links, or at dirfd
// itself if path is empty. path ends with a NUL. buf gets the kernel's result;
// id and mode are taken from it and mean nothing after an error.
func Statx(dirfd int, path []byte, buf *unix.Statx_t) (id Identity, mode uint16, errno syscall.Errno) {
	errno = statx(dirfd, path, 0, StatxMask, buf)
	return identityOf(buf), buf.Mode, errno
}

// StatxOpen is Statx for what is open as fd, without asking a server or another
// process: of remote files it tells what the kernel knows.
func StatxOpen(fd int, buf *unix.Statx_t) (id Identity, errno syscall.Errno) {
	errno = statx(fd, emptyPath, unix.AT_STATX_DONT_SYNC, StatxMask, buf)
	return identityOf(buf), errno
}

func identityOf(buf *unix.Statx_t) Identity {
	return Identity{
		device: deviceOf(buf),
		Inode:  buf.Ino,
		Size:   int64(buf.Size),
		Mtime:  buf.Mtime,
		Ctime:  buf.Ctime,
	}
}

// statFolder is Statx for a folder that look-ups may start at. It asks no server
// or other process for what the kernel knows already.
func statFolder(dirfd int, path []byte, buf *unix.Statx_t) (id folderID, errno syscall.Errno) {
	errno = statx(dirfd, path, unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE|unix.STATX_INO|unix.STATX_MNT_ID, buf)
	id = folderID{device: deviceOf(buf), inode: buf.Ino}
	if buf.Mask&unix.STATX_MNT_ID != 0 {
		id.mount = buf.Mnt_id
	}
	return id, errno
}

func deviceOf(buf *unix.Statx_t) uint64 { return uint64(buf.Dev_major)<<32 | uint64(buf.Dev_minor) }

// emptyPath has Statx look at a descriptor itself.
var emptyPath = []byte{0}

// statx goes through the scheduler: a look-up may wait for a disk.
func statx(dirfd int, path []byte, flags, mask int, buf *unix.Statx_t) syscall.Errno {
	if len(path) == 1 {
		flags |= unix.AT_EMPTY_PATH
	}
	began := kernel.Begin()
	_, _, errno := syscall.Syscall6(unix.SYS_STATX, uintptr(dirfd), uintptr(unsafe.Pointer(&path[0])),
		uintptr(flags), uintptr(mask), uintptr(unsafe.Pointer(buf)), 0)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Statx, FD: int32(dirfd), Path: string(path[:len(path)-1]), Flags: uint64(flags), Result: kernel.Result(0, errno)})
	}
	return errno
}
