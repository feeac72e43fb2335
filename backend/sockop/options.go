package sockop

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
)

// Cork makes a TCP socket hold back a partial segment until more comes, the
// socket is shut down or closed, or 200 ms have passed (TCP_CORK, tcp(7)). Other
// sockets refuse, and hold nothing back.
func Cork(fd int32) {
	on := int32(1)
	began := kernel.Begin()
	_, _, errno := syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_CORK,
		uintptr(unsafe.Pointer(&on)), unsafe.Sizeof(on), 0)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Setsockopt, FD: fd, Flags: unix.TCP_CORK, Size: 1, Result: kernel.Result(0, errno)})
	}
}

// Shutdown ends the sending side of a socket on which nothing is being sent.
func Shutdown(s *backend.SocketOps) {
	s.AssertNotSending()
	_ = kernel.ShutdownFD(int(s.FD), unix.SHUT_WR) // ENOTCONN: the peer was first
}

// BoundUnsent has a TCP socket take no more once n bytes wait to leave for the peer
// (TCP_NOTSENT_LOWAT, tcp(7)). 0 leaves it to net.ipv4.tcp_notsent_lowat again
// (include/net/tcp.h, tcp_notsent_lowat). Other sockets refuse.
func BoundUnsent(fd int32, n int) {
	_ = kernel.SetOption(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, n)
}

// DropUnacked makes the close of a TCP socket drop what the peer has not
// acknowledged, and reset the connection (SO_LINGER with 0 seconds, socket(7)).
func DropUnacked(fd int32) {
	began := kernel.Begin()
	err := unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Setsockopt, FD: fd, Flags: unix.SO_LINGER, Size: 0, Result: kernel.Failed(0, err)})
	}
}

// Peer asks the kernel for the address of a socket's peer (getpeername(2)). The
// address is zero if the peer has reset.
func Peer(fd int32, b *backend.SockaddrBuffer) backend.Address {
	sockaddr, length := b.Prepare()
	began := kernel.Begin()
	_, _, errno := syscall.RawSyscall(unix.SYS_GETPEERNAME, uintptr(fd), uintptr(sockaddr), uintptr(length))
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Getpeername, FD: fd, Result: kernel.Result(0, errno)})
	}
	if errno != 0 {
		return backend.Address{}
	}
	return b.Address()
}

// Wake raises an eventfd, which may be full: then it has been raised already.
func Wake(eventfd int) error {
	one := [8]byte{1} // in either byte order not 0, which is all that counts
	began := kernel.Begin()
	n, err := unix.Write(eventfd, one[:])
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Write, FD: int32(eventfd), Size: int64(len(one)), Result: kernel.Failed(n, err)})
	}
	if err == unix.EAGAIN {
		err = nil
	}
	return os.NewSyscallError("write eventfd", err)
}

// Unacked is the number of bytes sent on a socket that the peer has not
// acknowledged (ioctl SIOCOUTQ: tcp(7), unix(7)).
func Unacked(fd int32) int {
	n, err := kernel.Control(int(fd), unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// Over says that a TCP connection is in the state TCP_CLOSE, the first byte of
// TCP_INFO (tcp(7); include/uapi/linux/tcp.h, struct tcp_info).
func Over(fd int32) bool {
	const closed = 7 // TCP_CLOSE of include/net/tcp_states.h
	began := kernel.Begin()
	state, err := unix.GetsockoptByte(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Getsockopt, FD: fd, Flags: unix.TCP_INFO, Result: kernel.Failed(0, err)})
	}
	return err == nil && state == closed
}

// Unread is the number of bytes waiting to be received (ioctl FIONREAD, SIOCINQ
// in tcp(7) and unix(7)).
func Unread(fd int32) int {
	n, err := kernel.Control(int(fd), unix.SIOCINQ)
	if err != nil {
		return 0
	}
	return n
}
