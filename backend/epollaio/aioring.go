package epollaio

import (
	"encoding/binary"
	"errors"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
	"aws/backend/sockop"
)

// aio is a Linux AIO context: io_setup(2), its eventfd and its completion
// ring.
type aio struct {
	ctx     uintptr
	eventfd int
	ring    *aioRing // nil: take events by io_getevents

	memory   *backend.Arena // iocbs and pointers, outside the Go heap
	iocbs    []iocb
	pointers []uintptr // to iocbs, as io_submit takes them
	pending  []uint32  // reads that wait for io_submit
}

// aioRing is struct aio_ring of fs/aio.c, to which the context handle points.
// The kernel moves tail, we move head.
type aioRing struct {
	id           uint32
	nr           uint32 // events the ring holds
	head         uint32
	tail         uint32
	magic        uint32
	compat       uint32
	incompat     uint32
	headerLength uint32
}

const aioRingMagic = 0xa10a10a1 // AIO_RING_MAGIC

// ioEvent is struct io_event of linux/aio_abi.h.
type ioEvent struct {
	data    uint64
	obj     uint64
	result  int64
	result2 int64
}

// open makes a context for up to reads reads in flight. destroy must follow even
// if it fails.
func (a *aio) open(reads int) (err error) {
	if err = a.allocate(reads); err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, uintptr(reads), uintptr(unsafe.Pointer(&a.ctx)), 0); errno != 0 {
		if err = sockop.Refusal("io_setup", errno, withoutAIO); err != nil {
			return err
		}
		err = os.NewSyscallError("io_setup", errno)
		if errno == unix.EAGAIN {
			err = &backend.Refused{Err: err, Cause: "all of fs.aio-max-nr is in use", Remedy: "raise it with sysctl, or take fewer --workers"}
		}
		return err
	}
	// A kernel with another layout of the ring says so in the header.
	ring := *(**aioRing)(unsafe.Pointer(&a.ctx))
	if ring.magic == aioRingMagic && ring.incompat == 0 {
		a.ring = ring
	}
	if a.eventfd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	return nil
}

// allocate lays out the iocbs and the array of pointers to them.
func (a *aio) allocate(reads int) (err error) {
	iocbBytes := reads * int(unsafe.Sizeof(iocb{}))
	bytes := iocbBytes + reads*int(unsafe.Sizeof(uintptr(0)))
	bytes = (bytes + backend.Align - 1) / backend.Align * backend.Align
	if a.memory, err = backend.NewArena(1, bytes); err != nil {
		return err
	}
	memory := a.memory.Bytes(a.memory.Take())
	a.iocbs = unsafe.Slice((*iocb)(unsafe.Pointer(&memory[0])), reads)
	a.pointers = unsafe.Slice((*uintptr)(unsafe.Pointer(&memory[iocbBytes])), reads)
	for i := range a.iocbs {
		a.pointers[i] = uintptr(unsafe.Pointer(&a.iocbs[i]))
	}
	a.pending = make([]uint32, 0, reads)
	return nil
}

// announced returns how many operations have finished since the last call.
func (a *aio) announced() int {
	var b [8]byte
	n, errno := rawRead(a.eventfd, b[:])
	if errno != 0 || n != len(b) {
		return 0 // EAGAIN: none
	}
	return int(binary.NativeEndian.Uint64(b[:]))
}

// rawRead is read(2) on a descriptor that cannot block.
func rawRead(fd int, b []byte) (int, unix.Errno) {
	began := kernel.Begin()
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.Read, FD: int32(fd), Size: int64(len(b)), Result: kernel.Result(int(n), errno)})
	}
	return int(n), errno
}

// take takes one event off the completion ring, without a system call if the
// ring can be read.
func (a *aio) take() (ioEvent, bool) {
	if a.ring == nil {
		return a.getEvent()
	}
	head := a.ring.head
	if head == atomic.LoadUint32(&a.ring.tail) {
		return ioEvent{}, false
	}
	at := unsafe.Add(unsafe.Pointer(a.ring), uintptr(a.ring.headerLength)+uintptr(head)*unsafe.Sizeof(ioEvent{}))
	ev := *(*ioEvent)(at)
	if head++; head == a.ring.nr {
		head = 0
	}
	atomic.StoreUint32(&a.ring.head, head)
	return ev, true
}

func (a *aio) getEvent() (ev ioEvent, ok bool) {
	began := kernel.Begin()
	n, _, errno := unix.Syscall6(unix.SYS_IO_GETEVENTS, a.ctx, 0, 1, uintptr(unsafe.Pointer(&ev)), 0, 0)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.IoGetevents, FD: -1, Size: 1, Result: kernel.Result(int(n), errno)})
	}
	return ev, errno == 0 && n == 1
}

// destroy ends the context; io_destroy(2) waits for what is in flight.
func (a *aio) destroy() error {
	var errs []error
	if a.ctx != 0 {
		if _, _, errno := unix.Syscall(unix.SYS_IO_DESTROY, a.ctx, 0, 0); errno != 0 {
			errs = append(errs, os.NewSyscallError("io_destroy", errno))
		}
	}
	if a.eventfd >= 0 {
		errs = append(errs, os.NewSyscallError("close", unix.Close(a.eventfd)))
	}
	if a.memory != nil {
		errs = append(errs, a.memory.Destroy())
	}
	return errors.Join(errs...)
}
