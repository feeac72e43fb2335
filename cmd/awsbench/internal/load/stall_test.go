package load

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"aws/backend/backendtest/children"
)

// stalled is how a load sees a server that stalls for a while.
type stalled struct {
	held    int64 // latencies of at least half the stall
	elapsed time.Duration
}

const (
	stallConnections = 4
	stall            = 400 * time.Millisecond
)

// loadWithStall runs a load, at a rate or in a closed loop, on a server that
// stalls once and for a while, counted from when all connections wait for it.
func loadWithStall(t *testing.T, rate float64) stalled {
	t.Helper()
	var gate sync.RWMutex
	var waiting, answered atomic.Int64
	addr := serve(t, func(w io.Writer, r *http.Request) bool {
		waiting.Add(1)
		gate.RLock()
		defer gate.RUnlock()
		waiting.Add(-1)
		answered.Add(1)
		return ok(w, []byte("ok"))
	})
	begin := time.Now()
	l, err := Start(Plan{
		Addr: addr, Targets: []Target{target("/", []byte("ok"))}, Connections: stallConnections, Pipeline: 1,
		Rate: rate, Duration: time.Hour, SampleEvery: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	children.Eventually(t, "the load runs", func() bool { return answered.Load() >= 50 })
	gate.Lock()
	children.Eventually(t, "all connections wait", func() bool { return waiting.Load() == stallConnections })
	time.Sleep(stall)
	gate.Unlock()
	// Go on until all requests that were due in the stall are answered.
	since := answered.Load()
	children.Eventually(t, "the load goes on", func() bool { return answered.Load() >= since+int64(rate*stall.Seconds())+stallConnections })
	result, err := l.Stop()
	if err != nil {
		t.Fatal(err)
	}
	return stalled{longer(result.Latency, stall/2), time.Since(begin)}
}

// A server that stalls delays all requests that are due in that time. A closed
// loop sends none meanwhile, so it sees only one slow answer per connection. An
// open loop must see them all (coordinated omission).
func TestOpenLoopShowsAStallThatAClosedLoopHides(t *testing.T) {
	const rate = 1000
	// A connection of a closed loop has one request at a time, so the elapsed
	// time bounds the number of slow ones, however busy the machine is.
	closed := loadWithStall(t, 0)
	if most := int64(stallConnections * (1 + closed.elapsed/(stall/2))); closed.held < stallConnections || closed.held > most {
		t.Errorf("the closed loop shows %d delayed requests, want %d to %d", closed.held, stallConnections, most)
	}
	// Requests that were due in the first half of the stall waited for at least
	// all of its second half.
	open := loadWithStall(t, rate)
	if want := int64(rate * (stall / 2).Seconds() * 0.9); open.held < want {
		t.Errorf("the open loop shows %d delayed requests, want at least %d", open.held, want)
	}
}

// longer counts the latencies of at least a given time.
func longer(h *hdrhistogram.Histogram, than time.Duration) int64 {
	n := int64(0)
	for _, bar := range h.Distribution() {
		if bar.From >= int64(than) {
			n += bar.Count
		}
	}
	return n
}
