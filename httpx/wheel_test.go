package httpx

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The wheel behaves as a map that is searched each time, under random operations: nobody
// comes early, and nobody late by more than two ticks.
func TestWheelAgainstModel(t *testing.T) {
	const slots, late = 50, int64(2 << wheelTick)
	r := rand.New(rand.NewPCG(1, 2))
	w, err := newWheel(slots)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.destroy)
	model := map[int32]int64{}
	now := int64(0)
	for range 100_000 {
		slot := int32(r.IntN(slots))
		switch _, waits := model[slot]; {
		case r.IntN(3) > 0:
			if waits {
				w.remove(slot)
				delete(model, slot)
			}
		case !waits:
			model[slot] = now + r.Int64N(int64(3*time.Second)) - int64(time.Second/2)
			w.add(slot, model[slot], now)
		}
		if next := w.untilNext(now); len(model) == 0 && next >= 0 || len(model) > 0 && next < 0 {
			t.Fatalf("%d wait, and the next is due in %v", len(model), next)
		} else if next > 0 && r.IntN(2) == 0 {
			now += int64(next) // as a loop does that has nothing else to do
		} else {
			now += r.Int64N(int64(20 * time.Millisecond))
		}
		for {
			slot := w.next(now)
			if slot == none {
				break
			}
			if due, waits := model[slot]; !waits || due > now {
				t.Fatalf("at %d comes slot %d, which is due at %d", now, slot, due)
			}
			delete(model, slot)
		}
		for slot, due := range model {
			if due+late < now || !w.has(slot) {
				t.Fatalf("at %d slot %d still waits, which was due at %d", now, slot, due)
			}
		}
	}
}
