package uring

import (
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"

	"aws/backend/kernel"
)

// What is told of the ring's entries, if somebody watches: those of the submission
// ring when they are handed over, as they are then, and each completion that is
// taken.

// entryFields is struct io_uring_sqe as far as it is told, laid out by
// linux/io_uring.h.
type entryFields struct {
	opcode, flags uint8
	ioprio        uint16
	fd            int32
	off, addr     uint64
	length        uint32
	opFlags       uint32
	userData      uint64
}

// opcodes are the calls that stand for the opcodes in use.
var opcodes = map[uint8]kernel.Call{
	iouring.IORING_OP_ACCEPT:       kernel.SQEAccept,
	iouring.IORING_OP_ASYNC_CANCEL: kernel.SQECancel,
	iouring.IORING_OP_POLL_ADD:     kernel.SQEPoll,
	iouring.IORING_OP_READ:         kernel.SQERead,
	iouring.IORING_OP_READ_FIXED:   kernel.SQEReadFixed,
	iouring.IORING_OP_RECV:         kernel.SQERecv,
	iouring.IORING_OP_SEND:         kernel.SQESend,
	iouring.IORING_OP_SEND_ZC:      kernel.SQESendZC,
}

// tellEntries tells of the entries that have been filled since the last time.
func (r *ring) tellEntries() {
	for ; r.told != r.next; r.told++ {
		s := (*entryFields)(unsafe.Pointer(&r.sqes[r.told&uint32(len(r.sqes)-1)]))
		kernel.Note(kernel.Event{
			Call: opcodes[s.opcode], FD: s.fd, Flags: uint64(s.flags) | uint64(s.ioprio)<<16 | uint64(s.opFlags)<<32,
			Size: int64(s.length), Off: int64(s.off), Tag: s.userData,
		})
	}
}

// tellCompletion tells of a completion.
func tellCompletion(done *cqe) {
	kernel.Note(kernel.Event{Call: kernel.CQE, FD: -1, Flags: uint64(done.Flags()), Tag: done.UserData(), Result: int64(done.Result())})
}
