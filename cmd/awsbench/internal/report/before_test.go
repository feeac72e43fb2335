package report

import (
	"bytes"
	"strings"
	"testing"

	"aws/cmd/awsbench/internal/record"
)

// twoBuilds is a run that compares two builds. The engine aws-a of the new build
// has the given costs, its counterpart 10 in every round.
func twoBuilds(kind record.Kind, costs ...float64) *record.Run {
	before := make([]float64, len(costs))
	for i := range before {
		before[i] = 10
	}
	run := example()
	run.Contestants = []record.Contestant{{Name: "aws-a", Before: "aws-a-before"}, {Name: "aws-a-before"}, {Name: "aws-b", Before: "gone"}}
	run.Scenarios = []record.Scenario{{Name: "s", Title: "S", Kind: kind, Rows: []record.Row{
		rounds("aws-a", costs...), rounds("aws-a-before", before...), rounds("aws-b", 10),
	}}}
	return run
}

func TestNewBuildIsHeldAgainstTheOneBefore(t *testing.T) {
	for _, c := range []struct {
		name    string
		kind    record.Kind
		costs   []float64
		verdict string
		ratio   string
		err     string
	}{
		{"the same", record.Throughput, []float64{10, 10, 10, 10, 10}, "within 1.03", "1.00 (1.00–1.00)", ""},
		{"at the limit", record.Throughput, []float64{10.3, 10.3, 10.3, 10.3, 10.3}, "within 1.03", "1.03 (1.03–1.03)", ""},
		{"more", record.Throughput, []float64{10.5, 10.5, 10.4, 10.5, 10.6}, "above 1.03", "1.05 (1.04–1.06)", "needs more in 1 of 1"},
		{"more, or noise", record.Throughput, []float64{9, 10.5, 10.4, 11, 9}, "unclear", "1.04 (0.90–1.10)", ""},
		{"too few rounds", record.Throughput, []float64{10, 10}, "too few rounds", "1.00 (1.00–1.00)", "fewer than 5 rounds"},
		{"more memory", record.Held, []float64{10.2, 10.2, 10.2, 10.2, 10.2}, "above 1.01", "1.02 (1.02–1.02)", "needs more in 1 of 1"},
		{"a slower start", record.Start, []float64{20, 20, 20, 20, 20}, "", "2.00 (2.00–2.00)", ""},
	} {
		run := twoBuilds(c.kind, c.costs...)
		rows := beforeTables(run)[0].Rows
		if len(rows) != 1 || rows[0].Cells[0] != "aws-a" || rows[0].Cells[3] != c.ratio || rows[0].Cells[4] != c.verdict {
			t.Errorf("%s: %+v, want %s, %q", c.name, rows, c.ratio, c.verdict)
		}
		var out bytes.Buffer
		if err := Gate(&out, run); (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.name, err, c.err)
		}
	}
}

// All three reports show the comparison, with the system calls of both builds
// and the median of an engine over all scenarios.
func TestComparisonOfBuildsIsReported(t *testing.T) {
	run := twoBuilds(record.Throughput, 8, 8, 8, 8, 8)
	second := twoBuilds(record.Throughput, 9, 9, 9, 9, 9).Scenarios[0]
	second.Name = "s2"
	run.Scenarios = append(run.Scenarios, second)
	run.Scenarios[0].Rows[0].Syscalls = map[string]float64{"recvfrom": 1, "sendto": 0.5}
	run.Scenarios[0].Rows[1].Syscalls = map[string]float64{"recvfrom": 2, "sendto": 1}
	var text bytes.Buffer
	if err := Text(&text, run); err != nil {
		t.Fatal(err)
	}
	page, err := HTML(run)
	if err != nil {
		t.Fatal(err)
	}
	md := string(Markdown(run))
	for _, want := range []string{
		"| s | aws-a | 10.0 (10.0–10.0) | 8.00 (8.00–8.00) | 0.80 (0.80–0.80) | within 1.03 | 3.00 | 1.50 | 0.50 |",
		"| s2 | aws-a | 10.0 (10.0–10.0) | 9.00 (9.00–9.00) | 0.90 (0.90–0.90) | within 1.03 | – | – | – |",
		"| aws-a | 2 | 0.85 | 0.80 | 0.90 |",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("no %q in\n%s", want, md)
		}
	}
	if !strings.Contains(text.String(), "within 1.03") || !bytes.Contains(page, []byte("within 1.03")) {
		t.Error("the terminal or the page lacks the comparison")
	}
}

func TestRefusedBuildIsNoSuccess(t *testing.T) {
	run := twoBuilds(record.Throughput, 8, 8, 8, 8, 8)
	run.Scenarios[0].Rows[1] = record.Row{Contestant: "aws-a-before", Refused: "why"}
	if row := beforeTables(run)[0].Rows[0]; row.Refused != "aws-a before: why" {
		t.Errorf("%+v", row)
	}
	if err := Gate(&bytes.Buffer{}, run); err == nil {
		t.Error("a refused build passed")
	}
}
