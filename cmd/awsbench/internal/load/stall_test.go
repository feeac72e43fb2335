package load

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A server that stands still for a while holds up all requests that fall into
// that time. A closed loop asks nothing meanwhile, and so sees one slow answer
// per connection; an open loop must see them all (coordinated omission).
func TestOpenLoopShowsAStallThatAClosedLoopHides(t *testing.T) {
	const (
		connections = 4
		stall       = 400 * time.Millisecond
		rate        = 1000
	)
	slow := func(rate float64) (held, all int64) {
		var gate sync.RWMutex
		var answered atomic.Int64
		addr := serve(t, func(w io.Writer, r *http.Request) bool {
			gate.RLock()
			defer gate.RUnlock()
			answered.Add(1)
			return ok(w, []byte("ok"))
		})
		l, err := Start(Plan{
			Addr: addr, Targets: []Target{target("/", []byte("ok"))}, Connections: connections, Pipeline: 1,
			Rate: rate, Duration: 1200 * time.Millisecond, SampleEvery: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		for answered.Load() < 50 {
			time.Sleep(time.Millisecond)
		}
		gate.Lock()
		time.Sleep(stall)
		gate.Unlock()
		result, err := l.Wait()
		if err != nil {
			t.Fatal(err)
		}
		return longer(result.Latency, stall/2), result.Latency.TotalCount()
	}
	closed, of := slow(0)
	t.Logf("closed loop: %d of %d answers took longer than half the stall", closed, of)
	open, of := slow(rate)
	t.Logf("open loop: %d of %d", open, of)
	// Of the requests due in the stall those of its first half waited longer
	// than the second half lasts.
	if want := int64(rate * (stall / 2).Seconds() * 0.9); open < want {
		t.Errorf("the open loop shows %d held up requests, want at least %d", open, want)
	}
	if closed == 0 || open < 10*closed {
		t.Errorf("the closed loop shows %d held up requests, the open loop %d", closed, open)
	}
}

// longer counts the values above a time.
func longer(h *hdrhistogram.Histogram, than time.Duration) int64 {
	n := int64(0)
	for _, bar := range h.Distribution() {
		if bar.From >= int64(than) {
			n += bar.Count
		}
	}
	return n
}
