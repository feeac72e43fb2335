package epollaio

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// iocb is struct iocb of linux/aio_abi.h, little endian.
type iocb struct {
	data    uint64 // comes back in the event: the token
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

func (e *engine) ReadFile(t backend.Token, b []byte, f backend.File, off int64) {
	backend.Assert(e.slots.Live(t), "epoll-aio: ReadFile with a stale token")
	e.conns[t.Slot()].read.Begin(b, f, off)
	e.counters.ReadsInFlight++
	backend.Assert(e.counters.ReadsInFlight <= uint64(len(e.aio.iocbs)), "epoll-aio: too many file reads in flight")
	if e.hold.Active() {
		e.hold.Put(backend.ReadEntry | t.Slot())
		return
	}
	e.aio.pending = append(e.aio.pending, t.Slot())
}

// submitReads gives the pending reads to the kernel: by one io_submit, and
// further ones only for reads that were refused and go to their next stage.
func (e *engine) submitReads() {
	for len(e.aio.pending) > 0 && e.submitBatch() {
	}
}

// submitBatch makes one pass over the pending reads. It returns false when
// the kernel has no room for more at present.
func (e *engine) submitBatch() bool {
	a := &e.aio
	for i, slot := range a.pending {
		a.fill(i, e.slots.Token(slot), &e.conns[slot].read)
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
func (a *aio) fill(i int, t backend.Token, r *backend.FileRead) {
	cb := &a.iocbs[i]
	*cb = iocb{
		data:   uint64(t),
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
}

// reapReads takes the completions that the eventfd's counter announces.
func (e *engine) reapReads() {
	for left := e.aio.announced(); left > 0; left-- {
		ev, ok := e.aio.take()
		backend.Assert(ok, "epoll-aio: eventfd announced more completions than there are")
		t := backend.Token(ev.data)
		backend.Assert(e.slots.Live(t) && e.conns[t.Slot()].read.InFlight, "epoll-aio: completion of no read")
		e.readFinished(t.Slot(), int(ev.result))
	}
}

// readFinished takes one attempt's result: it becomes the read's, or the next
// stage is tried.
func (e *engine) readFinished(slot uint32, n int) {
	if e.conns[slot].read.Finish(n, &e.counters, e.faults) {
		e.queue.Put(backend.ReadEntry | slot)
	} else {
		e.aio.pending = append(e.aio.pending, slot)
	}
}

// readDone makes the completion of a finished read.
func (e *engine) readDone(slot uint32) backend.Completion {
	e.counters.ReadsInFlight--
	return e.conns[slot].read.Done(e.slots.Token(slot))
}
