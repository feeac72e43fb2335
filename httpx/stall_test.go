package httpx

import (
	"testing"
	"time"

	"aws/backend"
)

// unackedEngine only knows how many bytes are unacknowledged.
type unackedEngine struct {
	backend.Backend
	unacked int
}

func (e *unackedEngine) Unacked(backend.Token) int { return e.unacked }

// A client that acknowledges something now and then has not stalled, even while the
// kernel has no room for more.
func TestAcknowledgingClientHasNotStalled(t *testing.T) {
	engine := &unackedEngine{}
	deadlines, err := newDeadlines(1, [deadlineKinds]time.Duration{stallDeadline: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(deadlines.destroy)
	l := &loop{engine: engine, deadlines: deadlines, stallLooks: stallParts}
	c := &conn{state: responding, flags: sending}
	l.progress(c)
	looks := func(unacked ...int) (stalledAt int) {
		for i, n := range unacked {
			engine.unacked = n
			if l.look(c) == Stalled {
				return i
			}
		}
		return -1
	}
	if at := looks(900, 899, 899, 899, 899, 800, 800, 700, 600); at != -1 {
		t.Errorf("a slow client has stalled at look %d", at)
	}
	if at := looks(600, 600, 600, 600, 600); at != 3 {
		t.Errorf("a client that acknowledges nothing has stalled at look %d, want 3", at)
	}
	c.state, c.flags = readBody, 0 // nothing is being sent, so acknowledgements do not count
	l.progress(c)
	if at := looks(9, 8, 7, 6); at != stallParts-1 {
		t.Errorf("a body that does not come has stalled at look %d", at)
	}
}
