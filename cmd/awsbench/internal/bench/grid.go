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

// The axes of the grid.
var (
	gridConnections = []int{1, 8, 64, 512}
	gridSizes       = []int64{kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 16 * mib}
)

// Grid measures the engines of aws, or else all contestants, over connections
// and file sizes in closed loops.
func Grid(ctx context.Context, o Options) (*record.Run, error) {
	o.Contestants = engines(o.Contestants)
	o.Latency, o.Syscalls = false, false
	if len(o.Contestants) > 0 && !slices.ContainsFunc(o.Contestants, func(c contest.Contestant) bool { return c.Name == o.Baseline }) {
		o.Baseline = o.Contestants[0].Name
	}
	connections, sizes := gridConnections, gridSizes
	if o.Small {
		connections, sizes = []int{1, 64}, []int64{kib, 64 * kib}
	}
	if o.Connections > 0 {
		connections, o.Connections = []int{o.Connections}, 0
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	b, err := newBench(o)
	if err != nil {
		return nil, err
	}
	defer b.starter.Close()
	b.run.Grid = &record.Grid{Connections: connections, Sizes: sizes}
	for _, c := range o.Contestants {
		b.run.Grid.Contestants = append(b.run.Grid.Contestants, c.Name)
	}
	steps := len(connections) * len(sizes) * len(o.Contestants) * o.Rounds
	o.Progress.Begin(steps, time.Duration(steps)*(o.Warmup+o.Duration))
	begun := time.Now()
	for _, n := range connections {
		for _, size := range sizes {
			s := sized(n, size)
			out, err := b.scenario(ctx, s)
			if err != nil {
				return nil, err
			}
			b.run.Grid.Cells = append(b.run.Grid.Cells, record.Cell{Connections: n, Size: size, Rows: out.Rows})
		}
	}
	b.run.Took = seconds(time.Since(begun))
	b.finish()
	return b.run, nil
}

// engines returns the contestants of the grid: those of aws if there are at
// least two, or else all.
func engines(all []contest.Contestant) []contest.Contestant {
	own := slices.DeleteFunc(slices.Clone(all), func(c contest.Contestant) bool { return !c.AWS })
	if len(own) >= 2 {
		return own
	}
	return slices.DeleteFunc(slices.Clone(all), func(c contest.Contestant) bool { return c.ColdOnly })
}

// sized returns a load on one file of the given size.
func sized(connections int, size int64) Scenario {
	name := fmt.Sprintf("grid/%d.bin", size)
	return Scenario{
		Name: fmt.Sprintf("%d connections, %d bytes", connections, size), Title: fmt.Sprintf("%d connections × %d KiB", connections, size/kib),
		Kind: record.Throughput, Tree: "static", Body: size, Connections: connections, Pipeline: 1, Point: true,
		Targets: func(d *dataset, s Scenario, _ bool) ([]load.Target, error) {
			t, err := d.whole(s.Tree, name, s.Body, "")
			return []load.Target{t}, err
		},
	}
}
