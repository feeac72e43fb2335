// Look-ups that never leave a folder.

package files

import (
	"errors"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Root is a folder that look-ups never leave, neither by ".." nor by a symbolic
// link. Links that stay inside work. Any goroutine may use it.
//
// The kernel confines the look-ups: openat2(2) with RESOLVE_BENEATH. Where it is
// missing (before Linux 5.6, under some seccomp profiles, in valgrind) the
// standard library's os.Root walks the path component by component.
type Root struct {
	fd   int
	id   folderID
	walk *os.Root // set where openat2 is missing
}

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

const resolveFlags = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS

// RootAt returns a root for a folder that is open as fd, which stays the
// caller's. Without openat2(2) it opens nothing.
func RootAt(fd int) *Root { return &Root{fd: fd} }

// OpenRoot opens dir as a root. Its error is an *os.PathError that names dir, or
// an *os.SyscallError where the kernel has no statx(2), or refuses it.
func OpenRoot(dir string) (*Root, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	r := &Root{fd: fd}
	var errno syscall.Errno
	if r.id, errno = statFolder(fd, emptyPath, new(unix.Statx_t)); errno != 0 {
		_ = unix.Close(fd)
		if errno == unix.ENOSYS || errno == unix.EPERM { // looking at what is open needs no permission
			return nil, os.NewSyscallError("statx", errno)
		}
		return nil, &os.PathError{Op: "statx", Path: dir, Err: errno}
	}
	probe, errno := r.openat2([]byte(".\x00"), 0)
	if errno == 0 {
		_ = unix.Close(probe)
	}
	if errno == unix.ENOSYS || errno == unix.EPERM {
		if err = r.Walk(dir); err != nil {
			_ = unix.Close(fd)
			return nil, err
		}
	}
	return r, nil
}

// Walk makes the root resolve paths in user space, as it does by itself where
// openat2(2) is missing. dir is the folder that it was opened from.
func (r *Root) Walk(dir string) (err error) {
	r.walk, err = os.OpenRoot(dir)
	return err
}

// Close closes the root. Files opened below it stay open.
func (r *Root) Close() {
	_ = unix.Close(r.fd)
	if r.walk != nil {
		_ = r.walk.Close()
	}
}

// Open opens path for reading, with the extra flags of open(2). path is relative
// and ends with a NUL, its only one. The descriptor is the caller's. EXDEV means
// that the path leaves the root.
func (r *Root) Open(path []byte, extra int) (int, syscall.Errno) {
	if r.walk != nil {
		return r.openWalking(string(path[:len(path)-1]), extra)
	}
	// EAGAIN: something was renamed meanwhile, so the kernel could not tell
	// whether ".." was still inside (openat2(2)).
	for range 16 {
		fd, errno := r.openat2(path, extra)
		if errno != unix.EAGAIN && errno != unix.EINTR {
			return fd, errno
		}
	}
	return -1, unix.EAGAIN
}

// openat2 goes through the scheduler: a look-up may wait for a disk.
func (r *Root) openat2(path []byte, extra int) (int, syscall.Errno) {
	how := unix.OpenHow{Flags: uint64(openFlags | extra), Resolve: resolveFlags}
	fd, _, errno := syscall.Syscall6(unix.SYS_OPENAT2, uintptr(r.fd), uintptr(unsafe.Pointer(&path[0])),
		uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how), 0, 0)
	return int(fd), errno
}

// openWalking opens through os.Root, and duplicates the descriptor of the
// os.File, which would close its own.
func (r *Root) openWalking(path string, extra int) (int, syscall.Errno) {
	f, err := r.walk.OpenFile(path, openFlags|extra, 0)
	if err != nil {
		var errno syscall.Errno
		if errors.As(err, &errno) {
			return -1, errno
		}
		return -1, unix.EXDEV // os.Root's own error: the path leaves the root
	}
	defer f.Close()
	fd := -1
	conn, err := f.SyscallConn()
	if err == nil {
		err = conn.Control(func(p uintptr) {
			fd, err = unix.FcntlInt(p, unix.F_DUPFD_CLOEXEC, 0)
		})
	}
	if err != nil || fd < 0 {
		return -1, unix.EMFILE
	}
	return fd, 0
}

// Identity tells one version of a file from another: see statx(2).
type Identity struct {
	device, Inode uint64
	Size          int64 // bytes
	Mtime, Ctime  unix.StatxTimestamp
}

// StatxMask has the fields that Statx asks the kernel for.
const StatxMask = unix.STATX_TYPE | unix.STATX_INO | unix.STATX_SIZE | unix.STATX_MTIME | unix.STATX_CTIME

// Statx looks at path below the folder dirfd, following links, or at dirfd
// itself if path is empty. path ends with a NUL. buf gets the kernel's result;
// id and mode are taken from it and mean nothing after an error.
func Statx(dirfd int, path []byte, buf *unix.Statx_t) (id Identity, mode uint16, errno syscall.Errno) {
	errno = statx(dirfd, path, StatxMask, buf)
	return Identity{
		device: deviceOf(buf),
		Inode:  buf.Ino,
		Size:   int64(buf.Size),
		Mtime:  buf.Mtime,
		Ctime:  buf.Ctime,
	}, buf.Mode, errno
}

// statFolder is Statx for a folder that look-ups may start at.
func statFolder(dirfd int, path []byte, buf *unix.Statx_t) (id folderID, errno syscall.Errno) {
	errno = statx(dirfd, path, unix.STATX_TYPE|unix.STATX_INO|unix.STATX_MNT_ID, buf)
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
func statx(dirfd int, path []byte, mask int, buf *unix.Statx_t) syscall.Errno {
	flags := 0
	if len(path) == 1 {
		flags = unix.AT_EMPTY_PATH
	}
	_, _, errno := syscall.Syscall6(unix.SYS_STATX, uintptr(dirfd), uintptr(unsafe.Pointer(&path[0])),
		uintptr(flags), uintptr(mask), uintptr(unsafe.Pointer(buf)), 0)
	return errno
}
