package backend

import "time"

// Hold keeps operations back for an injected delay (Faults.Delay). The delay
// is the same for all, so the queue is in order of time. The zero value holds
// nothing.
type Hold struct {
	delay time.Duration
	ring  []heldEntry
	head  int
	count int
}

type heldEntry struct {
	due   time.Time
	entry uint32 // as on a Queue
}

// NewHold makes a Hold for the operations that so many slots and reads can have
// in flight: a connection has two.
func NewHold(f *Faults, slots, reads int) Hold {
	if f == nil || f.Delay == 0 {
		return Hold{}
	}
	return Hold{delay: f.Delay, ring: make([]heldEntry, 2*slots+reads)}
}

// Active says that operations are to be held.
func (h *Hold) Active() bool { return h.delay > 0 }

// Put holds an operation from now on.
func (h *Hold) Put(entry uint32) {
	Assert(h.count < len(h.ring), "hold: too many held operations")
	h.ring[(h.head+h.count)%len(h.ring)] = heldEntry{due: time.Now().Add(h.delay), entry: entry}
	h.count++
}

// Bound shortens the timeout of a Wait to when the first operation is due.
func (h *Hold) Bound(timeout time.Duration) time.Duration {
	if h.count == 0 {
		return timeout
	}
	return Sooner(timeout, time.Until(h.ring[h.head].due))
}

// Take takes one operation whose delay is over.
func (h *Hold) Take() (entry uint32, ok bool) {
	if h.count == 0 || time.Now().Before(h.ring[h.head].due) {
		return 0, false
	}
	entry = h.ring[h.head].entry
	h.head = (h.head + 1) % len(h.ring)
	h.count--
	return entry, true
}
