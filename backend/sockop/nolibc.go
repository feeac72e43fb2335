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

// noLibc is what these stubs do rather than quietly make the call raw: whoever
// asked for libc wants to see its calls there.
func noLibc() (int, syscall.Errno) {
	panic("assertion failed: sockop: Libc set where LibcAvailable is false")
}

func libcRecv(int32, []byte) (int, syscall.Errno)                    { return noLibc() }
func libcSend(int32, []byte, int) (int, syscall.Errno)               { return noLibc() }
func libcSendfile(int32, int32, *int64, int) (int, syscall.Errno)    { return noLibc() }
func libcEpollWait(int, []unix.EpollEvent, int) (int, syscall.Errno) { return noLibc() }
func libcIoSubmit(uintptr, int, unsafe.Pointer) (int, syscall.Errno) { return noLibc() }
