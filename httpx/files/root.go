package files

import (
	"errors"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Root is a directory that look-ups never leave, neither by ".." nor by a
// symbolic link. A link that stays inside works.
//
// The kernel does the confining: openat2(2) with RESOLVE_BENEATH. Where it is
// missing (before Linux 5.6, under some seccomp profiles, in valgrind) the
// standard library's os.Root walks the path component by component.
type Root struct {
	FD   int
	walk *os.Root // set where openat2 is missing
}

// openFlags: O_NONBLOCK, so that a FIFO nobody writes to does not hang the
// server; it means nothing to regular files.
const openFlags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY

const resolveFlags = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS

// OpenRoot opens dir as a root.
func OpenRoot(dir string) (*Root, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	r := &Root{FD: fd}
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

// Walk makes a root resolve paths in user space, component by component. dir is
// what it was opened by.
func (r *Root) Walk(dir string) (err error) {
	r.walk, err = os.OpenRoot(dir)
	return err
}

// Close closes the root. Files opened below it stay open.
func (r *Root) Close() {
	_ = unix.Close(r.FD)
	if r.walk != nil {
		_ = r.walk.Close()
	}
}

// Open opens path for reading, with extra flags. path is relative, ends with
// a NUL, and holds no other.
func (r *Root) Open(path []byte, extra int) (int, syscall.Errno) {
	if r.walk != nil {
		return r.openWalking(string(path[:len(path)-1]), extra)
	}
	// EAGAIN: something was renamed meanwhile, so that the kernel could not
	// tell whether ".." still was inside (openat2(2)).
	for range 16 {
		fd, errno := r.openat2(path, extra)
		if errno != unix.EAGAIN && errno != unix.EINTR {
			return fd, errno
		}
	}
	return -1, unix.EAGAIN
}

// openat2 goes through the scheduler: looking a path up may wait for a disk.
func (r *Root) openat2(path []byte, extra int) (int, syscall.Errno) {
	how := unix.OpenHow{Flags: uint64(openFlags | extra), Resolve: resolveFlags}
	fd, _, errno := syscall.Syscall6(unix.SYS_OPENAT2, uintptr(r.FD), uintptr(unsafe.Pointer(&path[0])),
		uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how), 0, 0)
	return int(fd), errno
}

// openWalking opens through os.Root, and takes a descriptor of its own from
// the os.File.
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

// Identity is what tells one version of a file from another.
type Identity struct {
	device, Inode uint64
	Size          int64
	Mtime, Ctime  unix.StatxTimestamp
}

const StatxMask = unix.STATX_TYPE | unix.STATX_INO | unix.STATX_SIZE | unix.STATX_MTIME | unix.STATX_CTIME

// Statx asks for path below dirfd, following links, or for dirfd itself when
// path is empty. path ends with a NUL. buf is scratch space.
func Statx(dirfd int, path []byte, buf *unix.Statx_t) (id Identity, mode uint16, errno syscall.Errno) {
	flags := 0
	if len(path) == 1 {
		flags = unix.AT_EMPTY_PATH
	}
	_, _, errno = syscall.Syscall6(unix.SYS_STATX, uintptr(dirfd), uintptr(unsafe.Pointer(&path[0])),
		uintptr(flags), StatxMask, uintptr(unsafe.Pointer(buf)), 0)
	return Identity{
		device: uint64(buf.Dev_major)<<32 | uint64(buf.Dev_minor),
		Inode:  buf.Ino,
		Size:   int64(buf.Size),
		Mtime:  buf.Mtime,
		Ctime:  buf.Ctime,
	}, buf.Mode, errno
}
