package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

// gateMargin is how far a ratio may exceed its target without missing it: the
// best rounds of two runs on a busy machine differ by that much. Limits that
// are not ratios have no margin.
const gateMargin = 0.15

// outcome is the result of a target.
type outcome int

const (
	notMeasured outcome = iota
	reached
	nearly // within the margin
	missed
	outcomes
)

func (o outcome) String() string {
	return [outcomes]string{"not measured", "reached", "within the margin", "missed"}[o]
}

// Gate checks a run against the targets and prints the result of each. A run
// with two builds of aws is checked against the earlier one instead. An error
// says that targets were missed, or that the run measured none of them.
//
// Targets are judged by the best round of each contestant. Other processes only
// make a round worse, so the best round is the least disturbed.
func Gate(w io.Writer, run *record.Run) error {
	var out bytes.Buffer
	if all := changes(run); len(all) > 0 {
		verdict := gateBefore(&out, all)
		if _, err := w.Write(out.Bytes()); err != nil {
			return err
		}
		return verdict
	}
	var count [outcomes]int
	t := Table{Head: []string{"contestant", "measure", "target", "best round", "median", ""}}
	for _, target := range targets {
		row, o := target.judge(run)
		count[o]++
		if o != notMeasured {
			t.Rows = append(t.Rows, row)
		}
	}
	fmt.Fprintf(&out, "\nTargets (a ratio up to %.0f %% above its target is within the margin)\n", 100*gateMargin)
	writeColumns(&out, t)
	fmt.Fprintf(&out, "%d reached, %d within the margin, %d missed, %d not measured\n", count[reached], count[nearly], count[missed], count[notMeasured])
	if _, err := w.Write(out.Bytes()); err != nil {
		return err
	}
	switch {
	case count[notMeasured] == len(targets):
		return errors.New("no target was measured: targets need aws and " + nginx + " in the scenarios that awsbench list shows")
	case count[missed] > 0:
		return fmt.Errorf("%d of %d targets were missed", count[missed], len(targets)-count[notMeasured])
	}
	return nil
}

// judge checks a run against one target. A contestant that was refused missed
// its target; one that took no part was not measured.
func (t target) judge(run *record.Run) (TableRow, outcome) {
	own, other := rowOf(run, t.scenario, t.contestant), (*record.Row)(nil)
	out := TableRow{Name: t.scenario}
	if own == nil {
		return out, notMeasured
	}
	wanted := "≤ " + t.measure.show(t.most)
	if t.against != "" {
		wanted = "≤ " + number(t.most) + " of " + t.against
		if other = rowOf(run, t.scenario, t.against); other == nil || other.Refused != "" {
			return out, notMeasured
		}
	}
	if own.Refused != "" {
		out.Cells = []string{t.contestant, t.measure.name, wanted, none, none, missed.String() + ": refused, " + own.Refused}
		return out, missed
	}
	best, middle := t.figures(own, other)
	if math.IsNaN(best) {
		return out, notMeasured
	}
	show, margin := t.measure.show, 0.0
	if other != nil {
		show, margin = number, gateMargin
	}
	o := missed
	switch {
	case best <= t.most:
		o = reached
	case best <= t.most*(1+margin):
		o = nearly
	}
	out.Cells = []string{t.contestant, t.measure.name, wanted, show(best), show(middle), o.String()}
	return out, o
}

// figures returns the figure of the best round and the median of all, as ratios
// to the other contestant if there is one.
func (t target) figures(own, other *record.Row) (best, middle float64) {
	values := own.Values(t.measure.of)
	best, middle = stats.Summarize(values).Min, stats.Median(values)
	if other == nil {
		return best, middle
	}
	base := other.Values(t.measure.of)
	return best / stats.Summarize(base).Min, stats.Paired(values, base).Value
}

// rowOf returns a contestant's row in a scenario, or nil.
func rowOf(run *record.Run, scenario, contestant string) *record.Row {
	for i := range run.Scenarios {
		if run.Scenarios[i].Name == scenario {
			return run.Scenarios[i].Row(contestant)
		}
	}
	return nil
}
