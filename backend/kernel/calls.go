// The calls of package unix that are made for files and sockets, and told of.

package kernel

import "golang.org/x/sys/unix"

// CloseFD is close(2).
func CloseFD(fd int) error {
	began := Begin()
	err := unix.Close(fd)
	if began != 0 {
		Tell(began, Event{Call: Close, FD: int32(fd), Result: Failed(0, err)})
	}
	return err
}

// ShutdownFD is shutdown(2).
func ShutdownFD(fd, how int) error {
	began := Begin()
	err := unix.Shutdown(fd, how)
	if began != 0 {
		Tell(began, Event{Call: Shutdown, FD: int32(fd), Flags: uint64(how), Result: Failed(0, err)})
	}
	return err
}

// ReadFD is read(2).
func ReadFD(fd int, b []byte) (int, error) {
	began := Begin()
	n, err := unix.Read(fd, b)
	if began != 0 {
		Tell(began, Event{Call: Read, FD: int32(fd), Size: int64(len(b)), Result: Failed(n, err)})
	}
	return n, err
}

// Pread is pread(2).
func Pread(fd int, b []byte, off int64) (int, error) {
	began := Begin()
	n, err := unix.Pread(fd, b, off)
	if began != 0 {
		Tell(began, Event{Call: Pread64, FD: int32(fd), Size: int64(len(b)), Off: off, Result: Failed(n, err)})
	}
	return n, err
}

// Rewind is lseek(2) to the start.
func Rewind(fd int) error {
	began := Begin()
	_, err := unix.Seek(fd, 0, unix.SEEK_SET)
	if began != 0 {
		Tell(began, Event{Call: Lseek, FD: int32(fd), Result: Failed(0, err)})
	}
	return err
}

// Open is openat(2) from the working directory.
func Open(path string, flags int) (int, error) {
	began := Begin()
	fd, err := unix.Open(path, flags, 0)
	if began != 0 {
		Tell(began, Event{Call: Openat, FD: -1, Flags: uint64(flags), Path: path, Result: Failed(fd, err)})
	}
	return fd, err
}

// Duplicate is fcntl(2) with F_DUPFD_CLOEXEC.
func Duplicate(fd int) (int, error) {
	began := Begin()
	copied, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if began != 0 {
		Tell(began, Event{Call: Fcntl, FD: int32(fd), Flags: unix.F_DUPFD_CLOEXEC, Result: Failed(copied, err)})
	}
	return copied, err
}

// Statfs is fstatfs(2).
func Statfs(fd int, s *unix.Statfs_t) error {
	began := Begin()
	err := unix.Fstatfs(fd, s)
	if began != 0 {
		Tell(began, Event{Call: Fstatfs, FD: int32(fd), Result: Failed(0, err)})
	}
	return err
}

// StatAt is statx(2).
func StatAt(dir int, path string, flags, mask int, s *unix.Statx_t) error {
	began := Begin()
	err := unix.Statx(dir, path, flags, mask, s)
	if began != 0 {
		Tell(began, Event{Call: Statx, FD: int32(dir), Flags: uint64(flags), Path: path, Result: Failed(0, err)})
	}
	return err
}

// Fstat is fstat(2).
func Fstat(fd int, s *unix.Stat_t) error {
	began := Begin()
	err := unix.Fstat(fd, s)
	if began != 0 {
		Tell(began, Event{Call: FstatCall, FD: int32(fd), Result: Failed(0, err)})
	}
	return err
}

// Fstatat is fstatat(2).
func Fstatat(dir int, path string, s *unix.Stat_t, flags int) error {
	began := Begin()
	err := unix.Fstatat(dir, path, s, flags)
	if began != 0 {
		Tell(began, Event{Call: Newfstatat, FD: int32(dir), Flags: uint64(flags), Path: path, Result: Failed(0, err)})
	}
	return err
}

// ReadDirent is getdents64(2).
func ReadDirent(fd int, b []byte) (int, error) {
	began := Begin()
	n, err := unix.ReadDirent(fd, b)
	if began != 0 {
		Tell(began, Event{Call: Getdents64, FD: int32(fd), Size: int64(len(b)), Result: Failed(n, err)})
	}
	return n, err
}

// Readlink is readlinkat(2). dir may be unix.AT_FDCWD.
func Readlink(dir int, path string, b []byte) (int, error) {
	began := Begin()
	n, err := unix.Readlinkat(dir, path, b)
	if began != 0 {
		Tell(began, Event{Call: Readlinkat, FD: int32(dir), Path: path, Size: int64(len(b)), Result: Failed(n, err)})
	}
	return n, err
}

// GetAttribute is fgetxattr(2).
func GetAttribute(fd int, name string, b []byte) (int, error) {
	began := Begin()
	n, err := unix.Fgetxattr(fd, name, b)
	if began != 0 {
		Tell(began, Event{Call: Fgetxattr, FD: int32(fd), Path: name, Size: int64(len(b)), Result: Failed(n, err)})
	}
	return n, err
}

// SetAttribute is fsetxattr(2).
func SetAttribute(fd int, name string, b []byte) error {
	began := Begin()
	err := unix.Fsetxattr(fd, name, b, 0)
	if began != 0 {
		Tell(began, Event{Call: Fsetxattr, FD: int32(fd), Path: name, Size: int64(len(b)), Result: Failed(0, err)})
	}
	return err
}

// SetOption is setsockopt(2) with an int.
func SetOption(fd, level, option, value int) error {
	began := Begin()
	err := unix.SetsockoptInt(fd, level, option, value)
	if began != 0 {
		Tell(began, Event{Call: Setsockopt, FD: int32(fd), Flags: uint64(option), Size: int64(value), Result: Failed(0, err)})
	}
	return err
}

// Control is ioctl(2) with a pointer to an int that the kernel sets.
func Control(fd int, request uint) (int, error) {
	began := Begin()
	n, err := unix.IoctlGetInt(fd, request)
	if began != 0 {
		Tell(began, Event{Call: Ioctl, FD: int32(fd), Flags: uint64(request), Size: int64(n), Result: Failed(0, err)})
	}
	return n, err
}

// WatchFD is epoll_ctl(2).
func WatchFD(epfd, op, fd int, e *unix.EpollEvent) error {
	began := Begin()
	err := unix.EpollCtl(epfd, op, fd, e)
	if began != 0 {
		Tell(began, Event{Call: EpollCtl, FD: int32(epfd), Other: int32(fd), Flags: uint64(op), Result: Failed(0, err)})
	}
	return err
}
