package report

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

// The limits of what a new build of aws may need, as ratios to the earlier
// build. Memory comes in pages, so a page more or less is noise.
const (
	mostCPU    = 1.03
	mostMemory = 1.01
)

const beforeAbout = "Each contestant is compared with its counterpart from the earlier build, measured in the same rounds. " +
	"A ratio is the median of the rounds' ratios, with a 95 % interval; less is better."

// change is how one figure of a contestant compares with that of its
// counterpart from an earlier build.
type change struct {
	scenario, contestant string
	before, after        *record.Row
	figure               figure
	limit                float64 // of the ratio; 0: none
	ratio                stats.Ratio
}

// verdict says whether the ratio is within its limit. A ratio is above the limit
// only if its whole interval is.
func (c *change) verdict() string {
	switch {
	case c.limit == 0:
		return ""
	case c.ratio.N < stats.MinRounds:
		return "too few rounds"
	case c.ratio.Value <= c.limit:
		return "within " + number(c.limit)
	case c.ratio.Low <= c.limit:
		return "unclear"
	}
	return "above " + number(c.limit)
}

// beforeFigure returns the figure that compares two builds in a scenario, and
// the limit of its ratio.
func beforeFigure(s *record.Scenario) (f figure, limit float64) {
	switch s.Kind {
	case record.Held:
		return held, mostMemory
	case record.Start:
		return first, 0
	case record.Cold, record.Throughput:
	}
	return cpu, mostCPU
}

// changes returns the change of each contestant in each scenario in which its
// counterpart took part.
func changes(run *record.Run) (all []change) {
	for i := range run.Scenarios {
		s := &run.Scenarios[i]
		f, limit := beforeFigure(s)
		for _, c := range run.Contestants {
			after, before := s.Row(c.Name), s.Row(c.Before)
			if c.Before == "" || after == nil || before == nil {
				continue
			}
			all = append(all, change{s.Name, c.Name, before, after, f, limit, stats.Paired(after.Values(f.of), before.Values(f.of))})
		}
	}
	return all
}

// beforeTables shows the changes in one table per figure, and the CPU time over
// all scenarios.
func beforeTables(run *record.Run) (tables []Table) {
	all := changes(run)
	for _, f := range []figure{cpu, held, first} {
		t := Table{Title: f.name, Head: []string{"contestant", "before", "after", "after ÷ before", ""}}
		if f.name == cpu.name {
			t.Head = append(t.Head, "system calls/request before", "after", "after ÷ before")
		}
		for i := range all {
			if c := &all[i]; c.figure.name == f.name {
				t.Rows = append(t.Rows, c.row(f.name == cpu.name))
			}
		}
		if len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	if sums := sumOfChanges(all); len(sums.Rows) > 0 {
		tables = append(tables, sums)
	}
	return tables
}

func (c *change) row(calls bool) TableRow {
	row := TableRow{Name: c.scenario, Aws: true}
	switch {
	case c.before.Refused != "":
		row.Refused = c.contestant + " before: " + c.before.Refused
	case c.after.Refused != "":
		row.Refused = c.contestant + ": " + c.after.Refused
	default:
		row.Cells = []string{c.contestant, c.figure.show(c.before.Values(c.figure.of)), c.figure.show(c.after.Values(c.figure.of)), interval(c.ratio), c.verdict()}
		if calls {
			a, b := allSyscalls(c.before), allSyscalls(c.after)
			row.Cells = append(row.Cells, number(a), number(b), number(b/a))
		}
	}
	return row
}

// allSyscalls returns the sum of a row's system calls per request, or NaN if
// they were not counted.
func allSyscalls(row *record.Row) float64 {
	if len(row.Syscalls) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, n := range row.Syscalls {
		sum += n
	}
	return sum
}

// sumOfChanges summarizes the ratios of CPU time of each contestant.
func sumOfChanges(all []change) Table {
	t := Table{Title: "CPU per request, after ÷ before, over all scenarios", Head: []string{"scenarios", "median", "least", "most"}}
	var names []string
	ratios := map[string][]float64{}
	for _, c := range all {
		if c.figure.name != cpu.name || math.IsNaN(c.ratio.Value) {
			continue
		}
		if !slices.Contains(names, c.contestant) {
			names = append(names, c.contestant)
		}
		ratios[c.contestant] = append(ratios[c.contestant], c.ratio.Value)
	}
	for _, name := range names {
		s := stats.Summarize(ratios[name])
		t.Rows = append(t.Rows, TableRow{Name: name, Aws: true, Cells: []string{fmt.Sprint(s.N), number(s.Median), number(s.Min), number(s.Max)}})
	}
	return t
}

func writeBeforeText(b *bytes.Buffer, run *record.Run) {
	for _, t := range beforeTables(run) {
		fmt.Fprintf(b, "\nBefore and after: %s\n", t.Title)
		writeColumns(b, t)
	}
}

func writeBeforeMarkdown(b *bytes.Buffer, run *record.Run) {
	tables := beforeTables(run)
	if len(tables) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## Before and after\n\n%s\n", beforeAbout)
	for _, t := range tables {
		fmt.Fprintf(b, "\n%s:\n", t.Title)
		writeMarkdown(b, t)
	}
}

// gateBefore checks a new build against the earlier one. An error says that the
// new build needs more, or that a comparison is missing.
func gateBefore(out *bytes.Buffer, all []change) error {
	var within, unclear, above, lacking int
	for i := range all {
		c := &all[i]
		switch {
		case c.before.Refused != "" || c.after.Refused != "" || math.IsNaN(c.ratio.Value):
			lacking++
		case c.limit == 0:
		case c.ratio.N < stats.MinRounds:
			lacking++
		case c.ratio.Value <= c.limit:
			within++
		case c.ratio.Low <= c.limit:
			unclear++
		default:
			above++
		}
	}
	fmt.Fprintf(out, "\nBefore and after: %d within the limit (CPU %s, memory %s), %d unclear, %d above it, %d not measured\n",
		within, number(mostCPU), number(mostMemory), unclear, above, lacking)
	switch {
	case above > 0:
		return fmt.Errorf("the new build needs more in %d of %d comparisons", above, len(all))
	case lacking > 0:
		return fmt.Errorf("%d of %d comparisons were not measured, or in fewer than %d rounds", lacking, len(all), stats.MinRounds)
	}
	return nil
}
