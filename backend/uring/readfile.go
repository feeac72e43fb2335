package uring

import (
	iouring "github.com/iceber/iouring-go/syscall"
	"golang.org/x/sys/unix"

	"aws/backend"
)

func (e *engine) ReadFile(read int32, b []byte, f backend.File, off int64) {
	e.reads.Begin(read, b, f, off, &e.counters)
	if e.hold.Active() {
		e.hold.Put(backend.ReadEntry | uint32(read))
		return
	}
	e.submitRead(uint32(read))
}

// submitRead tries the read at its present stage.
func (e *engine) submitRead(read uint32) {
	r := &e.reads[read]
	e.readsInRing++
	s := e.entry(backend.MakeToken(read, 0), fileKind)
	s.PrepOperation(iouring.IORING_OP_READ, r.FD(), addressOf(r.Buf), uint32(len(r.Buf)), uint64(r.Off))
	if r.Stage == backend.FromCache {
		s.SetOpFlags(unix.RWF_NOWAIT)
	}
}

// fileDone takes the result of one attempt.
func (e *engine) fileDone(read uint32, n int) (backend.Completion, bool) {
	e.readsInRing--
	if !e.reads[read].Finish(n, &e.counters, e.faults) {
		e.submitRead(read)
		return backend.Completion{}, false
	}
	return e.reads.Done(read, &e.counters), true
}
