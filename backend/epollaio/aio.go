package epollaio

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/kernel"
)

// iocb is struct iocb of linux/aio_abi.h, little endian.
type iocb struct {
	data    uint64 // comes back in the event: the number of the read
	key     uint32
	rwFlags int32
	opcode  uint16
	reqprio int16
	fildes  uint32
	buf     uint64
	nbytes  uint64
	offset  int64
	_       uint64
	flags   uint32
	resfd   uint32 // with iocbResfd: the eventfd to raise on completion
}

const (
	iocbPread = 0      // IOCB_CMD_PREAD
	iocbResfd = 1 << 0 // IOCB_FLAG_RESFD
)

func (e *engine) ReadFile(read int32, b []byte, f backend.File, off int64) {
	e.reads.Begin(read, b, f, off, &e.counters)
	if e.hold.Active() {
		e.hold.Put(backend.ReadEntry | uint32(read))
		return
	}
	e.aio.pending = append(e.aio.pending, uint32(read))
}

// submitReads gives the pending reads to the kernel: in one io_submit, and more
// only for reads that were refused and go to their next stage.
func (e *engine) submitReads() {
	for len(e.aio.pending) > 0 && e.submitBatch() {
	}
}

// submitBatch makes one pass over the pending reads. It returns false if the
// kernel has no room for more at present.
func (e *engine) submitBatch() bool {
	a := &e.aio
	for i, read := range a.pending {
		a.fill(i, read, &e.reads[read])
	}
	batch := a.pending
	a.pending = a.pending[:0] // refused reads are appended, never past those already taken
	for at := 0; at < len(batch); {
		e.counters.Submits++
		n, errno := e.transfer.IoSubmit(a.ctx, len(batch)-at, unsafe.Pointer(&a.pointers[at]))
		switch {
		case errno == 0 && n > 0:
			at += n
		case errno == unix.EINTR:
		case errno == 0 || errno == unix.EAGAIN:
			a.pending = append(a.pending, batch[at:]...)
			return false
		default: // the first one is at fault (io_submit(2))
			at++
			e.readFinished(batch[at-1], negErrno(errno))
		}
	}
	return true
}

// fill writes the iocb of a read. The kernel copies it in io_submit.
//
// Linux AIO is asynchronous only with O_DIRECT; on cached pages io_submit
// itself copies (fs/aio.c).
func (a *aio) fill(i int, read uint32, r *backend.FileRead) {
	cb := &a.iocbs[i]
	*cb = iocb{
		data:   uint64(read),
		opcode: iocbPread,
		fildes: uint32(r.FD()),
		buf:    uint64(uintptr(unsafe.Pointer(&r.Buf[0]))),
		nbytes: uint64(len(r.Buf)),
		offset: r.Off,
		flags:  iocbResfd,
		resfd:  uint32(a.eventfd),
	}
	if r.Stage == backend.FromCache {
		cb.rwFlags = unix.RWF_NOWAIT
	}
	if kernel.Watched() {
		kernel.Note(kernel.Event{Call: kernel.IOCB, FD: r.FD(), Flags: uint64(cb.rwFlags), Size: int64(cb.nbytes), Off: r.Off, Tag: cb.data})
	}
}

// reapReads takes the completions that the eventfd's counter announces.
func (e *engine) reapReads() {
	for left := e.aio.announced(); left > 0; left-- {
		ev, ok := e.aio.take()
		backend.Assert(ok && ev.data < uint64(len(e.reads)), "epoll-aio: eventfd announced more completions than there are")
		if kernel.Watched() {
			kernel.Note(kernel.Event{Call: kernel.IOEvent, FD: -1, Tag: ev.data, Result: ev.result})
		}
		e.readFinished(uint32(ev.data), int(ev.result))
	}
}

// readFinished takes the result of one attempt: it becomes the read's, or the
// next stage is tried.
func (e *engine) readFinished(read uint32, n int) {
	if e.reads[read].Finish(n, &e.counters, e.faults) {
		e.queue.Put(backend.ReadEntry | read)
	} else {
		e.aio.pending = append(e.aio.pending, read)
	}
}
