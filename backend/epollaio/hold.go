package epollaio

import (
	"time"

	"aws/backend"
)

// holding keeps operations back for an injected delay (--fault=delay=…). The
// delay is the same for all, so the queue is in order of time.
type holding struct {
	delay time.Duration // 0: nothing is ever held
	ring  []heldEntry
	head  int
	count int
}

type heldEntry struct {
	due   time.Time
	entry uint32 // as on the queue
}

func newHolding(delay time.Duration, capacity int) holding {
	return holding{delay: delay, ring: make([]heldEntry, capacity)}
}

func (h *holding) put(entry uint32) {
	backend.Assert(h.count < len(h.ring), "epoll-aio: too many held operations")
	h.ring[(h.head+h.count)%len(h.ring)] = heldEntry{due: time.Now().Add(h.delay), entry: entry}
	h.count++
}

// next says when the first operation is due.
func (h *holding) next() (due time.Time, ok bool) {
	if h.count == 0 {
		return time.Time{}, false
	}
	return h.ring[h.head].due, true
}

// release starts the operations whose delay is over.
func (e *engine) release() {
	h := &e.holding
	if h.count == 0 {
		return
	}
	now := time.Now()
	for h.count > 0 && !h.ring[h.head].due.After(now) {
		entry := h.ring[h.head].entry
		h.head = (h.head + 1) % len(h.ring)
		h.count--
		slot := entry &^ entryKind
		if entry&entryKind == readEntry {
			e.aio.pending = append(e.aio.pending, slot)
			continue
		}
		c := &e.conns[slot]
		c.bits &^= held
		e.enqueueIfReady(slot, c)
	}
}
