package httpx

import (
	"errors"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// root is a directory that look-ups never leave, neither by ".." nor by a
// symbolic link. A link that stays inside works.
//
// The kernel does the confining: openat2(2) with RESOLVE_BENEATH. Where it is
// missing (before Linux 5.6, under some seccomp profiles, in valgrind) the
// standard library's os.Root walks the path component by component.
type root struct {
	fd   int
	walk *os.Root // set where openat2 is missing
}

// openFlags: O_NONBLOCK, so that a FIFO nobody writes to does not hang the
// server; it means nothing to regular files.
const openFlags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY

const resolveFlags = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS

// openRoot opens dir as a root.
func openRoot(dir string) (*root, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	r := &root{fd: fd}
	probe, errno := r.openat2([]byte(".\x00"), 0)
	if errno == 0 {
		_ = unix.Close(probe)
	}
	if errno == unix.ENOSYS || errno == unix.EPERM {
		if r.walk, err = os.OpenRoot(dir); err != nil {
			_ = unix.Close(fd)
			return nil, err
		}
	}
	return r, nil
}

func (r *root) close() {
	_ = unix.Close(r.fd)
	if r.walk != nil {
		_ = r.walk.Close()
	}
}

// open opens path for reading, with extra flags. path is relative, ends with
// a NUL, and holds no other.
func (r *root) open(path []byte, extra int) (int, syscall.Errno) {
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
func (r *root) openat2(path []byte, extra int) (int, syscall.Errno) {
	how := unix.OpenHow{Flags: uint64(openFlags | extra), Resolve: resolveFlags}
	fd, _, errno := syscall.Syscall6(unix.SYS_OPENAT2, uintptr(r.fd), uintptr(unsafe.Pointer(&path[0])),
		uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how), 0, 0)
	return int(fd), errno
}

// openWalking opens through os.Root, and takes a descriptor of its own from
// the os.File.
func (r *root) openWalking(path string, extra int) (int, syscall.Errno) {
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

// identity is what tells one version of a file from another.
type identity struct {
	device, inode uint64
	size          int64
	mtime, ctime  unix.StatxTimestamp
}

const statxMask = unix.STATX_TYPE | unix.STATX_INO | unix.STATX_SIZE | unix.STATX_MTIME | unix.STATX_CTIME

// statx asks for path below dirfd, following links, or for dirfd itself when
// path is empty. path ends with a NUL. buf is scratch space.
func statx(dirfd int, path []byte, buf *unix.Statx_t) (id identity, mode uint16, errno syscall.Errno) {
	flags := 0
	if len(path) == 1 {
		flags = unix.AT_EMPTY_PATH
	}
	_, _, errno = syscall.Syscall6(unix.SYS_STATX, uintptr(dirfd), uintptr(unsafe.Pointer(&path[0])),
		uintptr(flags), statxMask, uintptr(unsafe.Pointer(buf)), 0)
	return identity{
		device: uint64(buf.Dev_major)<<32 | uint64(buf.Dev_minor),
		inode:  buf.Ino,
		size:   int64(buf.Size),
		mtime:  buf.Mtime,
		ctime:  buf.Ctime,
	}, buf.Mode, errno
}
