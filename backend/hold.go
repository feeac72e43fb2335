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

// NewHold makes a Hold for up to capacity operations.
func NewHold(f *Faults, capacity int) Hold {
	if f == nil || f.Delay == 0 {
		return Hold{}
	}
	return Hold{delay: f.Delay, ring: make([]heldEntry, capacity)}
}

// Active says that operations are to be held.
func (h *Hold) Active() bool { return h.delay > 0 }

// Put holds an operation from now on.
func (h *Hold) Put(entry uint32) {
	Assert(h.count < len(h.ring), "hold: too many held operations")
	h.ring[(h.head+h.count)%len(h.ring)] = heldEntry{due: time.Now().Add(h.delay), entry: entry}
	h.count++
}

// Next says when the first operation is due.
func (h *Hold) Next() (due time.Time, ok bool) {
	if h.count == 0 {
		return time.Time{}, false
	}
	return h.ring[h.head].due, true
}

// Take takes out one operation whose delay is over.
func (h *Hold) Take() (entry uint32, ok bool) {
	if h.count == 0 || time.Now().Before(h.ring[h.head].due) {
		return 0, false
	}
	entry = h.ring[h.head].entry
	h.head = (h.head + 1) % len(h.ring)
	h.count--
	return entry, true
}
