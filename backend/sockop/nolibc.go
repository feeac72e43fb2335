//go:build !cgo

package sockop

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// LibcAvailable says whether Calls.Libc may be set: this binary was built
// without cgo, and has no libc.
const LibcAvailable = false

// noLibc panics rather than quietly making the call raw: a caller that asked for
// libc wants its calls to be seen there.
func noLibc() (int, syscall.Errno) {
	panic("assertion failed: sockop: Libc set where LibcAvailable is false")
}

func libcRecv(int32, []byte) (int, syscall.Errno)                    { return noLibc() }
func libcSend(int32, []byte, int) (int, syscall.Errno)               { return noLibc() }
func libcSendfile(int32, int32, *int64, int) (int, syscall.Errno)    { return noLibc() }
func libcEpollWait(int, []unix.EpollEvent, int) (int, syscall.Errno) { return noLibc() }
func libcIoSubmit(uintptr, int, unsafe.Pointer) (int, syscall.Errno) { return noLibc() }
