package backend

import (
	"math"
	"syscall"
	"unsafe"
)

// ReadStage is how a ReadFile is being tried. The page cache is asked first,
// in a way that never waits; what it does not hold is read past it. That is
// asynchronous in every engine, while a read through the cache may make the
// caller wait for the disk.
type ReadStage uint8

const (
	FromCache ReadStage = iota // with RWF_NOWAIT: EAGAIN instead of waiting for a disk
	FromDisk                   // with O_DIRECT
	Blocking                   // neither works here: the read may wait for the disk
)

// FileReads are the file reads of one engine, by number.
type FileReads []FileRead

// FileRead is a ReadFile in flight.
type FileRead struct {
	Buf      []byte
	Off      int64
	N        int // the result: bytes or -errno
	File     File
	Stage    ReadStage
	InFlight bool
}

// NewFileReads makes n reads, 1 to MaxReads.
func NewFileReads(n int) FileReads {
	Assert(n >= 1 && n <= MaxReads, "reads out of range")
	return make(FileReads, n)
}

// Begin checks and notes a ReadFile.
func (reads FileReads) Begin(read int32, b []byte, f File, off int64, c *Counters) {
	Assert(read >= 0 && int(read) < len(reads), "ReadFile: no such read")
	Assert(len(b) > 0 && len(b)%Align == 0 && off >= 0 && off%Align == 0 && off <= math.MaxInt64-int64(len(b)) &&
		uintptr(unsafe.Pointer(&b[0]))%Align == 0, "ReadFile: buffer, length or offset is not aligned")
	r := &reads[read]
	Assert(!r.InFlight, "ReadFile: a second one of the same number")
	*r = FileRead{Buf: b, File: f, Off: off, InFlight: true}
	if f.Cold && f.Direct >= 0 {
		r.Stage = FromDisk
	}
	c.ReadsInFlight++
}

// Done takes a finished read out of flight and returns its completion.
func (reads FileReads) Done(read uint32, c *Counters) Completion {
	r := &reads[read]
	Assert(r.InFlight, "completion of no read")
	r.InFlight, r.Buf = false, nil
	c.ReadsInFlight--
	return Completion{N: r.N, Read: int32(read), Op: OpReadFile, Cold: r.Stage == FromDisk}
}

// FD is the descriptor to read from at this stage.
func (r *FileRead) FD() int32 {
	if r.Stage == FromDisk {
		return r.File.Direct
	}
	return r.File.FD
}

// Finish takes the result of an attempt. It returns true if that is the read's
// result, and false if there is another attempt to make: at the next stage, or
// at the same one where a signal interrupted it (network file systems).
func (r *FileRead) Finish(n int, c *Counters, faults *Injector) bool {
	Assert(r.InFlight && n <= len(r.Buf), "ReadFile: longer than its buffer")
	if n == -int(syscall.EINTR) || n < 0 && r.advance(syscall.Errno(-n)) {
		return false
	}
	switch r.Stage {
	case FromCache:
		c.CachedReads++
	case FromDisk:
		c.DirectReads++
	default:
		c.OtherReads++
	}
	if n > 0 {
		n = faults.Limit(OpReadFile, n)
	}
	r.N = n
	return true
}

// advance goes to the next stage if errno leaves one.
func (r *FileRead) advance(errno syscall.Errno) bool {
	switch {
	case r.Stage == FromCache && errno == syscall.EAGAIN && r.File.Direct >= 0:
		r.Stage = FromDisk
	case r.Stage == FromCache && (errno == syscall.EAGAIN || errno == syscall.EOPNOTSUPP || errno == syscall.EINVAL):
		// Cold without O_DIRECT, or a file system or kernel without RWF_NOWAIT.
		r.Stage = Blocking
	case r.Stage == FromDisk && errno == syscall.EINVAL: // stricter alignment than ours
		r.Stage = Blocking
	default:
		return false
	}
	return true
}
