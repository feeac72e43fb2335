package httpx

import "sync/atomic"

// control is what other threads tell the loops, and hear from them. Every loop looks at it once a
// turn; who has told something wakes them.
type control struct {
	command atomic.Uint32
	reports atomic.Uint32 // how often a report was asked for

	// What the loops tell of a drain.
	left atomic.Int64 // connections that have not ended
	cut  atomic.Int64 // responses that were cut off
}

// command is what the loops are to do.
type command uint32

const (
	_ command = iota // carry on
	drainAndEnd
	stopNow
)

// give gives a command, unless a stronger one has been given.
func (c *control) give(what command) {
	for {
		now := c.command.Load()
		if now >= uint32(what) || c.command.CompareAndSwap(now, uint32(what)) {
			return
		}
	}
}

func (c *control) given() command { return command(c.command.Load()) }
