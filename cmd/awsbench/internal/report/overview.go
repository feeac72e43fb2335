package report

import (
	"math"
	"slices"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

// overviewRow is one scenario in the overview: what each contestant needs for
// the same work, as a ratio to the baseline. Less is always better.
type overviewRow struct {
	Name, Title, Measure string
	Cells                []overviewCell
}

type overviewCell struct {
	Text  string
	Class string // the verdict: "less", "more", "same", "none"
	Hint  string
}

// cost returns the main figure of a kind of scenario, such that less is better.
func cost(kind record.Kind) (measure string, of func(record.Round) float64) {
	switch kind {
	case record.Cold:
		return "time per byte", func(r record.Round) float64 { return 1 / r.BytesPerSecond() }
	case record.Held:
		return "memory per connection", held.of
	case record.Start:
		return "time", first.of
	}
	return "CPU per request", cpu.of
}

func overview(run *record.Run) (names []string, rows []overviewRow) {
	for _, c := range run.Contestants {
		if slices.ContainsFunc(run.Scenarios, func(s record.Scenario) bool { return s.Row(c.Name) != nil }) {
			names = append(names, c.Name)
		}
	}
	for i := range run.Scenarios {
		s := &run.Scenarios[i]
		measure, of := cost(s.Kind)
		row := overviewRow{Name: s.Name, Title: s.Title, Measure: measure}
		for _, name := range names {
			row.Cells = append(row.Cells, newOverviewCell(s, s.Row(name), run.Baseline, of))
		}
		rows = append(rows, row)
	}
	return names, rows
}

func newOverviewCell(s *record.Scenario, row *record.Row, baseline string, of func(record.Round) float64) overviewCell {
	switch {
	case row == nil:
		return overviewCell{Text: "", Class: "none", Hint: "takes no part"}
	case row.Refused != "":
		return overviewCell{Text: "refused", Class: "none", Hint: row.Refused}
	case row.Contestant == baseline:
		return overviewCell{Text: "1", Class: "none", Hint: "the baseline"}
	}
	r := ratioTo(s, row, baseline, of)
	cell := overviewCell{Text: none, Class: "none", Hint: ratio(r)}
	if !math.IsNaN(r.Value) {
		cell.Text = number(r.Value)
	}
	switch r.Verdict() {
	case stats.Less:
		cell.Class = "less"
	case stats.More:
		cell.Class = "more"
	case stats.NoDifference:
		cell.Class = "same"
	case stats.NoVerdict:
	}
	return cell
}

// overviewTable is the overview without colours. ≈ marks that no difference is
// shown.
func overviewTable(run *record.Run) Table {
	names, rows := overview(run)
	t := Table{Title: "What each server needs for the same work, ÷ " + run.Baseline + " (less is better; ≈: no difference shown)", Head: append([]string{"measure"}, names...)}
	for _, row := range rows {
		line := TableRow{Name: row.Title, Cells: []string{row.Measure}}
		for _, c := range row.Cells {
			text := c.Text
			if c.Class == "same" {
				text = "≈ " + text
			}
			line.Cells = append(line.Cells, text)
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}
