package report

import (
	"bytes"
	"strings"
	"testing"

	"aws/cmd/awsbench/internal/record"
)

// growing is a run with a curve of connections, in which nginx is refused at
// the last point, and a curve of sizes, in which costs differ by orders of
// magnitude.
func growing() *record.Run {
	run := example()
	run.Scenarios = nil
	point := func(x int64, rows ...record.Row) record.Point { return record.Point{X: x, Rows: rows} }
	run.Growth = []record.Curve{
		{Name: "connections", Title: "Active connections", About: "1 KiB.", Axis: "connections", Notes: []string{"nginx at 1000 is refused: why."}, Points: []record.Point{
			point(1, rounds("aws-epoll", 9, 10, 11), rounds("nginx", 12, 12, 13)),
			point(1000, rounds("aws-epoll", 5, 5, 5), record.Row{Contestant: "nginx", Refused: "why"}),
		}},
		{Name: "sizes", Title: "File size", Axis: "size of the file", Sizes: true, Points: []record.Point{
			point(1<<10, rounds("aws-epoll", 100), rounds("nginx", 100)), point(1<<30, rounds("aws-epoll", 1), rounds("nginx", 1)),
		}},
		{Name: "nothing", Title: "Nothing", Axis: "nothing", Points: []record.Point{point(0, record.Row{Contestant: "nginx", Refused: "why"})}},
	}
	return run
}

func TestGrowthIsTabulated(t *testing.T) {
	run := growing()
	md := string(Markdown(run))
	var text bytes.Buffer
	if err := Text(&text, run); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| | 1 | 1,000 | last ÷ first |", "| aws-epoll | 10.0 | 5.00 | 0.50 |", "| nginx | 12.0 | refused | – |",
		"nginx at 1000 is refused: why.", "| | 1 KiB | 1 GiB |", "CPU µs/MiB by size of the file", "| nginx | refused | – |",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("no %q in\n%s", want, md)
		}
	}
	for _, want := range []string{"Active connections\n  CPU µs/request by connections", "aws-epoll  10.0  5.00     0.50"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

func TestGrowthIsDrawn(t *testing.T) {
	run := growing()
	chart, drawn := growthChart(&run.Growth[0])
	if !drawn || len(chart.Lines) != 2 || len(chart.X) != 2 || chart.Unit != "CPU µs/request" {
		t.Fatalf("%v, %+v", drawn, chart)
	}
	own, peer := chart.Lines[0], chart.Lines[1]
	if len(own.Points) != 2 || len(peer.Points) != 1 || own.Class != "aws" || own.Style == peer.Style {
		t.Errorf("%+v\n%+v", own, peer)
	}
	// A higher cost is further up, where y is smaller.
	if p := own.Points[0]; !(p.Y < own.Points[1].Y && p.High < p.Y && p.Y < p.Low && p.High >= linesTop && own.Points[1].Y <= linesBottom) {
		t.Errorf("%+v", own.Points)
	}
	chart, drawn = growthChart(&run.Growth[1])
	if !drawn || !strings.Contains(chart.Unit, "logarithmic") || chart.Y[0].Text == "0" {
		t.Errorf("%v, %s, %+v", drawn, chart.Unit, chart.Y)
	}
	if a, b := chart.Lines[0].NameY, chart.Lines[1].NameY; b-a < nameHeight && a-b < nameHeight {
		t.Errorf("names of equal lines at %v and %v", a, b)
	}
	if _, drawn := growthChart(&run.Growth[2]); drawn {
		t.Error("a curve without figures is drawn")
	}
	page, err := HTML(run)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"NaN", "Inf", "ZgotmplZ", "<script"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("%q in the page", bad)
		}
	}
	if n := bytes.Count(page, []byte("<polyline")); n != 4 {
		t.Errorf("%d lines in the page, want 4", n)
	}
}

// Names stay inside the drawing and do not overlap, however many lines end at
// one height.
func TestNamesOfLinesAreApart(t *testing.T) {
	for _, heights := range [][]float64{{}, {100}, {100, 100, 100}, {linesBottom, linesBottom, linesBottom - 3}, {50, 10, 30, 20, 40}} {
		lines := make([]line, len(heights))
		for i, y := range heights {
			lines[i].NameY = y
		}
		separateNames(lines)
		for i, a := range lines {
			if a.NameY > linesBottom {
				t.Errorf("%v: one at %v", heights, a.NameY)
			}
			for _, b := range lines[:i] {
				if d := a.NameY - b.NameY; d < nameHeight && d > -nameHeight {
					t.Errorf("%v: %v and %v", heights, a.NameY, b.NameY)
				}
			}
		}
	}
}
