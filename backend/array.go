package backend

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MapArray returns n zero values of a type without pointers, in memory that
// mmap(2) gave. To the garbage collector they are not there: a table for all
// connections that there may be, of many megabytes, makes it run neither at the
// start nor later, and what has never been used of it costs nothing.
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

// UnmapArray gives the memory of what MapArray has returned back.
func UnmapArray[T any](a []T) {
	if len(a) == 0 {
		return
	}
	memory := unsafe.Slice((*byte)(unsafe.Pointer(&a[0])), len(a)*int(unsafe.Sizeof(a[0])))
	_ = unix.Munmap(memory)
}
