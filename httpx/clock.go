// A loop's clock: deadlines, looks at files and the Date field go by it.

package httpx

import (
	"time"

	"aws/httpx/files"
	"aws/httpx/message"
)

// clock is a loop's time. It is read once a turn, so everything in a turn
// happens at the same time.
type clock struct {
	read   func() time.Time
	epoch  time.Time
	wall   time.Time // of this turn, by the machine's clock, which may be set
	moment files.Moment
	date   dateField
}

// start starts the clock.
func (c *clock) start(read func() time.Time) {
	c.read = read
	c.epoch = read()
	c.tick()
}

// tick begins a turn. It reports whether another second has begun.
func (c *clock) tick() (second bool) {
	t := c.read()
	c.wall = t
	c.moment.Time = int64(t.Sub(c.epoch))
	c.moment.Turn++ // from 1
	return c.date.update(t)
}

// now is the time of this turn, in nanoseconds since the clock was started.
func (c *clock) now() int64 { return c.moment.Time }

// receive counts a receive and returns its number. Looks at files from here on
// count for its requests: see files.Moment.
func (c *clock) receive() uint64 {
	c.moment.Received++
	return c.moment.Received
}

// dateField is the finished Date field (RFC 9110 §6.6.1), formatted once a
// second.
type dateField struct {
	second int64
	field  []byte
}

// update reports whether the second has changed.
func (d *dateField) update(now time.Time) (changed bool) {
	s := now.Unix()
	if changed = s != d.second || d.field == nil; changed {
		d.second = s
		d.field = append(d.field[:0], "Date: "...)
		d.field = now.UTC().AppendFormat(d.field, message.TimeFormat)
		d.field = append(d.field, "\r\n"...)
	}
	return changed
}
