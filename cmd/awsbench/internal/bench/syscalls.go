package bench

import (
	"context"
	"fmt"
	"time"

	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/proc"
)

// syscallTime is how long system calls are counted: no longer than a round.
func (w *work) syscallTime() time.Duration { return min(w.Duration, 300*time.Millisecond) }

// countSyscalls counts each contestant's system calls per request in a run of
// its own, since counting costs time: by tracepoints, or under strace where
// they are out of reach.
func (w *work) countSyscalls(ctx context.Context) error {
	if !w.Syscalls {
		return nil
	}
	for _, e := range w.fair() {
		w.Progress.Step(fmt.Sprintf("%s · system calls · %s", w.Title, e.contestant.Name))
		l, err := load.Start(load.Plan{
			Addr: e.server.Addr, Targets: w.targets, Connections: w.Scenario.Connections, Pipeline: w.Pipeline,
			PerRequest: w.PerRequest, SampleEvery: w.sampleEvery(), CPUs: w.ClientCPUs,
		})
		if err != nil {
			return err
		}
		// Counted between two moments of a load that is running, so that
		// opening the connections is not part of it.
		w.awaitAnswer(ctx, l, load.Totals{})
		pause(ctx, l, w.Warmup)
		from := "tracepoints"
		counts, err := w.tracepoints(ctx, e, l)
		if err != nil {
			from = "strace -c"
			counts, err = w.strace(ctx, e, l)
		}
		_, _ = l.Stop() // what was answered has been judged in the rounds
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.note("System calls of %s are not counted: %v.", e.contestant.Name, err)
			continue
		}
		e.row.Syscalls, e.row.SyscallsFrom = counts, from
	}
	return nil
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
	w.awaitAnswer(ctx, l, before)
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
		// Others is a difference of counts that are read one after the other,
		// and so may seem to have gone down.
		if made := int64(n - first[name]); made > 0 {
			counts[name] = float64(made) / requests
		}
	}
	return counts, nil
}
