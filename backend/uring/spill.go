package uring

import (
	"time"
	"unsafe"

	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"
)

// A kernel that is out of memory takes no submissions for a while, nor does one
// that holds completions for which the ring has no room, before Linux 5.19. When
// the submission ring is full then, further entries wait here, in their order: they
// are bounded by what may be in flight. So nothing fails, and the loop goes on
// taking completions, for which such a kernel waits.

// spill holds the entries that the ring has no room for.
type spill struct {
	entries  []sqe
	active   bool  // all entries go here
	refusals int   // in a row, of io_uring_enter
	failed   error // of an enter that could not be reported; Wait returns it
}

const (
	// refusalsToWarn is after how many refusals in a row the operator is told.
	refusalsToWarn = 100
	// refusalsToEnd is after how many Destroy no longer waits for what is in
	// flight.
	refusalsToEnd = 1000
)

// reserve makes sure that n entries can be taken with no enter between them, so
// that a chain stays whole.
func (e *engine) reserve(n uint32) {
	if e.spill.active || e.ring.space() >= n {
		return
	}
	var err error
	if !e.enabled { // file reads may come before the first Wait
		err = e.enable()
	}
	if err == nil {
		err = e.enter(false, 0)
	}
	if err != nil && e.spill.failed == nil {
		e.spill.failed = err
	}
	e.spill.active = e.spill.active || e.ring.space() < n
}

// take returns a cleared entry to fill before the next one is taken.
func (e *engine) take() *sqe {
	if !e.spill.active {
		return e.ring.take()
	}
	e.spill.entries = append(e.spill.entries, sqe{})
	return &e.spill.entries[len(e.spill.entries)-1]
}

// submit hands all entries to the kernel, as far as it takes them.
func (e *engine) submit() error {
	for e.spill.failed == nil {
		e.refill()
		if err := e.enter(false, 0); err != nil {
			return err
		}
		if !e.spill.active || e.ring.unsubmitted() > 0 {
			return nil
		}
	}
	return e.spill.failed
}

// refill moves entries to the ring, and the two of a chain together.
func (e *engine) refill() {
	if !e.spill.active {
		return
	}
	all, moved := e.spill.entries, 0
	for e.ring.space() >= 2 && moved < len(all) {
		for together := true; together; moved++ {
			*e.ring.take() = all[moved]
			together = linked(&all[moved])
		}
	}
	e.spill.entries = all[:copy(all, all[moved:])]
	e.spill.active = len(e.spill.entries) > 0
}

// linked says that the next entry belongs to the same chain: flags is the second
// byte of struct io_uring_sqe.
func linked(s *sqe) bool {
	return (*[unsafe.Sizeof(*s)]uint8)(unsafe.Pointer(s))[1]&iouring.IOSQE_FLAGS_IO_LINK != 0
}

// answered notes how the kernel has answered an enter.
func (s *spill) answered(errno unix.Errno) {
	if errno == unix.EAGAIN || errno == unix.EBUSY {
		s.refusals++
	} else {
		s.refusals = 0
	}
}

// backOff follows a wait that the kernel may have refused, in which case it has
// not waited.
func (e *engine) backOff(timeout time.Duration) {
	if e.spill.refusals == 0 || e.ring.ready() != e.ring.head() {
		return
	}
	if e.spill.refusals >= refusalsToWarn {
		e.warn("io_uring takes no submissions; trying on", unix.EBUSY)
	}
	time.Sleep(min(timeout, time.Millisecond))
}
