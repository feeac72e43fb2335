package proc

import "golang.org/x/sys/unix"

// archSyscalls are calls that newer processors' tables have left out or named
// otherwise.
var archSyscalls = map[string]int{
	"epoll_wait": unix.SYS_EPOLL_WAIT, "open": unix.SYS_OPEN, "stat": unix.SYS_STAT, "newfstatat": unix.SYS_NEWFSTATAT,
}
