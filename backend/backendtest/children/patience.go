package children

import (
	"testing"
	"time"
)

// began is when the test binary started, to within its initialisation.
var began = time.Now()

// limit is the time that a test has where `go test -timeout=0` sets none.
const limit = 24 * time.Hour

// Deadline is when a test must stop waiting. It leaves a margin before the
// test binary's own deadline, in which the test reports and cleans up.
func Deadline(t testing.TB) time.Time {
	end, margin := end(t)
	return end.Add(-margin)
}

// Patience is how long a test may wait for what is bound to happen: all of the
// time that it has left. No test fails because a machine is slow.
func Patience(t testing.TB) time.Duration { return time.Until(Deadline(t)) }

// killTime is when a child is killed. It leaves time to end the child in order
// after Deadline, and time to report after that.
func killTime(t testing.TB) time.Time {
	end, margin := end(t)
	return end.Add(-margin / 2)
}

// end is the deadline of the test binary, and the margin to keep before it.
func end(t testing.TB) (end time.Time, margin time.Duration) {
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok { // a benchmark has none
		end, ok = d.Deadline()
		if ok {
			return end, min(time.Minute, end.Sub(began)/10)
		}
	}
	return began.Add(limit), time.Minute
}

// Eventually waits until something is so.
func Eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := Deadline(t); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for %s", what)
		}
	}
}

// Closed waits until a channel is closed or delivers a value.
func Closed[T any](t testing.TB, what string, c <-chan T) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(Patience(t)):
		t.Fatalf("still waiting for %s", what)
	}
}
