// Package awaittest lets tests wait for what must happen, for as long as the
// test may run: how long it takes on a busy machine is no business of a test.
package awaittest

import (
	"testing"
	"time"
)

// reserve is what is left of a test's time for its report and its clean-up.
const reserve = 10 * time.Second

// Until waits until ready says yes, and fails the test when its time is over.
func Until(t *testing.T, what string, ready func() bool) {
	t.Helper()
	end := deadline(t)
	for !ready() {
		if !end.IsZero() && time.Now().After(end) {
			t.Fatalf("in vain: waiting until %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// Closed waits until a channel is closed or has something.
func Closed[T any](t *testing.T, what string, c <-chan T) {
	t.Helper()
	var over <-chan time.Time // never, without a time limit
	if end := deadline(t); !end.IsZero() {
		over = time.After(time.Until(end))
	}
	select {
	case <-c:
	case <-over:
		t.Fatalf("in vain: waiting until %s", what)
	}
}

// deadline is when to give up; zero: never.
func deadline(t *testing.T) time.Time {
	end, limited := t.Deadline()
	if !limited {
		return time.Time{}
	}
	return end.Add(-reserve)
}
