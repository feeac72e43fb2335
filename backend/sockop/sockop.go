// Package sockop makes the engines' socket calls: as raw system calls, or
// through libc.
//
// Raw is the way to serve: no C code, and for calls that cannot block no word
// with Go's scheduler. Libc exists so that LD_PRELOAD libraries see the calls:
// tracers, user-space network stacks, and preload/sockop_preload.c, which
// breaks messages up. It costs a cgo call on top of the system call, and needs
// a binary built with cgo: see LibcAvailable.
//
// A call returns its count and errno 0, or -1 and the errno. Nothing is
// retried: EINTR and EAGAIN are the caller's. No call allocates, and what a
// call points to stays where it is: on the stack, if it is there.
package sockop

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Calls makes the calls. Its zero value makes them raw.
type Calls struct {
	// Libc sends the calls through libc. It may be set only where
	// LibcAvailable is true. Who knows what stands in front of libc: a short
	// count then does not mean that the socket is drained or full, only
	// EAGAIN does.
	Libc bool
}

// sendfile's offset and epoll's event have the shapes of 64-bit kernels. This
// does not compile anywhere else.
const _ = unsafe.Sizeof(uintptr(0)) - 8

// Recv receives into b what is there: recv(2) with MSG_DONTWAIT, whatever the
// socket's mode. 0 bytes mean that the peer has shut down its sending side, or
// that b is empty.
func (c Calls) Recv(fd int32, b []byte) (int, syscall.Errno) {
	if c.Libc {
		return libcRecv(fd, b)
	}
	// Raw: the call does not block, so the scheduler need not know.
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// Send sends b: send(2) with flags, MSG_DONTWAIT among them where the socket is
// not non-blocking, and MSG_NOSIGNAL, so that a peer that has gone is EPIPE and
// no signal.
func (c Calls) Send(fd int32, b []byte, flags int) (int, syscall.Errno) {
	if c.Libc {
		return libcSend(fd, b, flags|unix.MSG_NOSIGNAL)
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), uintptr(flags|unix.MSG_NOSIGNAL), 0, 0)
	return int(n), errno
}

// Sendfile sends up to n bytes of the file in from *off on to the socket out,
// and moves *off past what was sent: sendfile(2). It tells the scheduler,
// because the call waits for the disk where the page cache has to be filled;
// unless it is known to be cached: to the scheduler's monitor a call of 20 µs is
// one that may last (docs/engines.md has what that costs).
//
// sendfile has no MSG_NOSIGNAL. Go's runtime handles SIGPIPE, so here too a
// peer that has gone is EPIPE (os/signal, "SIGPIPE").
func (c Calls) Sendfile(out, in int32, off *int64, n int, cached bool) (int, syscall.Errno) {
	if c.Libc {
		return libcSendfile(out, in, off, n)
	}
	if cached {
		sent, _, errno := syscall.RawSyscall6(syscall.SYS_SENDFILE, uintptr(out), uintptr(in),
			uintptr(unsafe.Pointer(off)), uintptr(n), 0, 0)
		return int(sent), errno
	}
	sent, _, errno := syscall.Syscall6(syscall.SYS_SENDFILE, uintptr(out), uintptr(in),
		uintptr(unsafe.Pointer(off)), uintptr(n), 0, 0)
	return int(sent), errno
}

// EpollWait waits up to msec milliseconds, below 0 for ever, for events and
// fills events from the front: epoll_wait(2). An empty slice is EINVAL.
//
// With msec 0 it only polls, and stays raw. Otherwise it goes through the
// scheduler. To the scheduler a thread that blocks in a raw call is running: it
// sends signals to preempt it (runtime/preempt.go), each of which ends the wait
// with EINTR, and the garbage collector holds up all other loops meanwhile.
func (c Calls) EpollWait(epfd int, events []unix.EpollEvent, msec int) (int, syscall.Errno) {
	if c.Libc {
		return libcEpollWait(epfd, events, msec)
	}
	// epoll_pwait without a mask is epoll_wait (fs/eventpoll.c), which younger
	// architectures, such as arm64, no longer have.
	p := unsafe.Pointer(unsafe.SliceData(events))
	if msec == 0 {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epfd),
			uintptr(p), uintptr(len(events)), 0, 0, 0)
		return int(n), errno
	}
	n, _, errno := syscall.Syscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epfd),
		uintptr(p), uintptr(len(events)), uintptr(msec), 0, 0)
	return int(n), errno
}

// IoSubmit hands n Linux AIO operations to the kernel and returns how many it
// took: io_submit(2). iocbs is the kernel's struct iocb **, an array of n
// pointers. It and the iocbs live outside Go's heap, because the kernel reads
// them behind the garbage collector's back. The call goes through the
// scheduler: on cached pages, and for a full disk queue, it does the work
// before it returns (fs/aio.c).
func (c Calls) IoSubmit(ctx uintptr, n int, iocbs unsafe.Pointer) (int, syscall.Errno) {
	if c.Libc {
		return libcIoSubmit(ctx, n, iocbs)
	}
	taken, _, errno := syscall.Syscall(syscall.SYS_IO_SUBMIT, ctx, uintptr(n), uintptr(iocbs))
	return int(taken), errno
}
