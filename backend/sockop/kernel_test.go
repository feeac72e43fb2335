package sockop

// What the tests need from the kernel: sockets, files, epoll and AIO contexts, and
// memory outside Go's heap.

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
)

// want returns a check of a call's results:
//
//	want(t, "recv", 5, 0)(c.Recv(fd, b))
func want(t *testing.T, call string, n int, errno syscall.Errno) func(int, syscall.Errno) {
	t.Helper()
	return func(gotN int, gotErrno syscall.Errno) {
		t.Helper()
		if gotN != n || gotErrno != errno {
			t.Errorf("%s: %d and %q, want %d and %q", call, gotN, gotErrno, n, errno)
		}
	}
}

// pair returns two ends of a non-blocking stream connection.
func pair(t testing.TB) (near, far int32) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal("socketpair:", err)
	}
	for _, fd := range fds {
		t.Cleanup(func() { unix.Close(fd) })
	}
	return int32(fds[0]), int32(fds[1])
}

// shutdown ends one side of fd: unix.SHUT_RD or unix.SHUT_WR.
func shutdown(t *testing.T, fd int32, side int) {
	t.Helper()
	if err := unix.Shutdown(int(fd), side); err != nil {
		t.Fatal("shutdown:", err)
	}
}

// fill sends until the socket takes no more.
func fill(t *testing.T, c Calls, fd int32) {
	t.Helper()
	b := make([]byte, 64<<10)
	for {
		switch _, errno := c.Send(fd, b, 0); errno {
		case 0:
		case unix.EAGAIN:
			return
		default:
			t.Fatal("send:", errno)
		}
	}
}

// tempFile returns a descriptor of a file of n bytes, and the bytes.
func tempFile(t *testing.T, n int) (fd int32, content []byte) {
	t.Helper()
	content = make([]byte, n)
	for i := range content {
		content[i] = byte(i % 251)
	}
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("open %s: %v", name, err)
	}
	t.Cleanup(func() { unix.Close(f) })
	return int32(f), content
}

// epoll returns an epoll descriptor that watches fd for input.
func epoll(t *testing.T, fd int32) int {
	t.Helper()
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal("epoll_create1:", err)
	}
	t.Cleanup(func() { unix.Close(epfd) })
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: fd}
	if err := unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, int(fd), &event); err != nil {
		t.Fatal("epoll_ctl:", err)
	}
	return epfd
}

// aioRead is one read with Linux AIO: everything the kernel refers to.
type aioRead struct {
	list  [1]*iocb
	iocb  iocb
	event ioEvent
	buf   [4096]byte
}

// iocb is the kernel's struct iocb, 64 bytes (linux/aio_abi.h).
type iocb struct {
	_           [2]uint64 // data, key, rw_flags
	opcode      uint16
	_           int16 // reqprio
	fd          uint32
	buf, nbytes uint64
	_           [3]uint64 // offset, reserved, flags, resfd
}

// ioEvent is the kernel's struct io_event (linux/aio_abi.h).
type ioEvent struct {
	_   [2]uint64 // data, obj
	res int64
	_   int64 // res2
}

// aioContext returns an AIO context for one operation.
func aioContext(t *testing.T) uintptr {
	t.Helper()
	var ctx uintptr
	_, _, errno := syscall.Syscall(syscall.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&ctx)), 0)
	switch errno {
	case 0:
	case unix.ENOSYS, unix.EPERM, unix.EAGAIN: // no CONFIG_AIO, seccomp, fs.aio-max-nr
		backendtest.Missing(t, "io_setup: ", errno)
	default:
		t.Fatal("io_setup:", errno)
	}
	t.Cleanup(func() { syscall.Syscall(syscall.SYS_IO_DESTROY, ctx, 0, 0) })
	return ctx
}

// mapped returns a zero T outside Go's heap.
func mapped[T any](t *testing.T) *T {
	t.Helper()
	b, err := unix.Mmap(-1, 0, int(unsafe.Sizeof(*new(T))), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal("mmap:", err)
	}
	t.Cleanup(func() { unix.Munmap(b) })
	return (*T)(unsafe.Pointer(unsafe.SliceData(b)))
}
