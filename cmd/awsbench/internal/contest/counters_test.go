package contest

import (
	"maps"
	"testing"
)

func TestCountersOfAllLoopsAreSummed(t *testing.T) {
	const log = `time=2030-01-02T03:04:05.000Z level=WARN msg="something else" n=3
time=2030-01-02T03:04:05.000Z level=INFO msg="counters" loop=0 engine.waits=10 engine.recvs=20
time=2030-01-02T03:04:05.000Z level=INFO msg="counters" loop=1 engine.waits=1 engine.recvs=2
time=2030-01-02T03:04:05.000Z level=INFO msg="counters" loop=2 engine.waits=1`
	counters, lines := parseCounters(log)
	if want := map[string]uint64{"waits": 11, "recvs": 22}; lines != 2 || !maps.Equal(counters, want) {
		t.Errorf("%d lines, %v; want 2, %v", lines, counters, want)
	}
}
