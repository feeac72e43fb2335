package backend

import (
	"math"
	"syscall"
	"unsafe"
)

// ReadStage is how a ReadFile is being tried. The page cache is asked first,
// in a way that never waits, and what it does not hold is read past it: that
// is asynchronous in every engine, where a read through the cache may make
// the caller wait for the disk.
type ReadStage uint8

const (
	FromCache ReadStage = iota // with RWF_NOWAIT: EAGAIN where a disk would have to be waited for
	FromDisk                   // with O_DIRECT
	AsItCan                    // neither works here: the read may wait for the disk
)

// FileRead is one connection's ReadFile, and what the last one has taught.
type FileRead struct {
	Buf      []byte
	Off      int64
	N        int // the result: bytes or -errno
	File     File
	Stage    ReadStage
	InFlight bool

	// Where a sequential reader goes on that has found its file cold: asking
	// the page cache again would start a readahead of what O_DIRECT then
	// reads a second time.
	coldNext int64
	coldFile int32
}

// Begin checks and notes a ReadFile.
func (r *FileRead) Begin(b []byte, f File, off int64) {
	Assert(len(b) > 0 && len(b)%Align == 0 && off >= 0 && off%Align == 0 && off <= math.MaxInt64-int64(len(b)) &&
		uintptr(unsafe.Pointer(&b[0]))%Align == 0, "ReadFile: buffer, length or offset is not aligned")
	Assert(!r.InFlight, "ReadFile: a second one in flight")
	r.Buf, r.File, r.Off, r.InFlight, r.Stage = b, f, off, true, FromCache
	if f.Direct >= 0 && r.coldFile == f.FD && r.coldNext == off {
		r.Stage = FromDisk
	}
}

// FD is the descriptor to read from at this stage.
func (r *FileRead) FD() int32 {
	if r.Stage == FromDisk {
		return r.File.Direct
	}
	return r.File.FD
}

// Finish takes the result of an attempt. It returns true when that is the
// read's result, false when there is another one to make: at the next stage,
// or at the same where a signal interrupted it (file systems over a network).
func (r *FileRead) Finish(n int, c *Counters, faults *Injector) bool {
	Assert(n <= len(r.Buf), "ReadFile: longer than its buffer")
	if n == -int(syscall.EINTR) || n < 0 && r.advance(syscall.Errno(-n)) {
		return false
	}
	switch r.Stage {
	case FromCache:
		c.CachedReads++
	case FromDisk:
		c.DirectReads++
		r.coldFile, r.coldNext = r.File.FD, r.Off+int64(max(n, 0))
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
		r.Stage = AsItCan
	case r.Stage == FromDisk && errno == syscall.EINVAL: // stricter alignment than ours
		r.Stage = AsItCan
	default:
		return false
	}
	return true
}

// Done ends the read and returns its completion.
func (r *FileRead) Done(t Token) Completion {
	r.InFlight, r.Buf = false, nil
	return Completion{Token: t, N: r.N, Op: OpReadFile}
}
