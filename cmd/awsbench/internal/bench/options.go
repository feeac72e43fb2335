package bench

import (
	"fmt"
	"time"

	"aws/cmd/awsbench/internal/contest"
)

// Options of a run.
type Options struct {
	Dir         string // an empty folder, which the caller removes
	Contestants []contest.Contestant
	Scenarios   []Scenario
	Baseline    string

	Rounds           int
	Warmup, Duration time.Duration
	ServerCPUs       []int // empty: not pinned
	ClientCPUs       []int
	Workers          int
	CPUs             []int // those that this process could use before it was pinned

	Growth []contest.Contestant // contestants whose curves are measured too; empty: no curves

	Small       bool    // use little data
	Latency     bool    // run open loops too
	Load        float64 // rate of the open loops, as a fraction of the baseline's throughput
	Rate        float64 // rate of the open loops in requests per second; 0: by Load
	Syscalls    bool    // count system calls
	SampleEvery int     // one body in this many is hashed
	Wrk         string  // path of wrk, if it generates the load
	Connections int     // instead of the scenario's; 0: the scenario's

	Progress Progress
}

// Progress is told how far a run has got. All its methods are called from one
// goroutine.
type Progress interface {
	// Begin says how many steps there will be, and how long they put load on the
	// servers altogether.
	Begin(steps int, load time.Duration)
	// Step begins a step.
	Step(what string)
}

func (o *Options) check() error {
	switch {
	case len(o.Contestants) == 0:
		return fmt.Errorf("no contestant can be started on this machine")
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
		return fmt.Errorf("the baseline %q is not among the contestants", o.Baseline)
	}
	return nil
}
