package epollaio

import (
	"math"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// stage is how a file read is being tried. Linux AIO is asynchronous only
// with O_DIRECT; on cached pages io_submit itself copies (fs/aio.c). So the
// page cache is asked first, in a way that never waits, and the disk is read
// past it.
type stage uint8

const (
	fromCache  stage = iota // RWF_NOWAIT: -EAGAIN where a disk would have to be waited for
	fromDisk                // O_DIRECT: io_submit returns before the data is there
	asItCan                 // neither works here: io_submit may wait for the disk
	impossible              // no stage is left
)

// fileRead is a connection's ReadFile, and what the last one has taught.
type fileRead struct {
	buf      []byte
	off      int64
	n        int // the result: bytes or -errno
	file     backend.File
	stage    stage
	inFlight bool

	// Where a sequential reader goes on that has found its file cold: asking
	// the page cache again would start a readahead of what O_DIRECT then
	// reads a second time.
	coldNext int64
	coldFile int32
}

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
	backend.Assert(len(b) > 0 && len(b)%backend.Align == 0 && off%backend.Align == 0 &&
		off >= 0 && off <= math.MaxInt64-int64(len(b)) &&
		uintptr(unsafe.Pointer(&b[0]))%backend.Align == 0, "epoll-aio: unaligned ReadFile")
	r := &e.conns[t.Slot()].read
	backend.Assert(!r.inFlight, "epoll-aio: second ReadFile in flight")
	r.buf, r.file, r.off, r.inFlight, r.stage = b, f, off, true, fromCache
	if f.Direct >= 0 && r.coldFile == f.FD && r.coldNext == off {
		r.stage = fromDisk
	}
	e.aio.reads++
	backend.Assert(e.aio.reads <= len(e.aio.iocbs), "epoll-aio: too many file reads in flight")
	if e.holding.delay > 0 {
		e.holding.put(readEntry | t.Slot())
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
		n, errno := e.calls.IoSubmit(a.ctx, len(batch)-at, unsafe.Pointer(&a.pointers[at]))
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
func (a *aio) fill(i int, t backend.Token, r *fileRead) {
	cb := &a.iocbs[i]
	*cb = iocb{
		data:   uint64(t),
		opcode: iocbPread,
		fildes: uint32(r.file.FD),
		buf:    uint64(uintptr(unsafe.Pointer(&r.buf[0]))),
		nbytes: uint64(len(r.buf)),
		offset: r.off,
		flags:  iocbResfd,
		resfd:  uint32(a.eventfd),
	}
	switch r.stage {
	case fromCache:
		cb.rwFlags = unix.RWF_NOWAIT
	case fromDisk:
		cb.fildes = uint32(r.file.Direct)
	}
}

// reapReads takes the completions that the eventfd's counter announces.
func (e *engine) reapReads() {
	for left := e.aio.announced(); left > 0; left-- {
		ev, ok := e.aio.take()
		backend.Assert(ok, "epoll-aio: eventfd announced more completions than there are")
		t := backend.Token(ev.data)
		backend.Assert(e.slots.Live(t) && e.conns[t.Slot()].read.inFlight, "epoll-aio: completion of no read")
		e.readFinished(t.Slot(), int(ev.result))
	}
}

// readFinished takes one attempt's result: it becomes the read's, or the next
// stage is tried.
func (e *engine) readFinished(slot uint32, n int) {
	r := &e.conns[slot].read
	backend.Assert(n <= len(r.buf), "epoll-aio: read longer than its buffer")
	if n < 0 {
		if next := r.nextStage(syscall.Errno(-n)); next != impossible {
			r.stage = next
			e.aio.pending = append(e.aio.pending, slot)
			return
		}
	}
	e.countRead(r)
	if n >= backend.Align {
		// Limit cuts file reads to multiples of Align, at least one.
		n = e.faults.Limit(backend.OpReadFile, n)
	}
	if r.stage == fromDisk {
		r.coldFile, r.coldNext = r.file.FD, r.off+int64(max(n, 0))
	}
	r.n = n
	e.queue.put(readEntry | slot)
}

// nextStage says what to try after errno.
func (r *fileRead) nextStage(errno syscall.Errno) stage {
	switch {
	case r.stage == fromCache && r.file.Direct >= 0 && errno == unix.EAGAIN:
		return fromDisk
	case r.stage == fromCache && (errno == unix.EAGAIN || errno == unix.EOPNOTSUPP || errno == unix.EINVAL):
		// Cold without O_DIRECT, or a file system or kernel without RWF_NOWAIT.
		return asItCan
	case r.stage == fromDisk && errno == unix.EINVAL: // stricter alignment than ours
		return asItCan
	}
	return impossible
}

func (e *engine) countRead(r *fileRead) {
	switch r.stage {
	case fromCache:
		e.counters.CachedReads++
	case fromDisk:
		e.counters.DirectReads++
	default:
		e.counters.OtherReads++
	}
}

// readDone makes the completion of a finished read.
func (e *engine) readDone(slot uint32) backend.Completion {
	r := &e.conns[slot].read
	r.inFlight = false
	r.buf = nil
	e.aio.reads--
	return backend.Completion{Token: e.slots.Token(slot), N: r.n, Op: backend.OpReadFile}
}
