// What others ask a loop for: its figures. Snapshot asks (snapshot.go). Watch asks for
// what top.go counts.
//
//	loop.asked ─► obey (drain.go) ─► answerAsked: a copy ─► answer.done

package httpx

import (
	"time"

	"aws/httpx/stats"
)

// watch begins to count what is asked for most, or ends it, as watchers come and go.
func (l *loop) watch() {
	switch watched := l.control.watchers.Load() > 0; {
	case watched == (l.top != nil):
	case watched:
		l.top = new(top)
	default:
		l.top = nil
	}
}

// answerAsked answers whoever has asked.
func (l *loop) answerAsked() {
	if a := l.asked.Swap(nil); a != nil {
		l.answer(a)
		a.done <- a
	}
}

// answer copies what the loop has counted and holds.
func (l *loop) answer(a *answer) {
	a.count(&l.counters, l.engine.Counters(), l.files.Counts())
	for i := range l.used {
		if c := &l.conns[i]; c.state != free {
			a.states[l.stateOf(c)]++
		}
	}
	d := l.bodies
	a.held = stats.Held{
		Exchanges: uint64(l.exchanges.count(l.used)),
		Inputs:    uint64(l.inputs.Taken()), Outs: uint64(l.outs.Taken()), Streams: uint64(d.buffers.arena.Taken()), Waiting: uint64(d.buffers.waiters),
		Parts: uint64(len(d.parts.sets) - len(d.parts.free)), Makers: uint64(len(d.made.makers) - len(d.made.free)),
		Pinned: uint64(l.files.InUse()), Descriptors: uint64(l.files.Opened()),
	}
	if l.guard != nil {
		a.held.Passwords = uint64(l.guard.count)
	}
	if l.top == nil {
		a.top = nil
	} else if a.top != nil {
		*a.top = *l.top
	}
	calls, queued := l.files.Calls()
	a.held.Calls, a.held.CallsQueued = uint64(calls), uint64(queued)
	a.lag = time.Since(a.asked)
}

// stateOf says what a connection does.
func (l *loop) stateOf(c *conn) connState {
	switch c.state {
	case readHead:
		switch {
		case l.deadlines.kind[c.slot()] == idleDeadline:
			return connIdle
		case c.in.buffer == none:
			return connAccepted
		}
		return connHead
	case tooLate:
		return connHead
	case lookingUp:
		return connLookUp
	case readBody, lateBody:
		return connBody
	case responding:
		return connSending
	case linger:
		return connLingering
	}
	return connClosing
}
