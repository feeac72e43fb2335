// The delivery of responses that have ended for us: the kernel has taken all of
// them, and the client has not.
//
//	idle, linger ── the client has acknowledged all ─► Close
//	     │   ▲
//	     ▼   └─ it has acknowledged some: look again later
//	nothing for the stall timeout ─► Reset
//
// If such a connection were closed, its send queue of up to 4 MiB (tcp_wmem,
// tcp(7)) would be the kernel's alone, which keeps it for minutes for a client
// that takes nothing. So the loop keeps the connection until it can tell. A client
// that cannot owe much is not asked about: that takes a system call.

package httpx

import "math"

// muchOwed is what a client may owe, in KiB, before it is asked about, and muchSent
// the same in bytes.
const (
	muchOwed = 64
	muchSent = muchOwed << 10
)

// ended counts a response of n bytes that the kernel has taken: the client owes at
// most that much more, in KiB and rounded up.
func (s *stallWatch) ended(n int64) {
	s.owed = uint16(min(int64(s.owed)+n>>10+1, math.MaxUint16))
}

// owesMuch says that the client may not have acknowledged much of the responses
// that have ended.
func (c *conn) owesMuch() bool { return c.stall.owed > muchOwed }

// delivers says that the client, which sends no more, has not acknowledged all that
// it was sent. Then our side is shut down as well, so that the client finds the end,
// and looks see how it goes on: no event tells. The end of a drain does not wait for
// it, since the kernel goes on after the process.
func (l *loop) delivers(c *conn) bool {
	if l.draining || l.undelivered(c) == 0 {
		return false
	}
	l.inputs.keep(&c.in, nil)
	if c.state != linger {
		c.state = linger
		l.engine.Shutdown(c.token)
	}
	c.stall.progress()
	l.deadlines.arm(c.slot(), deliveryDeadline, l.now())
	return true
}

// closeDelivered closes a connection that has nothing more to do, once the client
// has acknowledged everything or has stalled. A drain does not wait for that.
func (l *loop) closeDelivered(c *conn) {
	unacked := 0
	if c.owesMuch() && !l.draining {
		unacked = l.undelivered(c)
	}
	switch {
	case unacked == 0:
		l.abandon(c, Whole)
	case c.stall.acknowledged(unacked) || !c.stall.stalledFor(l.config.StallTimeout):
		l.deadlines.arm(c.slot(), deliveryDeadline, l.now())
	default:
		c.flags |= cut
		l.abandon(c, Stalled)
	}
}

// undelivered is how many bytes the kernel still has to deliver.
func (l *loop) undelivered(c *conn) int {
	n := l.engine.Unacked(c.token)
	if n > 0 && l.engine.Over(c.token) {
		return 0
	}
	return n
}
