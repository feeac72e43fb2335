package uring

import (
	"os"
	"time"
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
)

// A completion's token says what it belongs to: its kind is in the bits that no
// slot needs (slots are below backend.MaxSlots, 1<<20) and no read or accept.
const (
	kindShift = 20
	kindMask  = 0xf << kindShift
)

const (
	recvKind     = iota << kindShift // Recv
	recvPollKind                     // Recv, waiting for readiness
	sendKind                         // Send, and the send of a small SendFile
	sendPollKind                     // SendFile, waiting for readiness
	chainKind                        // the read of a small SendFile
	fileKind                         // ReadFile: its number, generation 0
	cancelKind                       // ASYNC_CANCEL: its own completion means nothing
	acceptKind                       // a listener's, generation 0
	wakeKind                         // the wake eventfd's, generation 0
)

// entry returns a cleared submission entry, carrying userData.
func (e *engine) entry(t backend.Token, kind uint64) *sqe {
	e.reserve(1)
	e.counters.SQEs++
	s := e.take()
	s.SetUserData(uint64(t) | kind)
	return s
}

// enter calls io_uring_enter. It does not report transient errors: EINTR; ETIME,
// the timeout; EAGAIN, no memory for a request just now; and EBUSY, no room for
// completions. The entries stay, and a later call submits them.
func (e *engine) enter(wait bool, timeout time.Duration) error {
	e.counters.Enters++
	errno := e.ring.enter(wait, timeout)
	e.spill.answered(errno)
	switch errno {
	case 0, unix.EINTR, unix.ETIME, unix.EAGAIN, unix.EBUSY:
		return nil
	default:
		return os.NewSyscallError("io_uring_enter", errno)
	}
}

// submitPoll waits for readiness, once (poll(2) events).
func (e *engine) submitPoll(t backend.Token, kind uint64, fd int32, events uint32) {
	s := e.entry(t, kind)
	s.PrepOperation(iouring.IORING_OP_POLL_ADD, fd, 0, 0, 0)
	s.SetOpFlags(events)
}

// cancel asks for the end of the operation that carries data.
func (e *engine) cancel(data uint64) {
	s := e.entry(0, cancelKind)
	s.PrepOperation(iouring.IORING_OP_ASYNC_CANCEL, -1, data, 0, 0)
}

// armWake waits for the next Wake.
func (e *engine) armWake() {
	s := e.entry(0, wakeKind)
	s.PrepOperation(iouring.IORING_OP_READ, int32(e.wakefd), addressOf(e.woken[:]), uint32(len(e.woken)), 0)
}

// addressOf is a buffer's address as entries carry it. The buffer outlives the
// operation: conn, read or engine holds it, and Go moves no heap object.
func addressOf(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
