package limit

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A bucket lets through what one with a fraction of a token in it would: at random times,
// for rates that divide a second and rates that do not.
func TestTakeAgainstModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		n, burst int64
		per      time.Duration
	}{{1, 1, time.Second}, {10, 50, time.Second}, {7, 3, time.Second}, {90, 90, time.Minute}, {1000, 1, time.Second}} {
		rate := NewRate(c.n, c.per, c.burst)
		var b Bucket
		tokens, now := float64(c.burst), int64(0)
		perToken := float64(c.per) / float64(c.n)
		for range 20_000 {
			passed := r.Int64N(int64(2 * perToken))
			now += passed
			tokens = min(tokens+float64(passed)/perToken, float64(c.burst))
			wait := b.Take(&rate, now)
			if clear := tokens-1 > 1e-3; clear && wait > 0 || tokens-1 < -1e-3 && wait == 0 {
				t.Fatalf("%+v: with %v tokens it is %v", c, tokens, wait)
			}
			if wait == 0 {
				tokens--
			} else if d := (1-tokens)*perToken - float64(wait); d > 0.01*perToken || d < -0.01*perToken {
				t.Fatalf("%+v: with %v tokens the wait is %d", c, tokens, wait)
			}
		}
	}
}

// Reservations of one bucket come one after the other, whoever makes them, at the rate;
// what is given back may be reserved again.
func TestReservationsAreALine(t *testing.T) {
	rate := NewRate(1000, time.Second, 0)
	var b Bucket
	const now = int64(5 * time.Second)
	for i := range int64(100) {
		if due := b.Reserve(&rate, 500, now); due != now+i*int64(time.Second/2) {
			t.Fatalf("number %d is due in %v", i, time.Duration(due-now))
		}
	}
	b.GiveBack(&rate, 100*500)
	if behind := b.Behind(now); behind != 0 {
		t.Errorf("with all given back it is %d behind", behind)
	}
	burst := NewRate(1000, time.Second, 2001)
	for i, want := range []time.Duration{-2, -1, 0, 1} {
		if due := b.Reserve(&burst, 1000, now); due != now+int64(want*time.Second) {
			t.Errorf("with a burst, number %d is due in %v", i, time.Duration(due-now))
		}
	}
}

// The largest numbers that there may be do not overflow.
func TestLargeRates(t *testing.T) {
	rate := NewRate(1<<30, time.Second, 1<<62)
	var b Bucket
	for range 1000 {
		if due := b.Reserve(&rate, 256<<10, 0); due > 0 {
			t.Fatalf("due in %v", time.Duration(due))
		}
	}
	slow := NewRate(1, time.Minute, 1<<30)
	for range 1000 {
		if wait := new(Bucket).Take(&slow, 1<<60); wait != 0 {
			t.Fatalf("a full bucket has %d to wait", wait)
		}
	}
}
