package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/proc"
	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

// largeBody is the size from which a round has so few answers that parts of them
// count, and that latencies at a constant rate mean nothing.
const largeBody = mib

// paced reports whether a scenario has an open loop as well as a closed one.
func (w *work) paced() bool {
	return w.Latency && w.Pipeline == 1 && w.Body <= largeBody && w.Wrk == ""
}

func (w *work) throughput(ctx context.Context) error {
	if err := w.startAll(ctx); err != nil {
		return err
	}
	for _, e := range w.fair() {
		if err := w.serveBefore(e); err != nil {
			e.refuse(err)
		}
	}
	for round := range w.Rounds {
		for _, e := range w.turns(round) {
			w.step(e, round, "")
			r, err := w.closedLoop(ctx, e)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				e.refuse(err)
				continue
			}
			e.row.Rounds = append(e.row.Rounds, r)
		}
		if !w.paced() {
			continue
		}
		w.setRate()
		for _, e := range w.turns(round) {
			w.step(e, round, " at a rate")
			latency, err := w.openLoop(ctx, e)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				e.refuse(err)
				continue
			}
			e.row.Rounds[round].Open = latency
		}
	}
	if !w.Point {
		w.noteGenerator()
	}
	return w.countSyscalls(ctx)
}

// closedLoop measures one contestant in a closed loop.
func (w *work) closedLoop(ctx context.Context, e *entry) (record.Round, error) {
	if w.Wrk != "" {
		return w.closedByWrk(ctx, e)
	}
	if err := warm(w.data.large(w.targets)); err != nil {
		return record.Round{}, err
	}
	pids := e.server.Processes()
	if w.Beside > 0 {
		idle, err := load.HoldIdle(e.server.Addr, w.targets[0], w.holdable(e, w.Beside))
		if err != nil {
			return record.Round{}, err
		}
		defer idle.Close()
	}
	l, err := load.Start(load.Plan{
		Addr: e.server.Addr, Targets: w.targets, Connections: w.holdable(e, w.Scenario.Connections), Pipeline: w.Pipeline,
		PerRequest: w.PerRequest, Warmup: w.Warmup, SampleEvery: w.sampleEvery(), CPUs: w.ClientCPUs,
	})
	if err != nil {
		return record.Round{}, err
	}
	w.await(ctx, l, load.Totals{}, 0)
	pause(ctx, l, w.Warmup)
	before, err := w.read(l, pids)
	pause(ctx, l, w.Duration)
	w.await(ctx, l, before.load, w.enough())
	awaitAccount(ctx, l, pids, before.usage.CPU)
	after, err2 := w.read(l, pids)
	result, err3 := l.Stop()
	if err := errors.Join(err3, err, err2); err != nil {
		return record.Round{}, err
	}
	r := w.round(before, after)
	switch {
	case r.Requests == 0:
		return r, fmt.Errorf("no answer in %v", answerTimeout)
	case r.User+r.System == 0:
		return r, fmt.Errorf("no CPU time in %v", answerTimeout)
	}
	r.Reconnects, r.Sampled = result.Reconnects, result.Sampled
	if w.Body <= largeBody {
		r.Closed = latency(result, 0)
	}
	memory, err := proc.ReadMemory(pids)
	r.RSS, r.PSS = memory.RSS, memory.PSS
	return r, err
}

// sampleEvery says that one body in this many is hashed. Rounds have few large
// bodies, so a larger share of those is.
func (w *work) sampleEvery() int {
	if w.Body > largeBody {
		return max(1, w.SampleEvery/4)
	}
	return w.SampleEvery
}

// pause waits for d, or until the load ends.
func pause(ctx context.Context, l *load.Load, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-l.Done():
	case <-time.After(d):
	}
}

// enough returns the number of answers that a round needs. Answers in flight
// when it begins were paid for earlier, and those in flight when it ends are
// counted later; on a busy machine, a short round could consist of nothing
// else.
func (w *work) enough() float64 {
	const turns = 4 // of every connection
	if w.Body >= largeBody {
		return 0 // parts of large bodies count
	}
	return float64(turns * w.Scenario.Connections * w.Pipeline)
}

// await waits until that many answers have arrived since a reading, or at least
// part of one.
func (w *work) await(ctx context.Context, l *load.Load, since load.Totals, answers float64) {
	waitWhile(ctx, l, func() bool {
		made := w.requests(since, l.Totals())
		return made == 0 || made < answers
	})
}

