// Package bench measures contestants: it creates the files, starts the servers,
// checks their answers, measures them in turn, round after round, and stops
// them.
//
//	Run ─► for each scenario: start all ─► verify ─► round 1: A B C … ─► round 2: A B C … ─► count system calls ─► stop all
//
// A server whose answers differ from the files is refused, and none of its
// figures are kept.
package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"aws/cmd/awsbench/internal/contest"
	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/proc"
	"aws/cmd/awsbench/internal/record"
)

// bench is a run in progress.
type bench struct {
	Options
	starter *contest.Starter
	data    *dataset
	run     *record.Run
}

// Run runs all scenarios. When ctx ends, it stops all servers and returns ctx's
// error.
func Run(ctx context.Context, o Options) (*record.Run, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	b, err := newBench(o)
	if err != nil {
		return nil, err
	}
	defer b.starter.Close()
	steps := 0
	for _, s := range o.Scenarios {
		steps += b.steps(s)
	}
	load := time.Duration(steps) * (b.Warmup + b.Duration)
	if curves := b.growthSteps(); curves > 0 {
		g := b.growing()
		steps, load = steps+curves, load+time.Duration(curves)*(g.Warmup+g.Duration)
	}
	o.Progress.Begin(steps, load)
	for _, s := range o.Scenarios {
		out, err := b.scenario(ctx, s)
		if err != nil {
			return nil, err
		}
		b.run.Scenarios = append(b.run.Scenarios, out)
	}
	if err := b.grow(ctx); err != nil {
		return nil, err
	}
	b.finish()
	return b.run, nil
}

func newBench(o Options) (*bench, error) {
	if len(o.ClientCPUs) > 0 {
		if err := proc.PinProcess(o.ClientCPUs); err != nil {
			return nil, err
		}
	}
	starter, err := contest.NewStarter(o.ServerCPUs)
	if err != nil {
		return nil, err
	}
	data, err := newDataset(o.Dir)
	if err != nil {
		starter.Close()
		return nil, err
	}
	return &bench{Options: o, starter: starter, data: data, run: begin(o)}, nil
}

// begin fills in what is known before the first measurement.
func begin(o Options) *record.Run {
	r := &record.Run{
		Format: record.Format, Started: time.Now(), Baseline: o.Baseline,
		Machine: machine(o.Dir),
		Method: record.Method{
			Rounds: o.Rounds, Warmup: seconds(o.Warmup), Duration: seconds(o.Duration),
			ServerCPUs: o.ServerCPUs, ClientCPUs: o.ClientCPUs, Workers: o.Workers,
			Client: "awsbench", SampleEvery: o.SampleEvery, Small: o.Small,
		},
	}
	if o.Wrk != "" {
		r.Method.Client = wrkVersion(o.Wrk)
	}
	// The command as a reader would type it: the folders of this run are
	// temporary.
	site := contest.Site{Root: "ROOT", Dir: "DIR", Port: 8080, Workers: o.Workers, Connections: maxConnections(o.Scenarios), Files: fileLimit()}
	cold := slices.ContainsFunc(o.Scenarios, func(s Scenario) bool { return s.Kind == record.Cold })
	for _, c := range o.Contestants {
		if c.ColdOnly && !cold {
			continue // it takes no part
		}
		out := record.Contestant{Name: c.Name, Version: c.Version, Before: c.Before}
		if launch, err := c.Launch(site); err == nil {
			out.Command = slices.Clone(launch.Args)
			out.Command[0] = filepath.Base(out.Command[0])
			for _, text := range launch.File {
				out.Config = text
			}
		}
		r.Contestants = append(r.Contestants, out)
	}
	return r
}

func (b *bench) finish() {
	b.run.Took = seconds(time.Since(b.run.Started))
	b.run.Machine.LoadAfter = loadAverage()
	b.run.Warnings = warnings(b.run)
}

func seconds(d time.Duration) record.Seconds { return record.Seconds(d.Seconds()) }

func maxConnections(scenarios []Scenario) int {
	most := 1024
	for _, s := range scenarios {
		most = max(most, s.Connections+64)
	}
	return most
}

// entry is a contestant in a scenario.
type entry struct {
	contestant contest.Contestant
	server     *contest.Server // nil while it does not run
	row        record.Row
}

