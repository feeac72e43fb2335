package uring

import (
	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
)

func (e *engine) ReadFile(t backend.Token, b []byte, f backend.File, off int64) {
	backend.Assert(e.slots.Live(t), "uring: ReadFile with a stale token")
	e.conns[t.Slot()].read.Begin(b, f, off)
	e.counters.ReadsInFlight++
	backend.Assert(e.counters.ReadsInFlight <= e.maxReads, "uring: too many file reads in flight")
	if e.hold.Active() {
		e.hold.Put(backend.ReadEntry | t.Slot())
		return
	}
	e.submitRead(t.Slot())
}

// submitRead tries the read at its present stage.
func (e *engine) submitRead(slot uint32) {
	c := &e.conns[slot]
	c.bits |= readInRing
	r := &c.read
	s := e.entry(e.slots.Token(slot), fileKind)
	s.PrepOperation(iouring.IORING_OP_READ, r.FD(), addressOf(r.Buf), uint32(len(r.Buf)), uint64(r.Off))
	if r.Stage == backend.FromCache {
		s.SetOpFlags(unix.RWF_NOWAIT)
	}
}

// fileDone takes one attempt's result.
func (e *engine) fileDone(slot uint32, n int) (backend.Completion, bool) {
	c := &e.conns[slot]
	c.bits &^= readInRing
	r := &c.read
	if !r.Finish(n, &e.counters, e.faults) {
		e.submitRead(slot)
		return backend.Completion{}, false
	}
	e.counters.ReadsInFlight--
	return r.Done(e.slots.Token(slot)), true
}
