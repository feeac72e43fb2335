package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/proc"
	"aws/cmd/awsbench/internal/record"
)

const (
	slowBytes    = 4 << 10
	slowInterval = 250 * time.Millisecond
	// settleTime lets servers finish their work after a burst of connections,
	// such as filling the socket buffers of slow readers. It is repeated until
	// the server is calm, for at most maxSettle.
	settleTime = 200 * time.Millisecond
	maxSettle  = 5 * time.Second
	calm       = 0.3 // of a CPU
	// minAlive is the share of held connections that must still be open at the
	// end of a round.
	minAlive = 0.99
)

// fileLimit returns the limit on open files of this process, which servers
// inherit.
func fileLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024 // the usual default
	}
	return int(min(limit.Cur, 1<<20))
}

// reservedFiles are descriptors for other things than connections: files,
// listeners, the probe.
const reservedFiles = 256

// fitLimit reduces the connections to what the limit on open files allows one
// process, generator or server, and notes that.
func (w *work) fitLimit() {
	fit := func(n *int, most int) {
		if *n > most {
			w.note("%d connections instead of %d. %s", most, *n, limited())
			*n = most
		}
	}
	most := fileLimit() - reservedFiles
	fit(&w.Scenario.Connections, most)
	fit(&w.Beside, most-w.Scenario.Connections)
}

// limited says why there are not more connections. The limit was raised as far
// as possible before the run.
func limited() string {
	return fmt.Sprintf("The limit on open files is %d, and this process may not raise it (ulimit -Hn).", fileLimit())
}

// holdable returns how many of n connections can be held open to a contestant:
// all, or fewer if the server counts several descriptors for each.
func (w *work) holdable(e *entry, n int) int {
	if files := max(1, e.contestant.FilesPerConnection); n > (fileLimit()-reservedFiles)/files {
		most := (fileLimit() - reservedFiles) / files
		note := fmt.Sprintf("%s: %d connections instead of %d, because it counts %d open files per connection. %s", e.contestant.Name, most, n, files, limited())
		n = most
		if !slices.Contains(w.out.Notes, note) {
			w.out.Notes = append(w.out.Notes, note)
		}
	}
	return n
}

// held measures what a server holds for connections that do little. Each round
// has a fresh server, because memory that was used once is rarely given back.
func (w *work) held(ctx context.Context) error {
	for round := range w.Rounds {
		for _, e := range w.turns(round) {
			w.step(e, round, "")
			if err := w.start(ctx, e); err != nil {
				return err
			}
			if e.row.Refused != "" {
				continue
			}
			r, err := w.heldRound(ctx, e)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				e.refuse(err)
				continue
			}
			e.row.Rounds = append(e.row.Rounds, r)
			e.stop()
		}
	}
	return nil
}

// heldRound measures what further connections hold after the first one. What
// only the first one needs, such as code that had not run yet, counts as the
// server's.
func (w *work) heldRound(ctx context.Context, e *entry) (r record.Round, err error) {
	if err := warm(w.data.large(w.targets)); err != nil {
		return r, err
	}
	pids := e.server.Processes()
	first, err := w.hold(e, 1)
	if err != nil {
		return r, err
	}
	defer first.Close()
	if err := settle(ctx, pids); err != nil {
		return r, err
	}
	before, err := proc.ReadMemory(pids)
	if err != nil {
		return r, err
	}
	n := w.holdable(e, w.Scenario.Connections)
	held, err := w.hold(e, n)
	if err != nil {
		return r, err
	}
	defer held.Close()
	if err := settle(ctx, pids); err != nil {
		return r, err
	}
	after, err := proc.ReadMemory(pids)
	if err != nil {
		return r, err
	}
	r.BytesPerConnection = max(0, float64(after.PSS)-float64(before.PSS)) / float64(n)
	r.RSS, r.PSS = after.RSS, after.PSS
	begin, err := proc.ReadUsage(pids)
	if err != nil {
		return r, err
	}
	start := time.Now()
	probe, err := w.startProbe(e)
	if err != nil {
		return r, err
	}
	pause(ctx, probe, w.Warmup+w.Duration)
	end, err := proc.ReadUsage(pids)
	result, err2 := probe.Stop()
	if err := errors.Join(err2, err); err != nil {
		return r, err
	}
	r.Seconds, r.Requests = seconds(time.Since(start)), float64(result.Requests)
	user, system := end.Sub(begin).Split()
	r.User, r.System = seconds(user), seconds(system)
	r.Probe = latency(result, probeRate)
	if r.Held = held.Alive(); float64(r.Held) < minAlive*float64(n) {
		return r, fmt.Errorf("only %d of %d connections were still open at the end", r.Held, n)
	}
	return r, nil
}

// settle waits until processes are calm.
func settle(ctx context.Context, pids []int) error {
	for range maxSettle / settleTime {
		before, err := proc.CPU(pids)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settleTime):
		}
		after, err := proc.CPU(pids)
		if err != nil || (after-before).Seconds() < calm*settleTime.Seconds() {
			return err
		}
	}
	return nil // it never calms down, which the figures will show
}

func (w *work) hold(e *entry, n int) (*load.Held, error) {
	if w.Slow {
		return load.HoldSlow(e.server.Addr, w.targets[0], n, slowBytes, slowInterval)
	}
	return load.HoldIdle(e.server.Addr, w.targets[0], n)
}

// starts measures the time from a server's start to its first answer.
func (w *work) starts(ctx context.Context) error {
	for round := range w.Rounds {
		for _, e := range w.turns(round) {
			w.step(e, round, "")
			if err := w.start(ctx, e); err != nil {
				return err
			}
			if e.server != nil { // verify received the first answer
				first := time.Since(e.server.Begin)
				e.row.Rounds = append(e.row.Rounds, record.Round{FirstAnswer: seconds(first)})
				e.stop()
			}
		}
	}
	return nil
}
