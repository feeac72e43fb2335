package report

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

// gridCell shows who wins at one point: the contestant that needs less CPU per
// request than the other.
type gridCell struct {
	Winner  string
	Index   int         // 0: the first contestant wins, 1: the second; -1: no difference shown
	Against stats.Ratio // the first contestant's CPU over the second's
	Text    string
	Detail  string
}

// gridTable is the grid of a pair of contestants.
type gridTable struct {
	First, Second string
	Sizes         []string
	Rows          []gridRow
}

type gridRow struct {
	Connections int
	Cells       []gridCell
}

// gridTables compares the first contestant with each of the others.
func gridTables(g *record.Grid) []gridTable {
	var tables []gridTable
	for _, second := range g.Contestants[min(1, len(g.Contestants)):] {
		t := gridTable{First: g.Contestants[0], Second: second}
		for _, size := range g.Sizes {
			t.Sizes = append(t.Sizes, bytesOf(float64(size)))
		}
		for _, n := range g.Connections {
			row := gridRow{Connections: n}
			for _, size := range g.Sizes {
				row.Cells = append(row.Cells, newGridCell(g, n, size, t.First, second))
			}
			t.Rows = append(t.Rows, row)
		}
		tables = append(tables, t)
	}
	return tables
}

func newGridCell(g *record.Grid, connections int, size int64, first, second string) gridCell {
	cell := gridCell{Index: -1, Text: none, Against: stats.Ratio{Value: math.NaN()}}
	for i := range g.Cells {
		c := &g.Cells[i]
		if c.Connections != connections || c.Size != size {
			continue
		}
		s := record.Scenario{Rows: c.Rows}
		a, b := s.Row(first), s.Row(second)
		if a == nil || b == nil || a.Refused != "" || b.Refused != "" {
			cell.Text = "refused"
			return cell
		}
		cell.Against = ratioTo(&s, a, second, record.Round.CPU)
		cell.Detail = fmt.Sprintf("CPU µs/request: %s %s, %s %s; ratio %s", first, spread(a.Values(record.Round.CPU)), second, spread(b.Values(record.Round.CPU)), ratio(cell.Against))
	}
	cell.Text = number(cell.Against.Value)
	switch cell.Against.Verdict() {
	case stats.Less:
		cell.Winner, cell.Index = first, 0
	case stats.More:
		cell.Winner, cell.Index = second, 1
	}
	return cell
}

func (c gridCell) mark() string {
	if c.Against.Verdict() == stats.NoDifference {
		return "≈ " + c.Text
	}
	return strings.TrimSpace(c.Text + " " + c.Winner)
}

func (t gridTable) table() Table {
	out := Table{
		Title: fmt.Sprintf("CPU per request, %s ÷ %s, and who needs less (≈: no difference shown)", t.First, t.Second),
		Head:  t.Sizes,
	}
	for _, row := range t.Rows {
		line := TableRow{Name: fmt.Sprintf("%d connection(s)", row.Connections)}
		for _, c := range row.Cells {
			line.Cells = append(line.Cells, c.mark())
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

func writeGridText(b *bytes.Buffer, run *record.Run) {
	for _, t := range gridTables(run.Grid) {
		table := t.table()
		fmt.Fprintf(b, "\n%s\n", table.Title)
		writeColumns(b, table)
	}
}

func writeGridMarkdown(b *bytes.Buffer, run *record.Run) {
	fmt.Fprintf(b, "\n## Connections × file size\n")
	for _, t := range gridTables(run.Grid) {
		table := t.table()
		fmt.Fprintf(b, "\n%s:\n", table.Title)
		writeMarkdown(b, table)
	}
}
