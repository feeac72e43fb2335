package backend

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MapArray returns n zero values of a type without pointers, in mapped memory
// (mmap(2)). The garbage collector does not see them: a table of many megabytes,
// for as many connections as there may be, never makes it run, and the unused
// part costs nothing.
func MapArray[T any](n int) ([]T, error) {
	var zero T
	size := n * int(unsafe.Sizeof(zero))
	memory, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", size, err)
	}
	_ = unix.Madvise(memory, unix.MADV_NOHUGEPAGE) // see NewArena
	return unsafe.Slice((*T)(unsafe.Pointer(&memory[0])), n), nil
}

// MapArrayFor is MapArray for an array that lives as long as its owner can be
// reached, and is freed by itself after that.
func MapArrayFor[T, Owner any](owner *Owner, n int) ([]T, error) {
	a, err := MapArray[T](n)
	if err == nil {
		runtime.AddCleanup(owner, UnmapArray[T], a)
	}
	return a, err
}

// UnmapArray frees what MapArray has returned.
func UnmapArray[T any](a []T) {
	if len(a) == 0 {
		return
	}
	memory := unsafe.Slice((*byte)(unsafe.Pointer(&a[0])), len(a)*int(unsafe.Sizeof(a[0])))
	_ = unix.Munmap(memory)
}
