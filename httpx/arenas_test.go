package httpx

import (
	"errors"
	"testing"

	"aws/backend/simio"
	"aws/httpx/httpxtest"
)

// A loop gives back what a burst has left even if nobody ever connects again, and
// then sleeps for good.
func TestIdleLoopGivesMemoryBack(t *testing.T) {
	const clients = warmBuffers + trimAtOnce + 10
	h := setup{root: httpxtest.Tree(t, connFiles), adjust: func(c *Config) { c.Connections = clients }}.open(t)
	for range clients {
		h.deaf(get("/dynamic/large"))
	}
	h.until("all to have their buffers", func() bool { return h.bodies.buffers.arena.Taken() >= clients })
	for _, c := range h.clients {
		c.peer.Reset()
		c.over = true
	}
	h.until("the end of all", func() bool { return h.open == 0 && h.readsInFlight() == 0 })
	if n := h.bodies.buffers.arena.Excess(warmBuffers); n < trimAtOnce {
		t.Fatalf("only %d buffers are left over", n)
	}
	var err error
	for err == nil {
		err = h.turn()
	}
	if !errors.Is(err, simio.ErrDeadlock) { // which is a wait without an end
		t.Fatal(err)
	}
	if due := h.arenas().untilTrim(); due >= 0 {
		t.Error("the loop sleeps with buffers left over")
	}
	h.settle()
}
