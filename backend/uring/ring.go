package uring

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
)

// The kernel's shared rings (io_uring(7)): we write submission entries and move
// the submission tail, the kernel moves its head; the kernel writes completion
// entries and moves the completion tail, we move its head. A tail is published
// with release and read with acquire semantics, which Go's atomics have.

type (
	sqe = iouring.SubmissionQueueEntry64
	cqe = iouring.CompletionQueueEvent16
)

// Constants that iouring-go's syscall package, of 2023, lacks (linux/io_uring.h).
const (
	setupSingleIssuer = 1 << 12
	setupDeferTaskrun = 1 << 13

	featExtArg  = 1 << 8
	featCQESkip = 1 << 11

	enterGetEvents = 1 << 0
	enterExtArg    = 1 << 3

	sqeCQESkipSuccess = 1 << 6

	cqeBuffer         = 1 << 0 // the upper 16 bits of the flags are a buffer's number
	cqeMore           = 1 << 1 // another completion follows for this entry
	cqeSockNonempty   = 1 << 2 // the socket holds more
	cqeNotification   = 1 << 3 // of a zero-copy send: the buffer is free
	cqeBufferShift    = 16
	recvSendPollFirst = 1 << 0
	acceptMultishot   = 1 << 0

	registerPbufRing = 22
)

// ring is one io_uring instance.
type ring struct {
	fd     int
	params iouring.IOURingParams

	rings, entries []byte // the mappings

	sqHead, sqTail *uint32 // shared
	sqes           []sqe
	next           uint32 // our tail; published by enter
	told           uint32 // entries before this one have been told of: see tell.go
	cqHead, cqTail *uint32
	cqes           []cqe

	timespec unix.Timespec
	arg      getEventsArg
}

// getEventsArg is struct io_uring_getevents_arg.
type getEventsArg struct {
	sigmask   uint64
	sigmaskSz uint32
	_         uint32
	ts        uint64
}

// openRing sets up and maps a ring with the wanted number of entries. It does nothing
// until it is enabled.
func openRing(entries, completions uint32, flags uint32) (*ring, error) {
	r := &ring{fd: -1}
	r.params.Flags = flags | iouring.IORING_SETUP_R_DISABLED | iouring.IORING_SETUP_CQSIZE | iouring.IORING_SETUP_CLAMP
	r.params.CQEntries = completions
	fd, err := iouring.IOURingSetup(uint(entries), &r.params)
	if err != nil {
		return nil, os.NewSyscallError("io_uring_setup", rootErrno(err))
	}
	r.fd = fd
	unix.CloseOnExec(fd)
	if err := r.mmap(); err != nil {
		r.close()
		return nil, os.NewSyscallError("mmap", err)
	}
	return r, nil
}

// rootErrno extracts the errno from iouring-go's errors.
func rootErrno(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return unix.EIO
}

// mmap maps the rings, which share one mapping since Linux 5.4
// (IORING_FEAT_SINGLE_MMAP), and the array of entries.
func (r *ring) mmap() (err error) {
	p := &r.params
	backend.Assert(p.Features&iouring.IORING_FEAT_SINGLE_MMAP != 0, "uring: kernel before 5.4")
	size := max(p.SQOffset.Array+p.SQEntries*4, p.CQOffset.Cqes+p.CQEntries*uint32(unsafe.Sizeof(cqe{})))
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	if r.rings, err = unix.Mmap(r.fd, int64(iouring.IORING_OFF_SQ_RING), int(size), prot, flags); err != nil {
		return err
	}
	r.entries, err = unix.Mmap(r.fd, int64(iouring.IORING_OFF_SQES), int(p.SQEntries)*int(unsafe.Sizeof(sqe{})), prot, flags)
	if err != nil {
		return err
	}
	word := func(off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.rings[off])) }
	r.sqHead, r.sqTail = word(p.SQOffset.Head), word(p.SQOffset.Tail)
	r.cqHead, r.cqTail = word(p.CQOffset.Head), word(p.CQOffset.Tail)
	r.sqes = unsafe.Slice((*sqe)(unsafe.Pointer(&r.entries[0])), p.SQEntries)
	r.cqes = unsafe.Slice((*cqe)(unsafe.Pointer(&r.rings[p.CQOffset.Cqes])), p.CQEntries)
	// The submission ring holds indexes of entries. Ours are in order, so it is
	// filled once.
	array := unsafe.Slice(word(p.SQOffset.Array), p.SQEntries)
	for i := range array {
		array[i] = uint32(i)
	}
	return nil
}

