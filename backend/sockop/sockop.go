// Package sockop makes the engines' socket calls: as raw system calls, or
// through libc.
//
// Raw calls are for serving: no C code and, if the call cannot block, no detour
// through Go's scheduler. Calls through libc exist so that LD_PRELOAD libraries see
// them: tracers, user-space network stacks, and preload/sockop_preload.c, which
// breaks messages up. They cost a cgo call on top of the system call, and need a
// binary built with cgo: see LibcAvailable.
//
// A call returns its count and errno 0, or -1 and the errno. It retries nothing:
// EINTR and EAGAIN are up to the caller. No call allocates or moves its arguments
// to the heap.
package sockop

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// Calls makes the calls. Its zero value makes them raw.
type Calls struct {
	// Libc makes the calls through libc. It may be set only if LibcAvailable.
	// With an unknown library in front of libc, a short count does not mean that
	// the socket is drained or full; only EAGAIN does.
	Libc bool
}

// sendfile's offset and epoll's event have their 64-bit layout. This does not
// compile anywhere else.
const _ = unsafe.Sizeof(uintptr(0)) - 8

// Recv receives what there is into b: recv(2) with MSG_DONTWAIT, whatever the
// socket's mode. 0 bytes mean that the peer has shut down its sending side, or
// that b is empty.
func (c Calls) Recv(fd int32, b []byte) (int, syscall.Errno) {
	began := kernel.Begin()
	n, errno := c.recv(fd, b)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Recvfrom, FD: fd, Flags: unix.MSG_DONTWAIT, Size: int64(len(b)), Result: kernel.Result(n, errno)})
	}
	return n, errno
}

func (c Calls) recv(fd int32, b []byte) (int, syscall.Errno) {
	if c.Libc {
		return libcRecv(fd, b)
	}
	// Raw: the call does not block, so the scheduler need not know of it.
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// RecvMessage is Recv for a unix socket, by recvmsg(2): cut says that it has
// stopped at the end of a message with descriptors attached, however much more
// there is (net/unix/af_unix.c, unix_stream_read_generic). There is no room for
// descriptors, so the kernel closes them (unix(7), SCM_RIGHTS). It is always raw.
func RecvMessage(fd int32, b []byte) (n int, cut bool, errno syscall.Errno) {
	part := unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
	message := unix.Msghdr{Iov: &part, Iovlen: 1}
	began := kernel.Begin()
	got, _, errno := syscall.RawSyscall(syscall.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&message)), unix.MSG_DONTWAIT)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Recvmsg, FD: fd, Flags: unix.MSG_DONTWAIT, Size: int64(len(b)), Result: kernel.Result(int(got), errno)})
	}
	return int(got), message.Flags&unix.MSG_CTRUNC != 0, errno
}

// Send sends b: send(2) with flags, which include MSG_DONTWAIT for a blocking
// socket, and MSG_NOSIGNAL, so that a peer that has gone is EPIPE and not a
// signal.
func (c Calls) Send(fd int32, b []byte, flags int) (int, syscall.Errno) {
	began := kernel.Begin()
	n, errno := c.send(fd, b, flags|unix.MSG_NOSIGNAL)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Sendto, FD: fd, Flags: uint64(flags), Size: int64(len(b)), Result: kernel.Result(n, errno)})
	}
	return n, errno
}

func (c Calls) send(fd int32, b []byte, flags int) (int, syscall.Errno) {
	if c.Libc {
		return libcSend(fd, b, flags)
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), uintptr(flags), 0, 0)
	return int(n), errno
}

// Sendfile sends up to n bytes of the file in, from *off, to the socket out, and
// moves *off past what was sent: sendfile(2). The call waits for the disk to fill
// the page cache, so it goes through the scheduler, unless the bytes are known to
// be cached: the scheduler's monitor takes a call of 20 µs for one that blocks
// (docs/engines.md has what that costs).
//
// sendfile has no MSG_NOSIGNAL. Go's runtime handles SIGPIPE, so a peer that has
// gone is EPIPE here too (os/signal, "SIGPIPE").
func (c Calls) Sendfile(out, in int32, off *int64, n int, cached bool) (int, syscall.Errno) {
	began, from := kernel.Begin(), *off
	sent, errno := c.sendfile(out, in, off, n, cached)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Sendfile, FD: out, Other: in, Size: int64(n), Off: from, Result: kernel.Result(sent, errno)})
	}
	return sent, errno
}

func (c Calls) sendfile(out, in int32, off *int64, n int, cached bool) (int, syscall.Errno) {
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

// EpollWait waits for events for up to msec milliseconds, below 0 for ever, and
// fills events from the front: epoll_wait(2). An empty slice is EINVAL.
//
// With msec 0 it only polls, and stays raw. Otherwise it goes through the
// scheduler, to which a thread that blocks in a raw call is running: it sends
// signals to preempt it (runtime/preempt.go), each of which ends the wait with
// EINTR, while the garbage collector holds up all other loops.
func (c Calls) EpollWait(epfd int, events []unix.EpollEvent, msec int) (int, syscall.Errno) {
	var began int64
	if msec == 0 {
		began = kernel.Begin()
	} else {
		began = kernel.BeginWait()
	}
	n, errno := c.epollWait(epfd, events, msec)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.EpollPwait, FD: int32(epfd), Waits: msec != 0, Size: int64(len(events)), Result: kernel.Result(n, errno)})
	}
	return n, errno
}

func (c Calls) epollWait(epfd int, events []unix.EpollEvent, msec int) (int, syscall.Errno) {
	if c.Libc {
		return libcEpollWait(epfd, events, msec)
	}
	// epoll_pwait without a mask is epoll_wait (fs/eventpoll.c), which newer
	// architectures such as arm64 lack.
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
// pointers. It and the iocbs live outside Go's heap, because the garbage collector
// does not know that the kernel reads them. The call goes through the scheduler:
// on cached pages, and with a full disk queue, it does the work before it returns
// (fs/aio.c).
func (c Calls) IoSubmit(ctx uintptr, n int, iocbs unsafe.Pointer) (int, syscall.Errno) {
	began := kernel.Begin()
	taken, errno := c.ioSubmit(ctx, n, iocbs)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.IoSubmit, FD: -1, Size: int64(n), Result: kernel.Result(taken, errno)})
	}
	return taken, errno
}

func (c Calls) ioSubmit(ctx uintptr, n int, iocbs unsafe.Pointer) (int, syscall.Errno) {
	if c.Libc {
		return libcIoSubmit(ctx, n, iocbs)
	}
	taken, _, errno := syscall.Syscall(syscall.SYS_IO_SUBMIT, ctx, uintptr(n), uintptr(iocbs))
	return int(taken), errno
}
