// Package awaittest lets tests wait for events until their own deadline. A test
// must not depend on how long something takes on a busy machine.
package awaittest

import (
	"testing"
	"time"
)

// reserve is the part of a test's time that remains for its report and clean-up.
const reserve = 10 * time.Second

// Until waits until ready reports true, and fails the test at its deadline.
func Until(t *testing.T, what string, ready func() bool) {
	t.Helper()
	end := deadline(t)
	for !ready() {
		if !end.IsZero() && time.Now().After(end) {
			t.Fatalf("gave up waiting until %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// Closed waits until a channel is closed or delivers a value.
func Closed[T any](t *testing.T, what string, c <-chan T) {
	t.Helper()
	var over <-chan time.Time // never delivers without a deadline
	if end := deadline(t); !end.IsZero() {
		over = time.After(time.Until(end))
	}
	select {
	case <-c:
	case <-over:
		t.Fatalf("gave up waiting until %s", what)
	}
}

// deadline returns when to give up; zero means never.
func deadline(t *testing.T) time.Time {
	end, limited := t.Deadline()
	if !limited {
		return time.Time{}
	}
	return end.Add(-reserve)
}
