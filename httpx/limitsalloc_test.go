package httpx

import (
	"testing"
	"time"

	"aws/backend"
	"aws/httpx/httpxtest"
	"aws/httpx/limit"
)

// Limits allocate nothing: neither for a request that is counted, nor for one that is
// refused, nor for one that waits for its bandwidth.
func TestLimitsAllocateNothing(t *testing.T) {
	if httpxtest.RaceEnabled {
		t.Skip("the race detector allocates")
	}
	root := httpxtest.Tree(t, hotFiles)
	many, slow := limit.NewRate(1<<20, time.Second, 1<<20), limit.NewRate(1<<25, time.Second, 1)
	for _, e := range engines {
		for _, c := range []struct {
			name, path string
			status     int
			limits     Limits
		}{
			{"counted", "/static/1k", 200, Limits{Connections: 5, Rate: many, ClientRate: many, Requests: 1 << 20, MaxAge: time.Hour, Pipelined: 10}},
			{"refused", "/static/1k", 429, Limits{ClientRate: limit.NewRate(1, time.Minute, 1)}},
			{"waits", "/dynamic/300k", 200, Limits{ConnectionBandwidth: slow, ClientBandwidth: slow, Bandwidth: slow}},
		} {
			t.Run(e.name+"/"+c.name, func(t *testing.T) {
				r := newRawClient(t, root, e.open, func(config *Config, _ *backend.Listener) { config.Limits = c.limits })
				r.request = []byte(get(c.path))
				if c.status == 429 {
					r.response(t, "GET")
				}
				r.warmUp(t, "GET", c.status)
				if n := testing.AllocsPerRun(100, func() { r.exchange(t) }); n != 0 {
					t.Errorf("%v allocations per request", n)
				}
				if waited := r.loop.counters.waited > 0; waited != (c.name == "waits") {
					t.Errorf("it waited: %v", waited)
				}
			})
		}
	}
}
