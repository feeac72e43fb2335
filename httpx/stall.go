// Telling slow clients from stalled ones, for the deadlines of conn.go.

package httpx

import (
	"math"
	"time"
)

// stallParts is how many times in a stall timeout a transfer is looked at, or more
// often if the minimum rate asks for that.
const stallParts = 4

// stallLook is the time between two looks at a transfer.
func (c *Config) stallLook() time.Duration {
	look := part(c.StallTimeout, stallParts)
	if c.MinRate > 0 {
		look = min(look, rateWindow/rateParts)
	}
	return look
}

// stallLooks is how many looks in a row without progress make a stall.
func (c *Config) stallLooks() uint32 {
	look := c.stallLook()
	return uint32(min((c.StallTimeout+look-1)/look, math.MaxUint16))
}

// stallWatch tells a slow transfer from one that has stalled.
type stallWatch struct {
	still   uint16 // looks in a row that saw no progress
	owed    uint16 // see ended
	unacked int32  // bytes unacknowledged at the last look, or -1
}

// progress records that the transfer has moved.
func (s *stallWatch) progress() { s.still, s.unacked = 0, -1 }

// acknowledged is given the bytes that the client has not acknowledged. It returns
// true if the client has acknowledged some since the last look. A send that does
// not complete is not enough to go by: the kernel takes more only when a third of
// its buffer is free, and a slow client may need minutes for that.
func (s *stallWatch) acknowledged(unacked int) bool {
	before := s.unacked
	s.unacked = int32(unacked)
	if before >= 0 && s.unacked >= before {
		return false
	}
	s.still = 0
	return true
}

// stalled counts a look without progress, and returns true after so many.
func (s *stallWatch) stalled(looks uint32) bool {
	s.still++
	return uint32(s.still) >= looks
}

// stalledFor counts a look without progress at a delivery, and returns true once
// there has been none for so long.
func (s *stallWatch) stalledFor(timeout time.Duration) bool {
	s.still++
	return s.still == math.MaxUint16 || time.Duration(s.still)*deliveryLook >= timeout
}
