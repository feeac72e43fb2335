package sockop

import "golang.org/x/sys/unix"

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
