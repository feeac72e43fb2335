package httpx

// stallParts is how many times a transfer is looked at before it counts as
// stalled: once in each part of the stall timeout.
const stallParts = 4

// stallWatch tells a transfer that moves slowly from one that has stalled.
type stallWatch struct {
	still   uint8 // parts of the stall timeout that have passed without progress
	unacked int32 // bytes unacknowledged at the last look, -1 if there was none
}

// progress notes that the transfer has moved.
func (s *stallWatch) progress() { s.still, s.unacked = 0, -1 }

// acknowledged looks at how many bytes the client has not acknowledged, and
// returns true if it has acknowledged some since the last look. That the engine
// had nothing to complete proves nothing while it sends: the kernel takes more
// only when a third of its buffer is free, and a slow client may need minutes
// for that.
func (s *stallWatch) acknowledged(unacked int) bool {
	before := s.unacked
	s.unacked = int32(unacked)
	if before >= 0 && s.unacked >= before {
		return false
	}
	s.still = 0
	return true
}

// stalled counts a part without progress, and returns true after the last one.
func (s *stallWatch) stalled() bool {
	s.still++
	return s.still >= stallParts
}
