package report

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

const growthAbout = "Server CPU time per request, or per MiB, as something else grows. " +
	"Lines are medians, with the smallest and the largest round. A flat line means that more does not cost more."

// growers returns the contestants of a curve.
func growers(c *record.Curve) (names []string) {
	for i := range c.Points {
		for _, row := range c.Points[i].Rows {
			if !slices.Contains(names, row.Contestant) {
				names = append(names, row.Contestant)
			}
		}
	}
	return names
}

func costUnit(c *record.Curve) string {
	if c.Sizes {
		return "CPU µs/MiB"
	}
	return "CPU µs/request"
}

func pointLabel(c *record.Curve, x int64) string {
	if c.Sizes {
		return bytesOf(float64(x))
	}
	return thousands(x)
}

// growthTable shows a curve's figures, and the ratio of its last point to the
// first.
func growthTable(c *record.Curve) Table {
	t := Table{Title: costUnit(c) + " by " + c.Axis}
	for _, p := range c.Points {
		t.Head = append(t.Head, pointLabel(c, p.X))
	}
	t.Head = append(t.Head, "last ÷ first")
	for _, name := range growers(c) {
		row := TableRow{Name: name, Aws: class(name) == "aws"}
		first, last := math.NaN(), math.NaN()
		for i := range c.Points {
			r := c.Points[i].Row(name)
			if last = math.NaN(); r != nil {
				last = stats.Median(r.Values(c.Cost))
			}
			if i == 0 {
				first = last
			}
			if r != nil && r.Refused != "" {
				row.Cells = append(row.Cells, "refused")
			} else {
				row.Cells = append(row.Cells, number(last))
			}
		}
		row.Cells = append(row.Cells, number(last/first))
		t.Rows = append(t.Rows, row)
	}
	return t
}

func writeGrowthText(b *bytes.Buffer, run *record.Run) {
	for i := range run.Growth {
		c := &run.Growth[i]
		t := growthTable(c)
		fmt.Fprintf(b, "\n%s\n  %s\n", c.Title, t.Title)
		writeColumns(b, t)
		for _, note := range c.Notes {
			fmt.Fprintf(b, "  %s\n", note)
		}
	}
}

func writeGrowthMarkdown(b *bytes.Buffer, run *record.Run) {
	if len(run.Growth) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## Growth\n\n%s\n", growthAbout)
	for i := range run.Growth {
		c := &run.Growth[i]
		t := growthTable(c)
		fmt.Fprintf(b, "\n### %s\n\n%s %s:\n", c.Title, c.About, t.Title)
		writeMarkdown(b, t)
		for _, note := range c.Notes {
			fmt.Fprintf(b, "\n%s\n", note)
		}
	}
}

// htmlCurve is a curve as the page shows it.
type htmlCurve struct {
	*record.Curve
	Chart lineChart
	Drawn bool
	Table Table
}

func htmlCurves(run *record.Run) (all []htmlCurve) {
	for i := range run.Growth {
		c := htmlCurve{Curve: &run.Growth[i], Table: growthTable(&run.Growth[i])}
		if c.Chart, c.Drawn = growthChart(c.Curve); c.Drawn {
			c.Table.Title = "" // the chart above has it
		}
		all = append(all, c)
	}
	return all
}
