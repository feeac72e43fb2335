// Command refuse runs a program to which the kernel refuses system calls, as a
// container's seccomp profile does:
//
//	refuse CALL,… ERRNO PROGRAM ARG…
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// numbers are the calls that can be refused.
var numbers = map[string]uint32{
	"accept4":        unix.SYS_ACCEPT4,
	"epoll_create1":  unix.SYS_EPOLL_CREATE1,
	"epoll_ctl":      unix.SYS_EPOLL_CTL,
	"epoll_pwait":    unix.SYS_EPOLL_PWAIT,
	"eventfd2":       unix.SYS_EVENTFD2,
	"io_setup":       unix.SYS_IO_SETUP,
	"io_submit":      unix.SYS_IO_SUBMIT,
	"io_uring_enter": unix.SYS_IO_URING_ENTER,
	"io_uring_setup": unix.SYS_IO_URING_SETUP,
	"openat2":        unix.SYS_OPENAT2,
	"recvfrom":       unix.SYS_RECVFROM,
	"sendfile":       unix.SYS_SENDFILE,
	"sendto":         unix.SYS_SENDTO,
	"statx":          unix.SYS_STATX,
}

func main() {
	runtime.LockOSThread() // the filters are this thread's, and stay with exec
	errno, err := strconv.Atoi(os.Args[2])
	for call := range strings.SplitSeq(os.Args[1], ",") {
		number, known := numbers[call]
		if !known {
			err = fmt.Errorf("unknown call %q", call)
		}
		if err == nil {
			err = install(number, uint32(errno))
		}
	}
	if err == nil {
		err = unix.Exec(os.Args[3], os.Args[3:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "refuse:", err)
	os.Exit(125)
}

// install installs a filter that answers a call with errno (seccomp(2)).
func install(call, errno uint32) error {
	const nr = 0 // offsetof(struct seccomp_data, nr)
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: nr},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | errno},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl: %w", err)
	}
	_, _, e := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program)))
	if e != 0 {
		return fmt.Errorf("seccomp: %w", e)
	}
	return nil
}
