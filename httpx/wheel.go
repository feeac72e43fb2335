// A wheel of lists: connections that wait for their turn to send (pacing.go), by the time
// at which it comes. deadlines.go cannot have them, whose times all lie equally far ahead.

package httpx

import (
	"errors"
	"math/bits"
	"time"

	"aws/backend"
)

const (
	// wheelTick is the time that a list stands for, in nanoseconds as a power of two:
	// about 8 ms, by which a turn may come late.
	wheelTick = 23
	// wheelLists is how many there are: as many as a word has bits. Who waits for longer
	// than these stand for, half a second, is put on the last one and looked at again.
	wheelLists = 64
)

// wheel is that of a loop. Adding, removing and taking cost O(1).
type wheel struct {
	lists [wheelLists]backend.List
	used  uint64 // a bit for each list that is not empty
	tick  int64  // of the list that is to be taken next
	links []backend.Link
	due   []int64 // by slot: when the turn comes, by the loop's clock
	on    []uint8 // by slot: the number of the list and 1, or 0
}

func newWheel(slots int) (w wheel, err error) {
	for i := range w.lists {
		w.lists[i] = backend.NewList()
	}
	var errs [3]error
	w.links, errs[0] = backend.MapArray[backend.Link](slots)
	w.due, errs[1] = backend.MapArray[int64](slots)
	w.on, errs[2] = backend.MapArray[uint8](slots)
	return w, errors.Join(errs[:]...)
}

func (w *wheel) destroy() {
	backend.UnmapArray(w.links)
	backend.UnmapArray(w.due)
	backend.UnmapArray(w.on)
}

// add has a slot, which is not on the wheel, wait for its time. now is the loop's.
func (w *wheel) add(slot int32, due, now int64) {
	if w.used == 0 {
		w.tick = now >> wheelTick
	}
	w.due[slot] = due
	w.put(slot)
}

// put puts a slot onto the list that is taken at the end of its tick or, if that is too
// far ahead, onto the last one.
func (w *wheel) put(slot int32) {
	tick := w.due[slot]>>wheelTick + 1 // so that it never comes early
	i := uint64(min(max(tick, w.tick), w.tick+wheelLists-1)) % wheelLists
	w.lists[i].PushBack(w.links, slot)
	w.used |= 1 << i
	w.on[slot] = uint8(i) + 1
}

// has says that the slot waits.
func (w *wheel) has(slot int32) bool { return w.on[slot] != 0 }

// remove takes a slot off the wheel, if it is there.
func (w *wheel) remove(slot int32) {
	if w.on[slot] == 0 {
		return
	}
	i := w.on[slot] - 1
	w.on[slot] = 0
	w.lists[i].Remove(w.links, slot)
	if w.lists[i].Empty() {
		w.used &^= 1 << i
	}
}

// untilNext is the time until the next list is to be taken, below 0 if nobody waits.
func (w *wheel) untilNext(now int64) time.Duration {
	if w.used == 0 {
		return -1
	}
	return time.Duration(max((w.tick+w.ahead())<<wheelTick-now, 0))
}

// ahead is how many ticks after the next one the first list lies that is not empty.
func (w *wheel) ahead() int64 {
	return int64(bits.TrailingZeros64(bits.RotateLeft64(w.used, -int(w.tick%wheelLists))))
}

// next takes a slot whose time has come off the wheel, or returns none.
func (w *wheel) next(now int64) (slot int32) {
	for w.used != 0 {
		if w.tick+w.ahead() > now>>wheelTick {
			return none
		}
		w.tick += w.ahead()
		slot = w.lists[w.tick%wheelLists].First
		w.remove(slot)
		if w.due[slot] <= now {
			return slot
		}
		w.put(slot) // it waits for longer than the wheel goes round
	}
	return none
}
