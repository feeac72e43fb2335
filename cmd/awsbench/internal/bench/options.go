package bench

import (
	"fmt"
	"time"

	"aws/cmd/awsbench/internal/contest"
)

// Options of a run.
type Options struct {
	Dir         string // exists, empty, the caller's to remove
	Contestants []contest.Contestant
	Scenarios   []Scenario
	Baseline    string

	Rounds           int
	Warmup, Duration time.Duration
	ServerCPUs       []int // none: not pinned
	ClientCPUs       []int
	Workers          int
	CPUs             []int // that this process may use, before it is pinned

	Growth []contest.Contestant // those whose curves are measured too; none: no curves

	Small       bool    // little data
	Latency     bool    // open loops too
	Load        float64 // of the open loops, as a share of the baseline's throughput
	Rate        float64 // of the open loops instead, requests per second
	Syscalls    bool    // count them, where strace is installed
	SampleEvery int     // one body in so many is hashed
	Wrk         string  // path of wrk, to make the load with instead
	Connections int     // instead of those of the scenario

	Progress Progress
}

// Progress is told how far a run is. Any of its methods may be called from
// one goroutine only.
type Progress interface {
	// Begin says how many steps there will be.
	Begin(steps int)
	// Step begins a step.
	Step(what string)
}

func (o *Options) check() error {
	switch {
	case len(o.Contestants) == 0:
		return fmt.Errorf("no contestant can be started here")
	case o.Rounds < 1:
		return fmt.Errorf("--rounds=%d: want 1 or more", o.Rounds)
	case o.Duration < 10*time.Millisecond:
		return fmt.Errorf("--duration=%v: want 10ms or more", o.Duration)
	case o.Load <= 0 && o.Rate <= 0:
		return fmt.Errorf("--load=%v: want more than 0", o.Load)
	case o.Workers < 1:
		return fmt.Errorf("--workers=%d: want 1 or more", o.Workers)
	}
	names := map[string]bool{}
	for _, c := range o.Contestants {
		if names[c.Name] {
			return fmt.Errorf("two contestants are named %s", c.Name)
		}
		names[c.Name] = true
	}
	if !names[o.Baseline] {
		return fmt.Errorf("the baseline %q takes no part", o.Baseline)
	}
	return nil
}
