package sockop

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Cork has a TCP socket hold back a segment that is not full until more comes,
// it is shut down or closed, or 200 ms have passed (TCP_CORK, tcp(7)). Other
// sockets refuse, and hold back nothing.
func Cork(fd int32) {
	on := int32(1)
	_, _, _ = syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_CORK,
		uintptr(unsafe.Pointer(&on)), unsafe.Sizeof(on), 0)
}

// Unacked is how many bytes sent on a socket the peer has not acknowledged
// (ioctl SIOCOUTQ: tcp(7), unix(7)).
func Unacked(fd int32) int {
	n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// Unread is how many bytes wait to be received (ioctl FIONREAD: SIOCINQ of
// tcp(7), unix(7)).
func Unread(fd int32) int {
	n, err := unix.IoctlGetInt(int(fd), unix.SIOCINQ)
	if err != nil {
		return 0
	}
	return n
}
