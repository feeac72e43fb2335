// How fast a client is, for the deadlines of conn.go: a minimum rate ends those that
// crawl.

package httpx

import "time"

// rateWindow is the time over which the rate of a client is averaged. Clients come
// in bursts.
const rateWindow = 30 * time.Second

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

// tooSlow ends a window that has lasted long enough, and reports whether the client
// has moved fewer bytes in a second than rate, if that is not 0. Then it begins the
// next one.
func (p *pace) tooSlow(moved, rate int64) bool {
	if p.waited < int64(rateWindow) {
		return false
	}
	slow := rate > 0 && float64(moved-p.moved) < float64(rate)*time.Duration(p.waited).Seconds()
	p.begin(moved)
	return slow
}

// part is the n-th part of a timeout, rounded up: n of them last at least as long.
func part(d time.Duration, n int64) time.Duration { return time.Duration((int64(d) + n - 1) / n) }
