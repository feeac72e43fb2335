package httpx

import (
	"math/rand/v2"
	"testing"
	"time"
)

// armed is a deadline of the model: a map that is searched each time.
type armed struct {
	kind  deadline
	due   int64
	order int // in which it was armed
}

// earliest returns the slot that expired has to return: the one armed first of the
// first kind.
func earliest(model map[int32]armed, now int64) (slot int32, found bool) {
	slot = none
	for s, a := range model {
		if a.due > now {
			continue
		}
		if b := model[slot]; slot == none || a.kind < b.kind || a.kind == b.kind && a.order < b.order {
			slot = s
		}
	}
	return slot, slot != none
}

// Deadlines behave as the model does, under random operations.
func TestDeadlinesAgainstModel(t *testing.T) {
	const slots = 30
	r := rand.New(rand.NewPCG(1, 1))
	config := testConfig("")
	after := map[deadline]time.Duration{
		headerDeadline: config.HeaderTimeout, idleDeadline: config.IdleTimeout,
		stallDeadline: config.stallLook(), lookUpDeadline: config.LookUpTimeout, bodyDeadline: config.bodyLook(),
		lingerDeadline: lingerTimeout, deliveryDeadline: deliveryLook,
	}
	var durations [deadlineKinds]time.Duration
	for kind, d := range after {
		durations[kind] = d
	}
	d, err := newDeadlines(slots, durations)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.destroy)
	model := map[int32]armed{}
	now := int64(0)
	for order := range 50000 {
		now += r.Int64N(4) * int64(time.Second) / 2 // so that some fall on deadlines
		slot := int32(r.IntN(slots))
		switch r.IntN(4) {
		case 0, 1:
			kind := 1 + deadline(r.IntN(int(deadlineKinds)-1))
			d.arm(slot, kind, now)
			model[slot] = armed{kind, now + int64(after[kind]), order}
		case 2:
			d.disarm(slot)
			delete(model, slot)
		case 3:
			checkExpired(t, &d, model, now)
		}
		checkNext(t, &d, model, now)
	}
}

// checkExpired takes all deadlines that are due.
func checkExpired(t *testing.T, d *deadlines, model map[int32]armed, now int64) {
	t.Helper()
	for {
		slot, kind := d.expired(now)
		want, found := earliest(model, now)
		if slot != want || found && kind != model[want].kind || !found && kind != noDeadline {
			t.Fatalf("expired at %d is %d with kind %d, want %d with %+v", now, slot, kind, want, model[want])
		}
		if !found {
			return
		}
		delete(model, slot)
	}
}

// checkNext checks the time until the next deadline.
func checkNext(t *testing.T, d *deadlines, model map[int32]armed, now int64) {
	t.Helper()
	want := time.Duration(-1)
	for _, a := range model {
		if left := time.Duration(max(a.due-now, 0)); want < 0 || left < want {
			want = left
		}
	}
	if got := d.untilNext(now); got != want {
		t.Fatalf("untilNext at %d is %v, want %v", now, got, want)
	}
}
