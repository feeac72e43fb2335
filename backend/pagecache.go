package backend

import (
	"errors"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// ReadCached reads what the page cache holds of an open file at off, as pread(2)
// does, and never waits for a disk. It returns the number of bytes read, or a
// negated errno: EAGAIN if it would have to wait for a disk, EOPNOTSUPP on file
// systems that cannot tell (preadv2(2), RWF_NOWAIT; Linux 4.14).
func ReadCached(fd int32, b []byte, off int64) int {
	iov := unix.Iovec{Base: &b[0], Len: uint64(len(b))}
	began := kernel.Begin()
	n, _, errno := syscall.RawSyscall6(unix.SYS_PREADV2, uintptr(fd), uintptr(unsafe.Pointer(&iov)), 1,
		uintptr(off), uintptr(off>>32), unix.RWF_NOWAIT)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Preadv2, FD: fd, Flags: unix.RWF_NOWAIT, Size: int64(len(b)), Off: off, Result: kernel.Result(int(n), errno)})
	}
	if errno != 0 {
		return -int(errno)
	}
	return int(n)
}

// Resident says whether the page cache holds n bytes of an open file from off, so
// that sending them does not wait for a disk, and whether that is certain. If the
// kernel cannot tell, they count as resident.
//
// cachestat(2), Linux 6.5, counts the pages, including those just being read. On
// older kernels the first and the last byte stand for those in between.
func Resident(fd int32, off, n int64) (resident, sure bool) {
	if n <= 0 {
		return true, true
	}
	crange := unix.CachestatRange{Off: uint64(off), Len: uint64(n)}
	var stat unix.Cachestat_t
	began := kernel.Begin()
	err := unix.Cachestat(uint(fd), &crange, &stat, 0)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Cachestat, FD: fd, Size: n, Off: off, Result: kernel.Failed(0, err)})
	}
	if err == nil {
		pages := (off+n-1)/Align - off/Align + 1
		return stat.Cache >= uint64(pages), true
	}
	var b [1]byte
	return ReadCached(fd, b[:], off) != -int(unix.EAGAIN) && ReadCached(fd, b[:], off+n-1) != -int(unix.EAGAIN), false
}

// TryCachestat says why the kernel does not count the pages that it has of a file: 0 if
// it does.
func TryCachestat() syscall.Errno {
	var errno syscall.Errno
	if err := unix.Cachestat(^uint(0), &unix.CachestatRange{}, &unix.Cachestat_t{}, 0); errors.As(err, &errno) && errno != unix.EBADF {
		return errno
	}
	return 0
}

// WillNeed asks the kernel to read part of a file into the page cache, and does
// not wait for it (posix_fadvise(2)).
func WillNeed(fd int32, off, n int64) {
	began := kernel.Begin()
	err := unix.Fadvise(int(fd), off, n, unix.FADV_WILLNEED)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Fadvise64, FD: fd, Flags: unix.FADV_WILLNEED, Size: n, Off: off, Result: kernel.Failed(0, err)})
	}
}
