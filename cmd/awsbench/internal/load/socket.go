package load

import (
	"encoding/binary"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls of the hot path are raw. They do not block, and notifying
// Go's scheduler would cost as much as some of the calls.

func receive(fd int, b []byte) (int, unix.Errno) {
	n, _, err := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), err
}

// discard receives up to n bytes from a TCP socket and drops them in the kernel,
// tcp(7): "MSG_TRUNC causes the received bytes of data to be discarded".
func discard(fd int, n int64) (int, unix.Errno) {
	got, _, err := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), 0, uintptr(n), unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0)
	return int(got), err
}

func send(fd int, b []byte) (int, unix.Errno) {
	n, _, err := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), err
}

func closeSocket(fd int) { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

// sockaddr4 is struct sockaddr_in.
type sockaddr4 struct {
	family uint16
	port   [2]byte
	addr   [4]byte
	zero   [8]byte
}

func newSockaddr4(a netip.AddrPort) sockaddr4 {
	s := sockaddr4{family: unix.AF_INET, addr: a.Addr().As4()}
	binary.BigEndian.PutUint16(s.port[:], a.Port())
	return s
}

// connect opens a non-blocking socket and starts to connect it. kept says that
// it will carry more than one request; source is for bindSource.
func connect(to *sockaddr4, source int, kept bool) (int, unix.Errno) {
	s, _, err := unix.RawSyscall(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != 0 {
		return -1, err
	}
	fd := int(s)
	if kept { // the first segment of a connection is sent at once anyway
		one := int32(1)
		_, _, _ = unix.RawSyscall6(unix.SYS_SETSOCKOPT, s, unix.IPPROTO_TCP, unix.TCP_NODELAY, uintptr(unsafe.Pointer(&one)), 4, 0)
	}
	if err := bindSource(fd, source); err != 0 {
		closeSocket(fd)
		return -1, err
	}
	_, _, err = unix.RawSyscall(unix.SYS_CONNECT, s, uintptr(unsafe.Pointer(to)), unsafe.Sizeof(*to))
	if err != 0 && err != unix.EINPROGRESS {
		closeSocket(fd)
		return -1, err
	}
	return fd, 0
}

// maxSources is the number of source addresses.
const maxSources = 64

// bindSource makes a socket connect from 127.0.0.(1+source); with source 0 the
// kernel chooses. A connection is identified by its two addresses and ports, so
// each further source address of the loopback network allows another 28,000 or
// so connections, the number of ports in ip_local_port_range. The port is left
// to connect, which knows the other end (IP_BIND_ADDRESS_NO_PORT, ip(7)).
func bindSource(fd, source int) unix.Errno {
	if source == 0 {
		return 0
	}
	one := int32(1)
	_, _, _ = unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, uintptr(unsafe.Pointer(&one)), 4, 0)
	from := sockaddr4{family: unix.AF_INET, addr: [4]byte{127, 0, 0, byte(1 + source)}}
	_, _, err := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&from)), unsafe.Sizeof(from))
	return err
}

// watch registers a socket once, for all events.
func watch(epoll, fd int, index int32) unix.Errno {
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: index}
	_, _, err := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(epoll), unix.EPOLL_CTL_ADD, uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0)
	return err
}

// poll returns the events that are ready, without waiting.
func poll(epoll int, events []unix.EpollEvent) (int, unix.Errno) {
	n, _, err := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	return int(n), err
}

// waitFor waits for events through Go's scheduler, at most for the given time.
// The time is exact to the nanosecond if the kernel has epoll_pwait2 (5.11).
func waitFor(epoll int, events []unix.EpollEvent, timeout time.Duration) (int, unix.Errno) {
	ts := unix.NsecToTimespec(int64(timeout))
	n, _, err := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(epoll), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(unsafe.Pointer(&ts)), 0, 0)
	if err == unix.ENOSYS || err == unix.EPERM {
		n, _, err = unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(timeout.Milliseconds()), 0, 0)
	}
	return int(n), err
}
