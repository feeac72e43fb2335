package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aws/cmd/awsbench/internal/contest"
	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/record"
)

// curve is a series of measurements that shows how the CPU time per request
// grows with something else.
type curve struct {
	name, title, about, axis string
	sizes                    bool    // record.Curve.Sizes
	at                       []int64 // the points
	small                    []int64 // the points of a quick run
	scenario                 func(n int64) Scenario
}

const aboutBusy = "64 connections are kept open, each with one request of 1 KiB at a time."

// growthFolder holds the files of curves that need many.
const growthFolder = "growth"

var curves = []curve{
	{
		name: "connections", title: "Active connections", axis: "connections",
		about: "1 KiB, each connection with one request at a time.",
		at:    []int64{1, 10, 100, 1000, 10_000}, small: []int64{1, 64},
		scenario: func(n int64) Scenario { s := busy(); s.Connections = int(n); return s },
	}, {
		name: "pipelining", title: "Pipelined requests", axis: "requests in flight on each of 64 connections",
		about: "1 KiB.",
		at:    []int64{1, 2, 4, 8, 16, 32, 64}, small: []int64{1, 64},
		scenario: func(n int64) Scenario { s := busy(); s.Pipeline, s.Parts = int(n), true; return s },
	}, {
		name: "files", title: "Different files", axis: "files, taken at random",
		about: aboutBusy,
		at:    []int64{1, 10, 100, 1000, 10_000, 100_000}, small: []int64{1, 100},
		scenario: func(n int64) Scenario {
			s := busy()
			s.Targets = func(d *dataset, s Scenario, _ bool) ([]load.Target, error) {
				return d.many(s.Tree, growthFolder, int(n), s.Body)
			}
			return s
		},
	}, {
		name: "sizes", title: "File size", axis: "size of the file", sizes: true,
		about: "16 connections are kept open, each with one request at a time.",
		at:    []int64{kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 16 * mib, 256 * mib, gib},
		small: []int64{kib, mib}, scenario: func(n int64) Scenario { return sized(16, n) },
	}, {
		name: "idle", title: "Idle connections under load", axis: "idle connections",
		about: aboutBusy + " Further connections have received one answer and stay idle.",
		at:    []int64{0, 100, 1000, 10_000}, small: []int64{0, 100},
		scenario: func(n int64) Scenario { s := busy(); s.Beside = int(n); return s },
	}, {
		name: "served", title: "Files served before", axis: "files served earlier",
		about: aboutBusy + " All request one file. The server has served other files before, and may keep them open or remember them.",
		at:    []int64{0, 100, 1000, 10_000, 100_000}, small: []int64{0, 100},
		scenario: func(n int64) Scenario { s := busy(); s.Served = int(n); return s },
	}, {
		name: "workers", title: "Workers", axis: "workers, each on a CPU of its own",
		about: aboutBusy + " If there are no CPUs to spare, the generator shares the last one with a worker.",
		at:    []int64{1, 2, 4, 8}, small: []int64{1, 2},
		scenario: func(n int64) Scenario { s := busy(); s.Workers = int(n); return s },
	},
}

// busy returns the load that most curves vary.
func busy() Scenario {
	return Scenario{
		Kind: record.Throughput, Tree: "static", Body: kib, Connections: 64, Pipeline: 1, Point: true, Targets: oneFile("1k.bin"),
	}
}

// Points are short, because there are many.
const (
	GrowthRounds   = 3
	GrowthDuration = 150 * time.Millisecond
	GrowthWarmup   = 50 * time.Millisecond
)

// growing returns a run's bench for its curves. It has fewer contestants and,
// in a run that also has scenarios, short rounds.
func (b *bench) growing() *bench {
	g := *b
	g.Contestants, g.Connections = b.Growth, 0
	g.Latency, g.Syscalls = false, false
	if len(b.Scenarios) > 0 {
		g.Rounds, g.Duration, g.Warmup = min(b.Rounds, GrowthRounds), min(b.Duration, GrowthDuration), min(b.Warmup, GrowthWarmup)
	}
	return &g
}

// growthSteps returns the number of progress steps of the curves.
func (b *bench) growthSteps() (steps int) {
	if len(b.Growth) == 0 {
		return 0
	}
	g := b.growing()
	for _, c := range curves {
		for _, n := range g.points(c) {
			steps += g.steps(c.scenario(n))
		}
	}
	return steps
}

// points returns the points of a curve that this machine can measure.
func (b *bench) points(c curve) []int64 {
	at := c.at
	if b.Small {
		at = c.small
	}
	return slices.DeleteFunc(slices.Clone(at), func(n int64) bool {
		return c.scenario(n).Workers > max(1, len(b.CPUs))
	})
}

// grow measures all curves.
func (b *bench) grow(ctx context.Context) error {
	if len(b.Growth) == 0 {
		return nil
	}
	g := b.growing()
	for _, c := range curves {
		out := record.Curve{Name: c.name, Title: c.title, About: c.about, Axis: c.axis, Sizes: c.sizes}
		for _, n := range g.points(c) {
			s := c.scenario(n)
			s.Name, s.Title = fmt.Sprintf("%s-%d", c.name, n), fmt.Sprintf("%s %d", c.title, n)
			done, err := g.scenario(ctx, s)
			if err != nil {
				return err
			}
			out.Points = append(out.Points, record.Point{X: n, Rows: done.Rows})
			out.Notes = append(out.Notes, done.Notes...)
			for _, row := range done.Rows {
				if row.Refused != "" {
					out.Notes = append(out.Notes, fmt.Sprintf("%s at %d was refused: %s.", row.Contestant, n, row.Refused))
				}
			}
		}
		b.run.Growth = append(b.run.Growth, out)
	}
	return nil
}

// withWorkers returns a bench whose servers have n workers, each on its own CPU
// if the run is pinned. The generator's CPUs come last.
func (b *bench) withWorkers(n int) (*bench, error) {
	c := *b
	c.Workers = n
	if len(b.ServerCPUs) > 0 {
		c.ServerCPUs = b.cpusFor(n)
	}
	var err error
	c.starter, err = contest.NewStarter(c.ServerCPUs)
	return &c, err
}

func (b *bench) cpusFor(workers int) []int {
	cpus := slices.DeleteFunc(slices.Clone(b.CPUs), func(cpu int) bool { return slices.Contains(b.ClientCPUs, cpu) })
	cpus = append(cpus, b.ClientCPUs...)
	return cpus[:min(workers, len(cpus))]
}

// serveBefore requests the files that a contestant must serve before it is
// measured.
func (w *work) serveBefore(e *entry) error {
	if w.Served == 0 {
		return nil
	}
	targets, err := w.data.many(w.Tree, growthFolder, w.Served, kib)
	if err != nil {
		return err
	}
	return askOnce(e.server, targets, w.Scenario.Connections, false)
}
