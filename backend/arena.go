package backend

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Arena holds buffers of one size in mapped memory (mmap(2)), outside the Go heap
// and page-aligned: the kernel may read and write them at any time, and the
// garbage collector neither scans nor counts them.
//
// A buffer costs no memory until it is first written. Free buffers are reused
// last in, first out, so that few pages stay warm. An Arena belongs to one
// thread.
type Arena struct {
	memory []byte
	size   int
	free   []int32 // a stack of buffers given back
	clean  int     // how many at its bottom hold no memory
	fresh  int32   // this buffer and those after it were never taken
	count  int32
}

// NewArena maps count buffers of size bytes; size is a multiple of Align.
func NewArena(count, size int) (*Arena, error) {
	Assert(count > 0 && size > 0 && size%Align == 0, "arena: bad geometry")
	memory, err := unix.Mmap(-1, 0, count*size, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("map %d buffers of %d bytes: %w", count, size, err)
	}
	// With a huge page, one touched byte would cost 2 MiB. Kernels without huge
	// pages answer EINVAL, which is just as good.
	_ = unix.Madvise(memory, unix.MADV_NOHUGEPAGE)
	return &Arena{memory: memory, size: size, count: int32(count)}, nil
}

// Take returns the index of a free buffer, or -1 when all are taken.
func (a *Arena) Take() int32 {
	if n := len(a.free); n > 0 {
		i := a.free[n-1]
		a.free = a.free[:n-1]
		a.clean = min(a.clean, n-1)
		return i
	}
	if a.fresh == a.count {
		return -1
	}
	a.fresh++
	return a.fresh - 1
}

// Give takes buffer i back.
func (a *Arena) Give(i int32) {
	Assert(i >= 0 && i < a.fresh, "arena: no such buffer")
	Assert(len(a.free) < int(a.fresh), "arena: buffer given back twice")
	a.free = append(a.free, i) // grows to its working size once, then never again
}

// Trim gives the memory of free buffers back to the kernel: of up to most, those
// free for longest, so that keep stay warm. It costs nothing if there is nothing
// to give back. It is not for memory registered with a ring, which would keep the
// old pages (io_uring_register(2)).
func (a *Arena) Trim(keep, most int) {
	for most = min(most, a.Excess(keep)); most > 0; most-- {
		if unix.Madvise(a.Bytes(a.free[a.clean]), unix.MADV_DONTNEED) != nil {
			return
		}
		a.clean++
	}
}

// Dirty is how many buffers hold memory, taken or free.
func (a *Arena) Dirty() int { return int(a.fresh) - a.clean }

// TakesClean says that the next Take gives a buffer that holds no memory yet.
func (a *Arena) TakesClean() bool { return len(a.free) <= a.clean }

// Excess is how many buffers Trim would give back if it went on for long enough.
func (a *Arena) Excess(keep int) int { return max(len(a.free)-keep-a.clean, 0) }

// Bytes returns buffer i, all of it.
func (a *Arena) Bytes(i int32) []byte {
	at := int(i) * a.size
	return a.memory[at : at+a.size : at+a.size]
}

// All returns the memory of all buffers.
func (a *Arena) All() []byte { return a.memory }

// Taken is the number of buffers in use.
func (a *Arena) Taken() int { return int(a.fresh) - len(a.free) }

// Free is the number of buffers that Take can still give.
func (a *Arena) Free() int { return int(a.count) - a.Taken() }

// Destroy unmaps the memory. No buffer may be used after it.
func (a *Arena) Destroy() error { return unix.Munmap(a.memory) }