// refuse excludes a contestant from the rest of the scenario.
func (e *entry) refuse(err error) {
	if e.server != nil {
		err = e.server.Why(err)
	}
	e.row.Refused = err.Error()
	e.row.Rounds = nil
	e.row.Syscalls = nil
	e.stop()
}

func (e *entry) stop() {
	if e.server != nil {
		e.server.Stop()
		e.server = nil
	}
}

// entries returns the contestants of a scenario.
func (b *bench) entries(s Scenario) []*entry {
	var entries []*entry
	for _, c := range b.Contestants {
		if c.ColdOnly && s.Kind != record.Cold {
			continue
		}
		entries = append(entries, &entry{contestant: c, row: record.Row{Contestant: c.Name}})
	}
	return entries
}

// work is a scenario in progress.
type work struct {
	*bench
	Scenario
	targets []load.Target
	probe   load.Target // a hot file
	entries []*entry
	out     record.Scenario
}

func (b *bench) scenario(ctx context.Context, s Scenario) (record.Scenario, error) {
	if b.Connections > 0 && s.Kind != record.Start {
		s.Connections = b.Connections
	}
	if s.Workers > 0 {
		var err error
		if b, err = b.withWorkers(s.Workers); err != nil {
			return record.Scenario{}, err
		}
		defer b.starter.Close()
	}
	w := &work{bench: b, Scenario: s, entries: b.entries(s)}
	w.out = record.Scenario{Name: s.Name, Title: s.Title, About: s.About, Kind: s.Kind, BodyBytes: s.Body, Pipeline: s.Pipeline}
	w.fitLimit()
	w.out.Connections = w.Scenario.Connections
	var err error
	if w.targets, err = s.Targets(b.data, s, b.Small); err != nil {
		return w.out, fmt.Errorf("files for %s: %w", s.Name, err)
	}
	if w.probe, err = b.data.whole("static", "1k.bin", kib, ""); err != nil {
		return w.out, fmt.Errorf("files for %s: %w", s.Name, err)
	}
	defer w.stopAll()
	switch s.Kind {
	case record.Throughput:
		err = w.throughput(ctx)
	case record.Cold:
		err = w.cold(ctx)
	case record.Held:
		err = w.held(ctx)
	case record.Start:
		err = w.starts(ctx)
	}
	for _, e := range w.entries {
		w.out.Rows = append(w.out.Rows, e.row)
	}
	return w.out, err
}

// site describes what a contestant serves in this scenario.
func (w *work) site() contest.Site {
	return contest.Site{
		Root: w.data.root, Dir: w.Dir, Workers: w.bench.Workers, Parts: w.Parts,
		Connections: max(1024, w.Scenario.Connections+w.Beside+64), Files: fileLimit(),
	}
}

// steps returns the number of progress steps of a scenario.
func (b *bench) steps(s Scenario) int {
	perRound, once := 1, 0
	if s.Kind == record.Throughput {
		if (&work{bench: b, Scenario: s}).paced() {
			perRound++
		}
		if b.Syscalls {
			once++
		}
	}
	return len(b.entries(s)) * (b.Rounds*perRound + once)
}

// start starts a contestant and checks its answers. Only the end of ctx is an
// error: a contestant that cannot start is refused.
func (w *work) start(ctx context.Context, e *entry) error {
	server, err := w.starter.Start(ctx, e.contestant, w.site())
	if err == nil {
		e.server = server
		err = w.verify(server)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		e.refuse(err)
	}
	return nil
}

func (w *work) startAll(ctx context.Context) error {
	for _, e := range w.entries {
		if err := w.start(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) stopAll() {
	for _, e := range w.entries {
		e.stop()
	}
}

// fair returns the contestants that have not been refused.
func (w *work) fair() []*entry {
	return slices.DeleteFunc(slices.Clone(w.entries), func(e *entry) bool { return e.row.Refused != "" })
}

// turns returns the fair contestants in the order in which a round measures
// them. Every other round runs backwards, so that a machine that gets steadily
// slower or faster favours no one.
func (w *work) turns(round int) []*entry {
	fair := w.fair()
	if round%2 == 1 {
		slices.Reverse(fair)
	}
	return fair
}

// step reports what is being measured.
func (w *work) step(e *entry, round int, what string) {
	w.Progress.Step(fmt.Sprintf("%s · round %d/%d · %s%s", w.Title, round+1, w.Rounds, e.contestant.Name, what))
}
