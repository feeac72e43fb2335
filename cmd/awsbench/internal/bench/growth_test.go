package bench

import (
	"context"
	"os"
	"slices"
	"testing"

	"aws/cmd/awsbench/internal/contest"
	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/proc"
	"aws/cmd/awsbench/internal/record"
)

// Every curve can be measured and has a cost at each of its points. The notes
// name a contestant that misbehaves.
func TestAllCurvesHaveCosts(t *testing.T) {
	o := options(t, "cuts-short")
	o.Growth = o.Contestants
	o.Duration /= 5
	cpus, err := proc.Allowed()
	if err != nil {
		t.Fatal(err)
	}
	o.CPUs = cpus
	run, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Growth) != len(curves) || len(run.Scenarios) != 0 {
		t.Fatalf("%d curves, %d scenarios", len(run.Growth), len(run.Scenarios))
	}
	for _, c := range run.Growth {
		if len(c.Points) == 0 || len(c.Notes) < len(c.Points) {
			t.Errorf("%s: %d points, notes %q", c.Name, len(c.Points), c.Notes)
		}
		for _, p := range c.Points {
			checkPoint(t, &c, &p, o.Rounds)
		}
	}
	if left := proc.Tree(os.Getpid()); len(left) != 1 {
		t.Errorf("processes are left: %v", left)
	}
}

func checkPoint(t *testing.T, c *record.Curve, p *record.Point, rounds int) {
	t.Helper()
	if row := p.Row("cuts-short"); row == nil || row.Refused == "" {
		t.Errorf("%s at %d: cuts-short is not refused", c.Name, p.X)
	}
	for _, name := range []string{"net-http", "fasthttp"} {
		row := p.Row(name)
		if row == nil || row.Refused != "" || len(row.Rounds) != rounds {
			t.Errorf("%s at %d, %s: %+v", c.Name, p.X, name, row)
			continue
		}
		for _, r := range row.Rounds {
			if !(c.Cost(r) > 0) {
				t.Errorf("%s at %d, %s: a cost of %v", c.Name, p.X, name, c.Cost(r))
			}
		}
	}
}

// Points are in order and within the limits of the generator.
func TestCurvesMakeSense(t *testing.T) {
	for _, c := range curves {
		for _, at := range [][]int64{c.at, c.small} {
			if len(at) < 2 || !slices.IsSorted(at) {
				t.Errorf("%s: points %v", c.name, at)
			}
			for _, n := range at {
				if s := c.scenario(n); s.Connections < 1 || s.Pipeline < 1 || s.Pipeline > load.MaxPipeline || !s.Point || s.Body < 1 {
					t.Errorf("%s at %d: %+v", c.name, n, s)
				}
			}
		}
	}
}

// When the servers' CPUs are used up, workers get those of the generator. Points
// that need more CPUs than the machine has are left out.
func TestWorkersHaveCPUsOfTheirOwn(t *testing.T) {
	i := slices.IndexFunc(curves, func(c curve) bool { return c.name == "workers" })
	for _, c := range []struct {
		cpus, client []int
		points       []int64
		two          []int
	}{
		{[]int{0}, nil, []int64{1}, nil},
		{[]int{0, 1}, []int{1}, []int64{1, 2}, []int{0, 1}},
		{[]int{2, 3, 5}, []int{5}, []int64{1, 2}, []int{2, 3}},
		{[]int{0, 1, 2, 3}, []int{0}, []int64{1, 2, 4}, []int{1, 2}},
	} {
		b := &bench{Options: Options{CPUs: c.cpus, ClientCPUs: c.client}}
		if got := b.points(curves[i]); !slices.Equal(got, c.points) {
			t.Errorf("%v: points %v, want %v", c.cpus, got, c.points)
		}
		if c.two == nil {
			continue
		}
		if got := b.cpusFor(2); !slices.Equal(got, c.two) {
			t.Errorf("%v without %v: two workers on %v, want %v", c.cpus, c.client, got, c.two)
		}
	}
}

// In a run with scenarios the points are short, however long its rounds are.
func TestCurvesInARunWithScenariosAreShort(t *testing.T) {
	b := &bench{Options: Options{Rounds: 9, Duration: 10 * GrowthDuration, Growth: []contest.Contestant{{Name: "a"}}}}
	if g := b.growing(); g.Rounds != 9 || g.Duration != b.Duration || len(g.Contestants) != 1 {
		t.Errorf("alone: %+v", g.Options)
	}
	b.Scenarios = Scenarios
	if g := b.growing(); g.Rounds != GrowthRounds || g.Duration != GrowthDuration {
		t.Errorf("with scenarios: %+v", g.Options)
	}
}
