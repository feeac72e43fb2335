//go:build cgo

package sockop

// The same calls through libc. Each C function below only turns libc's -1 and
// errno into one result, a count or the negated errno: cgo's own access to errno
// would make an error value.

/*
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#cgo noescape sockop_recv
#cgo noescape sockop_send
#cgo noescape sockop_sendfile
#cgo noescape sockop_epoll_wait
#cgo noescape sockop_io_submit
#cgo nocallback sockop_recv
#cgo nocallback sockop_send
#cgo nocallback sockop_sendfile
#cgo nocallback sockop_epoll_wait
#cgo nocallback sockop_io_submit

_Static_assert(sizeof(off_t) == sizeof(int64_t), "sendfile takes Go's int64");

static long sockop_result(long n) {
	return n == -1 ? -errno : n;
}

static long sockop_recv(int fd, char *b, size_t n) {
	return sockop_result(recv(fd, b, n, MSG_DONTWAIT));
}

static long sockop_send(int fd, const char *b, size_t n, int flags) {
	return sockop_result(send(fd, b, n, flags));
}

static long sockop_sendfile(int out, int in, int64_t *off, size_t n) {
	return sockop_result(sendfile(out, in, (off_t *)off, n));
}

static long sockop_epoll_wait(int epfd, struct epoll_event *events, int n, int msec) {
	return sockop_result(epoll_wait(epfd, events, n, msec));
}

// io_submit is not in libc but in libaio, io_submit(3). The reference is weak, so
// that libaio is not needed, but a library that is loaded anyway, or preloaded,
// gets the call.
//
// ld leaves a weak reference to the run-time linker only if all its relocations
// are through the GOT; in an executable with any other, it resolves the reference
// to 0 at link time (binutils, elfxx-x86.h, UNDEFINED_WEAK_RESOLVED_TO_ZERO).
// noplt makes the compiler take the address from the GOT, for the test and for the
// call, with and without -fPIC.
extern int io_submit(void *ctx, long n, void **iocbs) __attribute__((weak, noplt));

static long sockop_io_submit(uintptr_t ctx, long n, void *iocbs) {
	if (!io_submit)
		return sockop_result(syscall(SYS_io_submit, ctx, n, iocbs));

	// libaio returns -errno and leaves errno alone; a wrapper of syscall(2)
	// returns -1 and sets it. So -1 is EPERM only if errno is still 0.
	errno = 0;
	int r = io_submit((void *)ctx, n, iocbs);
	return r == -1 && errno != 0 ? -errno : r;
}
*/
import "C"

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// LibcAvailable says whether Calls.Libc may be set: this binary was built with
// cgo.
const LibcAvailable = true

func libcRecv(fd int32, b []byte) (int, syscall.Errno) {
	return result(C.sockop_recv(C.int(fd), chars(b), C.size_t(len(b))))
}

func libcSend(fd int32, b []byte, flags int) (int, syscall.Errno) {
	return result(C.sockop_send(C.int(fd), chars(b), C.size_t(len(b)), C.int(flags)))
}

func libcSendfile(out, in int32, off *int64, n int) (int, syscall.Errno) {
	return result(C.sockop_sendfile(C.int(out), C.int(in), (*C.int64_t)(off), C.size_t(n)))
}

// libcEpollWait goes through the scheduler whatever msec is, like every cgo call.
func libcEpollWait(epfd int, events []unix.EpollEvent, msec int) (int, syscall.Errno) {
	p := (*C.struct_epoll_event)(unsafe.Pointer(unsafe.SliceData(events)))
	return result(C.sockop_epoll_wait(C.int(epfd), p, C.int(len(events)), C.int(msec)))
}

func libcIoSubmit(ctx uintptr, n int, iocbs unsafe.Pointer) (int, syscall.Errno) {
	return result(C.sockop_io_submit(C.uintptr_t(ctx), C.long(n), iocbs))
}

// chars is b as C takes it. By its type, cgo sees that it points to no pointers;
// it would check an unsafe.Pointer in every call.
func chars(b []byte) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(b)))
}

// result splits what the C functions return.
func result(r C.long) (int, syscall.Errno) {
	if r < 0 {
		return -1, syscall.Errno(-r)
	}
	return int(r), 0
}
