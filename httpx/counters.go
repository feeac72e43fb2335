// What a loop counts, always: plain integers that only its thread touches. Exchanges
// are counted as they end (exchanges.go), refusals as they are decided on. snapshot.go
// hands the figures to those who ask.

package httpx

import (
	"aws/httpx/message"
	"aws/httpx/stats"
)

const (
	methods  = int(message.MethodOther) + 1
	classes  = 6   // of statuses, with 0 for none
	codes    = 512 // more than any status that is sent
	outcomes = int(Drained) + 1
)

// counters are those of one loop.
type counters struct {
	sites    [][methods][classes]uint64 // by site.Site.Number
	codes    [codes]uint64              // by status
	outcomes [outcomes]uint64
	refusals [reasons]uint64

	duration, toFirst, size stats.Histogram // ns, ns, bytes

	// Exchanges that have begun and ended, or begun and sent their first byte, within
	// this turn: see turnEnds.
	quick, quickFirst uint64

	sent, received uint64 // bytes
	shed           uint64 // idle connections, closed for others
	turnedAway     uint64 // connections closed at once, as their clients had too many
	waited         uint64 // times that a connection waited for its turn to send

	turns, completions   uint64
	warnings, suppressed uint64
}

// firstByte counts the first byte of an exchange's response.
func (c *counters) firstByte(x *exchange, now int64) {
	if x.start == now {
		c.quickFirst++
		return
	}
	c.toFirst.Add(now-x.start, 1)
}

// ended counts an exchange.
func (c *counters) ended(x *exchange, o Outcome, now int64) {
	c.sites[x.site][x.method][x.status/100]++
	c.codes[x.status]++
	c.outcomes[o]++
	c.size.Add(x.sent, 1)
	if x.start == now {
		c.quick++
		return
	}
	c.duration.Add(now-x.start, 1)
}

// refuse counts a refusal.
func (c *counters) refuse(why reason) {
	if why != noReason {
		c.refusals[why]++
	}
}

// turnEnds counts what came and went within a turn. The clock is read once a turn, so
// each such exchange counts as having taken the turn from its beginning to its end,
// for which the clock is read once more.
func (c *counters) turnEnds(k *clock) {
	if c.quick+c.quickFirst == 0 {
		return
	}
	took := max(int64(k.read().Sub(k.epoch))-k.now(), 0)
	c.duration.Add(took, c.quick)
	c.toFirst.Add(took, c.quickFirst)
	c.quick, c.quickFirst = 0, 0
}