func (r *ring) close() {
	if r.rings != nil {
		_ = unix.Munmap(r.rings)
	}
	if r.entries != nil {
		_ = unix.Munmap(r.entries)
	}
	_ = unix.Close(r.fd)
}

// unsubmitted is the number of entries that the kernel has not taken.
func (r *ring) unsubmitted() uint32 { return r.next - atomic.LoadUint32(r.sqHead) }

// space is the number of entries that can be filled before the next enter.
func (r *ring) space() uint32 { return uint32(len(r.sqes)) - r.unsubmitted() }

// take returns a cleared entry to fill. There must be space.
func (r *ring) take() *sqe {
	e := &r.sqes[r.next&uint32(len(r.sqes)-1)]
	r.next++
	e.Reset()
	return e
}

// ready is the tail of the completions that can be taken.
func (r *ring) ready() uint32 { return atomic.LoadUint32(r.cqTail) }

// head is the first completion not yet taken.
func (r *ring) head() uint32 { return *r.cqHead }

// peek copies the first completion.
func (r *ring) peek() cqe { return r.cqes[*r.cqHead&uint32(len(r.cqes)-1)] }

// advance gives the first completion's place back to the kernel.
func (r *ring) advance() { atomic.StoreUint32(r.cqHead, *r.cqHead+1) }

// enter submits the filled entries and, with wait, waits until there is a
// completion or timeout has passed (below 0: never). It always lets the kernel
// post completions.
//
// The call is ours and not iouring-go's, which has no timeout
// (IORING_ENTER_EXT_ARG), makes an error value for each EINTR and ETIME, and goes
// through the scheduler even when it cannot block. A poll is raw here; a wait
// goes through the scheduler, so that a sleeping loop does not hold up the garbage
// collector.
func (r *ring) enter(wait bool, timeout time.Duration) syscall.Errno {
	if kernel.Watched() {
		r.tellEntries()
	}
	atomic.StoreUint32(r.sqTail, r.next)
	submit := uintptr(r.unsubmitted())
	if !wait {
		began := kernel.Begin()
		taken, _, errno := syscall.RawSyscall6(iouring.SYS_IO_URING_ENTER, uintptr(r.fd), submit, 0, enterGetEvents, 0, 0)
		if began != 0 {
			kernel.Tell(began, kernel.Event{Call: kernel.IoUringEnter, FD: int32(r.fd), Flags: enterGetEvents, Size: int64(submit), Result: kernel.Result(int(taken), errno)})
		}
		return errno
	}
	flags, arg, size := uintptr(enterGetEvents), unsafe.Pointer(nil), uintptr(0)
	if timeout >= 0 {
		r.timespec = unix.NsecToTimespec(int64(timeout))
		r.arg.ts = uint64(uintptr(unsafe.Pointer(&r.timespec)))
		flags, arg, size = flags|enterExtArg, unsafe.Pointer(&r.arg), unsafe.Sizeof(r.arg)
	}
	began := kernel.BeginWait()
	taken, _, errno := syscall.Syscall6(iouring.SYS_IO_URING_ENTER, uintptr(r.fd), submit, 1, flags, uintptr(arg), size)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.IoUringEnter, FD: int32(r.fd), Waits: true, Flags: uint64(flags), Size: int64(submit), Result: kernel.Result(int(taken), errno)})
	}
	return errno
}

// enable starts the ring. From then on only the calling thread may submit, if that was
// asked for (IORING_SETUP_SINGLE_ISSUER).
func (r *ring) enable() error {
	return r.register(iouring.IORING_REGISTER_ENABLE_RINGS, nil, 0)
}

func (r *ring) register(opcode uint8, arg unsafe.Pointer, n uint32) error {
	began := kernel.Begin()
	err := iouring.IOURingRegister(r.fd, opcode, arg, n)
	if began != 0 {
		kernel.Tell(began, kernel.Event{Call: kernel.IoUringRegister, FD: int32(r.fd), Flags: uint64(opcode), Size: int64(n), Result: kernel.Failed(0, err)})
	}
	if err != nil {
		return os.NewSyscallError("io_uring_register", rootErrno(err))
	}
	return nil
}

// registerBuffer registers b as buffer 0: the kernel looks up its pages once, and
// counts them as locked memory.
func (r *ring) registerBuffer(b []byte) error {
	iov := unix.Iovec{Base: &b[0]}
	iov.SetLen(len(b))
	return r.register(iouring.IORING_REGISTER_BUFFERS, unsafe.Pointer(&iov), 1)
}
