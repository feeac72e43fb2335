package simio

import (
	"hash/maphash"
	"unsafe"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// Poison fills buffers that the caller may not read: received bytes after their
// loan, and the buffer of a ReadFile in flight.
const Poison = 0xDB

func poison(b []byte) {
	for i := range b {
		b[i] = Poison
	}
}

// endLoan takes back what the last Recv has lent.
func (e *Engine) endLoan() {
	poison(e.recv[:e.lent])
	e.lent = 0
}

func (e *Engine) hash(b []byte) uint64 { return maphash.Bytes(e.hashes, b) }

// identity tells whether a descriptor is still the same file.
type identity struct{ device, inode uint64 }

// identify returns the zero identity if the descriptor is not open.
func identify(fd int) identity {
	var s unix.Stat_t
	if unix.Fstat(fd, &s) != nil {
		return identity{}
	}
	return identity{s.Dev, s.Ino}
}

// checkUntouched panics if the caller has meddled with what op owns.
func (e *Engine) checkUntouched(op *operation) {
	if op.op == backend.OpSend || op.op == backend.OpSendFile {
		backend.Assert(e.hash(op.buf) == op.hash, "a buffer has changed while it was being sent")
	}
	if op.op == backend.OpReadFile || op.op == backend.OpSendFile {
		backend.Assert(identify(op.fd) == op.file, "a file was closed while an operation had it")
	}
}

func aligned(b []byte, off int64) bool {
	address := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return address%backend.Align == 0 && len(b)%backend.Align == 0 && off >= 0 && off%backend.Align == 0
}
