package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/record"
)

const (
	probeRate        = 500
	probeConnections = 8
	// maxResident is the largest share of the data that may remain in the page
	// cache for a round to count as cold.
	maxResident = 0.02
)

// cold measures how servers handle files that must come from the disk, and how
// that affects a hot file requested meanwhile.
func (w *work) cold(ctx context.Context) error {
	if err := w.startAll(ctx); err != nil {
		return err
	}
	if fs := fileSystem(w.Dir); fs == "tmpfs" || fs == "ramfs" {
		for _, e := range w.fair() {
			e.refuse(fmt.Errorf("the files are on %s, which has no disk; choose another folder with --tmp", fs))
		}
	}
	files := w.data.folder(coldFolder)
	for round := range w.Rounds {
		for _, e := range w.turns(round) {
			w.step(e, round, "")
			r, err := w.coldRound(ctx, e, files)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				e.refuse(err)
				continue
			}
			e.row.Rounds = append(e.row.Rounds, r)
		}
	}
	return nil
}

func (w *work) coldRound(ctx context.Context, e *entry, files []string) (record.Round, error) {
	if err := evict(files); err != nil {
		return record.Round{}, err
	}
	share, err := resident(files)
	if err != nil {
		return record.Round{}, err
	}
	if share > maxResident {
		return record.Round{}, fmt.Errorf("%.0f %% of the files remain in the page cache", 100*share)
	}
	pids := e.server.Processes()
	probe, err := w.startProbe(e)
	if err != nil {
		return record.Round{}, err
	}
	pause(ctx, probe, w.Warmup)
	l, err := load.Start(load.Plan{
		Addr: e.server.Addr, Targets: w.targets, Once: true, Connections: w.Scenario.Connections, Pipeline: 1,
		SampleEvery: w.sampleEvery(), CPUs: w.ClientCPUs,
	})
	if err != nil {
		_, _ = probe.Stop()
		return record.Round{}, err
	}
	before, err := w.read(l, pids)
	pause(ctx, l, coldTime)
	w.await(ctx, l, before.load, 0)
	after, err2 := w.read(l, pids)
	result, err3 := l.Stop()
	hot, err4 := probe.Stop()
	if err := errors.Join(err3, err4, err, err2); err != nil {
		return record.Round{}, err
	}
	r := w.round(before, after)
	if r.Requests == 0 {
		return r, fmt.Errorf("no answer in %v", coldTime+answerTimeout)
	}
	r.Resident, r.Sampled = share, result.Sampled
	r.Probe = latency(hot, probeRate)
	return r, nil
}

// coldTime limits a cold round, which otherwise ends when each file has been
// requested once.
const coldTime = 10 * time.Second

// startProbe requests a hot file at a constant rate until it is stopped.
func (w *work) startProbe(e *entry) (*load.Load, error) {
	return load.Start(load.Plan{
		Addr: e.server.Addr, Targets: []load.Target{w.probe}, Connections: probeConnections, Pipeline: 1,
		Rate: probeRate, Warmup: w.Warmup, Duration: time.Hour, SampleEvery: w.SampleEvery,
		CPUs: w.probeCPUs(), Urgent: true,
	})
}

// probeCPUs returns one CPU: the last of the client's.
func (w *work) probeCPUs() []int {
	if n := len(w.ClientCPUs); n > 0 {
		return w.ClientCPUs[n-1:]
	}
	return nil
}
