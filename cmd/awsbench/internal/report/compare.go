package report

import (
	"bytes"
	"fmt"
	"io"
	"math"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

// Compare prints what changed from run a to run b: the figures of both and their
// ratio, for each scenario and contestant that both runs have.
func Compare(w io.Writer, a, b *record.Run) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "A: %s\nB: %s\n", describe(a), describe(b))
	for _, line := range differences(a, b) {
		fmt.Fprintf(&out, "Different: %s\n", line)
	}
	found := false
	for i := range a.Scenarios {
		for j := range b.Scenarios {
			if a.Scenarios[i].Name == b.Scenarios[j].Name {
				compareScenario(&out, &a.Scenarios[i], &b.Scenarios[j])
				found = true
			}
		}
	}
	if !found {
		fmt.Fprintln(&out, "The two runs have no scenario in common.")
	}
	_, err := w.Write(out.Bytes())
	return err
}

func describe(r *record.Run) string {
	return fmt.Sprintf("%s, %d rounds, %s", r.Started.UTC().Format("2006-01-02 15:04 UTC"), r.Method.Rounds, shellLine(r.Command))
}

// differences lists what else changed between two runs and may explain their
// figures.
func differences(a, b *record.Run) []string {
	var out []string
	note := func(what, from, to string) {
		if from != to {
			out = append(out, fmt.Sprintf("%s: %s, then %s", what, from, to))
		}
	}
	note("kernel", a.Machine.Kernel, b.Machine.Kernel)
	note("CPU", a.Machine.CPU, b.Machine.CPU)
	note("number of CPUs", fmt.Sprint(a.Machine.CPUs), fmt.Sprint(b.Machine.CPUs))
	note("server CPUs", cpuList(a.Method.ServerCPUs), cpuList(b.Method.ServerCPUs))
	note("workers", fmt.Sprint(a.Method.Workers), fmt.Sprint(b.Method.Workers))
	note("client", a.Method.Client, b.Method.Client)
	versions := map[string]string{}
	for _, c := range a.Contestants {
		versions[c.Name] = c.Version
	}
	for _, c := range b.Contestants {
		if from, both := versions[c.Name]; both {
			note("version of "+c.Name, from, c.Version)
		}
	}
	return out
}

// compared returns the figures to compare in a kind of scenario.
func compared(kind record.Kind) []figure {
	switch kind {
	case record.Cold:
		return []figure{mibPerSec, quantile("probe p99 µs", probeOf, p99, spread)}
	case record.Held:
		return []figure{held, quantile("probe p99 µs", probeOf, p99, spread)}
	case record.Start:
		return []figure{first}
	}
	return []figure{cpu, perSecond, quantile("p99 µs", openOf, p99, spread)}
}

func compareScenario(out *bytes.Buffer, a, b *record.Scenario) {
	for _, f := range compared(a.Kind) {
		t := Table{Head: []string{"A", "B", "B ÷ A", ""}}
		for i := range a.Rows {
			before := &a.Rows[i]
			after := b.Row(before.Contestant)
			if after == nil {
				continue
			}
			row := TableRow{Name: before.Contestant}
			switch {
			case before.Refused != "":
				row.Refused = "in A: " + before.Refused
			case after.Refused != "":
				row.Refused = "in B: " + after.Refused
			default:
				x, y := before.Values(f.of), after.Values(f.of)
				if math.IsNaN(stats.Median(x)) || math.IsNaN(stats.Median(y)) {
					continue
				}
				r := stats.Unpaired(y, x)
				row.Cells = []string{spread(x), spread(y), interval(r), verdict(r)}
			}
			t.Rows = append(t.Rows, row)
		}
		if len(t.Rows) > 0 {
			fmt.Fprintf(out, "\n%s: %s\n", a.Title, f.name)
			writeColumns(out, t)
		}
	}
}

func verdict(r stats.Ratio) string {
	switch r.Verdict() {
	case stats.Less:
		return "less"
	case stats.More:
		return "more"
	case stats.NoDifference:
		return "no difference shown"
	case stats.NoVerdict:
	}
	return "too few rounds for a verdict"
}
