package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aws/cmd/awsbench/internal/contest"
	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/proc"
)

// syscallTime is how long system calls are counted: at most for one round, but
// long enough for a comparison of two builds, which is about a few per cent.
func (w *work) syscallTime() time.Duration {
	if slices.ContainsFunc(w.Contestants, func(c contest.Contestant) bool { return c.Before != "" }) {
		return max(w.Duration, time.Second)
	}
	return min(w.Duration, 300*time.Millisecond)
}

// countSyscalls counts each contestant's system calls per request. Counting
// costs time, so it has a run of its own: with tracepoints or, if they are out
// of reach, with strace.
func (w *work) countSyscalls(ctx context.Context) error {
	if !w.Syscalls {
		return nil
	}
	for _, e := range w.fair() {
		w.Progress.Step(fmt.Sprintf("%s · system calls · %s", w.Title, e.contestant.Name))
		err := w.countOne(ctx, e)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.note("System calls of %s were not counted: %v.", e.contestant.Name, err)
		}
	}
	return nil
}

// countOne counts during a running load, so that opening the connections is not
// included.
func (w *work) countOne(ctx context.Context, e *entry) error {
	l, err := load.Start(load.Plan{
		Addr: e.server.Addr, Targets: w.targets, Connections: w.Scenario.Connections, Pipeline: w.Pipeline,
		PerRequest: w.PerRequest, SampleEvery: w.sampleEvery(), CPUs: w.ClientCPUs,
	})
	if err != nil {
		return err
	}
	defer func() { _, _ = l.Stop() }() // the rounds have checked the answers
	w.await(ctx, l, load.Totals{}, 0)
	pause(ctx, l, w.Warmup)
	if e.contestant.AWS {
		if e.row.Counters, err = w.ownCounters(ctx, e, l); err != nil {
			w.note("%s: %v.", e.contestant.Name, err)
		}
	}
	from := "tracepoints"
	counts, err := w.tracepoints(ctx, e, l)
	if err != nil {
		from = "strace -c"
		counts, err = w.strace(ctx, e, l)
	}
	if err == nil {
		e.row.Syscalls, e.row.SyscallsFrom = counts, from
	}
	return err
}

func (w *work) tracepoints(ctx context.Context, e *entry, l *load.Load) (map[string]float64, error) {
	counter, err := proc.CountSyscalls(e.server.Processes())
	if err != nil {
		return nil, err
	}
	defer counter.Close()
	before := l.Totals()
	first, err := counter.Read()
	if err != nil {
		return nil, err
	}
	pause(ctx, l, w.syscallTime())
	w.await(ctx, l, before, w.enough())
	after := l.Totals()
	last, err := counter.Read()
	if err != nil {
		return nil, err
	}
	requests := w.requests(before, after)
	if requests == 0 {
		return nil, fmt.Errorf("no answer in %v", answerTimeout)
	}
	counts := map[string]float64{}
	for name, n := range last {
		// Others is the difference of counts that are read one after another,
		// so it may appear to decrease.
		if made := int64(n - first[name]); made > 0 {
			counts[name] = float64(made) / requests
		}
	}
	return counts, nil
}

// ownCounters returns the counters of aws's engines per request. They include
// events that are not system calls, such as short sends and reads from the page
// cache.
func (w *work) ownCounters(ctx context.Context, e *entry, l *load.Load) (map[string]float64, error) {
	before := l.Totals()
	first, err := e.server.Counters(w.bench.Workers)
	if err != nil {
		return nil, err
	}
	pause(ctx, l, w.syscallTime())
	w.await(ctx, l, before, w.enough())
	after := l.Totals()
	last, err := e.server.Counters(w.bench.Workers)
	if err != nil {
		return nil, err
	}
	counts := map[string]float64{}
	for name, n := range last {
		if made := int64(n - first[name]); made > 0 {
			counts[name] = float64(made) / max(1, w.requests(before, after))
		}
	}
	return counts, nil
}
