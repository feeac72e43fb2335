// How fast a client is, for the deadlines of conn.go: a minimum rate ends those that
// crawl.

package httpx

import "time"

// rateWindow is the time over which the rate of a client is averaged. Clients come
// in bursts.
const rateWindow = 30 * time.Second

// rateParts is how often a client is looked at in that time, at least.
const rateParts = 4

// pace is the rate of a client in a window of time. Only time in which the server
// waits for the client counts: not that in which the client waits for a buffer, a
// disk or a maker, and not that between two requests. So a window may span several
// responses.
type pace struct {
	since  int64 // up to here waiting has been counted, by the loop's clock
	waited int64 // nanoseconds in this window
	moved  int64 // bytes that the client had moved when the window began
	open   bool  // there is a window
}

// wait begins to wait for the client.
func (p *pace) wait(now int64) { p.since = now }

// count counts the time since the last count as waited, and returns it. At most
// counts, the time between two looks: more has passed only if the server itself did
// not run, and then it may not have given the client anything to do.
func (p *pace) count(now, most int64) (passed int64) {
	passed = min(now-p.since, most)
	p.since = now
	p.waited += passed
	return passed
}

// begin begins a window. The client has moved so many bytes.
func (p *pace) begin(moved int64) { p.open, p.waited, p.moved = true, 0, moved }

// tooSlow ends a window that has lasted long enough, and begins the next one. It
// reports whether the client has moved less in it than by the rate, in bytes a second,
// it should have in rateWindow: a window that a look ends late is in its favour.
func (p *pace) tooSlow(moved, rate int64) bool {
	if p.waited < int64(rateWindow) {
		return false
	}
	slow := rate > 0 && moved-p.moved < rate*int64(rateWindow/time.Second)
	p.begin(moved)
	return slow
}

// crawls takes a look at a client that is being waited for, and reports whether it
// takes what it is sent more slowly than rate. The kernel has taken sent bytes, of which
// the client has not acknowledged the last. If it has acknowledged all, it waits for us.
func (p *pace) crawls(sent, unacked, rate int64) bool {
	switch {
	case unacked == 0:
		p.open, p.waited = false, 0
	case !p.open:
		p.begin(sent - unacked)
	default:
		return p.tooSlow(sent-unacked, rate)
	}
	return false
}

// due says that the client has been waited for so long that a look is due: to begin a
// window, or to end it. Sends that complete do not put it off.
func (p *pace) due() bool {
	return p.waited >= int64(rateWindow) || !p.open && p.waited >= int64(rateWindow/rateParts)
}

// part is the n-th part of a timeout, rounded up: n of them last at least as long.
func part(d time.Duration, n int64) time.Duration { return time.Duration((int64(d) + n - 1) / n) }
