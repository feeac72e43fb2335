package backendtest

import (
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Refuse has the kernel answer a system call of this thread with errno, as long as
// its first argument is the descriptor fd (seccomp(2)). It holds to the end of the
// test, and the thread ends with it; a caller that is to recover uses another
// descriptor for the same file. Call it in a subtest or a test, not in parallel with
// others on one thread.
func Refuse(t testing.TB, call uintptr, fd int, errno unix.Errno) {
	t.Helper()
	runtime.LockOSThread()          // for good: a goroutine that ends locked takes its thread along
	const nr, firstArgument = 0, 16 // offsetof(struct seccomp_data, …); its low half, little endian
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: nr},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(call), Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: firstArgument},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(fd), Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	if err == nil {
		_, _, e := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program)))
		if e != 0 {
			err = e
		}
	}
	if err != nil {
		Missing(t, "no seccomp filters here: ", err)
	}
}