// awaitAccount waits until the CPU time of processes has moved since a reading.
// The kernel's timer updates the account of a running thread only every 1 to
// 10 ms, and a round can be that short.
func awaitAccount(ctx context.Context, l *load.Load, pids []int, since time.Duration) {
	waitWhile(ctx, l, func() bool {
		now, err := proc.CPU(pids)
		return err == nil && now == since
	})
}

// waitWhile waits while lacking reports true and the load runs.
func waitWhile(ctx context.Context, l *load.Load, lacking func() bool) {
	for deadline := time.Now().Add(answerTimeout); lacking() && time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return
		case <-l.Done():
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// answerTimeout is how long a server may take for its answers before it is
// refused.
const answerTimeout = 30 * time.Second

// reading holds the counts at the start or the end of a measurement.
type reading struct {
	load  load.Totals
	usage proc.Usage
	busy  time.Duration // of the server's CPUs, whichever process used them
}

// read takes the generator's counts and the server's CPU time first and
// together, because the rest takes longer.
func (w *work) read(l *load.Load, pids []int) (r reading, err error) {
	r.load = l.Totals()
	if r.usage, err = proc.ReadUsage(pids); err != nil {
		return r, err
	}
	r.busy, err = proc.Busy(w.ServerCPUs)
	return r, err
}

// round returns what happened between two readings.
func (w *work) round(before, after reading) record.Round {
	used := after.usage.Sub(before.usage)
	user, system := used.Split()
	elapsed := after.load.At.Sub(before.load.At)
	r := record.Round{
		Seconds:  seconds(elapsed),
		Requests: w.requests(before.load, after.load),
		Bytes:    after.load.Bytes - before.load.Bytes,
		User:     seconds(user), System: seconds(system),
		Voluntary: used.Voluntary, Involuntary: used.Involuntary,
		Client: seconds(after.load.CPU - before.load.CPU),
	}
	if n := len(w.ServerCPUs); n > 0 {
		foreign := after.busy - before.busy - used.CPU
		r.Foreign = max(0, foreign.Seconds()/elapsed.Seconds()/float64(n))
	}
	return r
}

// requests returns how many requests were answered between two readings. Large
// bodies count by their bytes.
func (w *work) requests(before, after load.Totals) float64 {
	if w.Body >= largeBody {
		return float64(after.Bytes-before.Bytes) / float64(w.Body)
	}
	return float64(after.Requests - before.Requests)
}

// setRate derives the rate of the open loops from the baseline's first closed
// loop. All contestants get the same rate, so that their latencies compare.
func (w *work) setRate() {
	if w.out.Rate > 0 {
		return
	}
	if w.out.Rate = w.Rate; w.out.Rate > 0 {
		return
	}
	var all []float64
	for _, e := range w.fair() {
		perSecond := e.row.Rounds[0].PerSecond()
		if e.contestant.Name == w.Baseline {
			w.out.Rate = w.Load * perSecond
			return
		}
		all = append(all, perSecond)
	}
	w.out.Rate = w.Load * stats.Median(all)
	w.note("The baseline was refused, so the rate of the open loop comes from the median of the contestants.")
}

// openLoop measures one contestant's latency in an open loop.
func (w *work) openLoop(ctx context.Context, e *entry) (*record.Latency, error) {
	if err := warm(w.data.large(w.targets)); err != nil {
		return nil, err
	}
	l, err := load.Start(load.Plan{
		Addr: e.server.Addr, Targets: w.targets, Connections: w.Scenario.Connections, Pipeline: 1,
		PerRequest: w.PerRequest, Rate: w.out.Rate, Warmup: w.Warmup, Duration: w.Duration,
		SampleEvery: w.sampleEvery(), CPUs: w.ClientCPUs,
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
	case <-l.Done():
	}
	result, err := l.Stop()
	if err != nil {
		return nil, err
	}
	return latency(result, w.out.Rate), nil
}

// latency converts a histogram to the form of the record, in microseconds.
func latency(result load.Result, rate float64) *record.Latency {
	h := result.Latency
	at := func(q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1e3 }
	encoded, _ := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return &record.Latency{
		Rate: rate, Count: h.TotalCount(), Unanswered: result.Unanswered,
		P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: float64(h.Max()) / 1e3,
		Histogram: string(encoded),
	}
}
