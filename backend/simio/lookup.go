package simio

import (
	"syscall"
	"time"
)

// Looking files up is no engine's business. But it waits and fails by the same chance
// and the same clock as the rest.

// lookUp is a look-up that waits for its time.
type lookUp struct {
	due  time.Duration
	over chan struct{}
}

// ColdLookUp says whether the next look-up may not be answered from memory.
func (e *Engine) ColdLookUp() bool { return e.chance(e.p.ColdLookUp) }

// LookUp is a look-up that a goroutine makes: it calls wait first, which returns when
// its time has come or the engine is destroyed. Unless the errno is 0, it fails with
// that.
func (e *Engine) LookUp() (wait func(), errno syscall.Errno) {
	wait = func() {}
	if e.chance(e.p.SlowLookUp) {
		l := lookUp{e.now + e.delay(), make(chan struct{})}
		e.lookUps = append(e.lookUps, l)
		wait = func() { <-l.over }
	}
	if e.chance(e.p.FailLookUp) {
		errnos := [...]syscall.Errno{syscall.EIO, syscall.ESTALE, syscall.ETIMEDOUT, syscall.ENOMEM, syscall.EACCES}
		errno = errnos[e.rng.IntN(len(errnos))]
	}
	return wait, errno
}

// endLookUps ends the look-ups whose time has come.
func (e *Engine) endLookUps() {
	kept := e.lookUps[:0]
	for _, l := range e.lookUps {
		if l.due <= e.now {
			close(l.over)
		} else {
			kept = append(kept, l)
		}
	}
	e.lookUps = kept
}
