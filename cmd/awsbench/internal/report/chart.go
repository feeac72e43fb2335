package report

import (
	"fmt"
	"math"
	"strings"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

// Geometry of all charts, in units of the SVG's view box.
const (
	chartWidth = 760
	labelWidth = 130 // names, left of the plot
	valueWidth = 190 // numbers, right of it
	plotWidth  = chartWidth - labelWidth - valueWidth
	rowHeight  = 26
	topMargin  = 8
	tickHeight = 22 // tick labels below a plot
	axisHeight = 12 // axis label below them, if any
)

// chart is a drawing with one row per contestant.
type chart struct {
	Title  string
	Width  int
	Height int
	Top    int // y of the axis
	Axis   string
	Ticks  []tickMark
	Rows   []chartRow
}

type tickMark struct {
	X    float64
	Text string
}

type chartRow struct {
	Name  string
	Class string // "aws" or "peer"
	Y     int    // middle of the row
	// A bar from the axis to X, with a whisker from Low to High; or dots.
	Bar          bool
	X, Low, High float64
	Dots         []dot
	Value        string
	ValueX       float64
	Hint         string
}

type dot struct {
	X    float64
	Hint string
	Rank int // rank of the quantile, for its shade
}

func newChart(title, axis string, rows int) chart {
	top := topMargin + rows*rowHeight
	height := top + tickHeight
	if axis != "" {
		height += axisHeight
	}
	return chart{Title: title, Axis: axis, Width: chartWidth, Height: height, Top: top}
}

func class(name string) string {
	if strings.HasPrefix(name, "aws") {
		return "aws"
	}
	return "peer"
}

// barChart draws a figure of each contestant, starting at 0.
func barChart(s *record.Scenario, title string, of func(record.Round) float64, show func(float64) string) (chart, bool) {
	most := 0.0
	var fair []*record.Row
	for i := range s.Rows {
		row := &s.Rows[i]
		if sum := stats.Summarize(row.Values(of)); row.Refused == "" && sum.N > 0 {
			fair = append(fair, row)
			most = max(most, sum.Max)
		}
	}
	if most == 0 {
		return chart{}, false
	}
	step := niceStep(most / 5)
	end := math.Ceil(most/step) * step
	at := func(v float64) float64 { return labelWidth + plotWidth*v/end }
	c := newChart(title, "", len(fair))
	for v := 0.0; v <= end*1.0001; v += step {
		c.Ticks = append(c.Ticks, tickMark{at(v), tick(show(v))})
	}
	for i, row := range fair {
		values := row.Values(of)
		sum := stats.Summarize(values)
		c.Rows = append(c.Rows, chartRow{
			Name: row.Contestant, Class: class(row.Contestant), Y: topMargin + i*rowHeight + rowHeight/2,
			Bar: true, X: at(sum.Median), Low: at(sum.Min), High: at(sum.Max),
			Value: show(sum.Median), ValueX: at(sum.Max) + 8,
			Hint: fmt.Sprintf("%s: %s (%s–%s)", row.Contestant, show(sum.Median), show(sum.Min), show(sum.Max)),
		})
	}
	return c, true
}

// niceStep rounds up to 1, 2 or 5 times a power of ten.
func niceStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= x {
			return m * power
		}
	}
	return 10 * power
}

var quantiles = []struct {
	name string
	at   func(*record.Latency) float64
}{
	{"p50", func(l *record.Latency) float64 { return l.P50 }},
	{"p90", func(l *record.Latency) float64 { return l.P90 }},
	{"p99", p99},
	{"p99.9", func(l *record.Latency) float64 { return l.P999 }},
}

// latencyChart draws the quantiles of each contestant as dots on a logarithmic
// axis, because latencies differ by orders of magnitude.
func latencyChart(s *record.Scenario, title string, of func(record.Round) *record.Latency) (chart, bool) {
	type line struct {
		name   string
		values []float64
	}
	var lines []line
	least, most := math.Inf(1), 0.0
	for i := range s.Rows {
		row := &s.Rows[i]
		l := line{name: row.Contestant}
		for _, q := range quantiles {
			v := stats.Median(row.Values(quantile(q.name, of, q.at, nil).of))
			if math.IsNaN(v) || v <= 0 {
				continue
			}
			l.values = append(l.values, v)
			least, most = min(least, v), max(most, v)
		}
		if row.Refused == "" && len(l.values) == len(quantiles) {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return chart{}, false
	}
	low, high := math.Floor(math.Log10(least)), math.Ceil(math.Log10(most)+1e-9)
	if high <= low {
		high = low + 1
	}
	at := func(v float64) float64 { return labelWidth + plotWidth*(math.Log10(v)-low)/(high-low) }
	c := newChart(title, "p50, p90, p99, p99.9 from light to dark; logarithmic", len(lines))
	for e := low; e <= high; e++ {
		v := math.Pow(10, e)
		c.Ticks = append(c.Ticks, tickMark{at(v), tick(micros(v))})
	}
	for i, l := range lines {
		row := chartRow{Name: l.name, Class: class(l.name), Y: topMargin + i*rowHeight + rowHeight/2,
			Low: at(l.values[0]), High: at(l.values[len(l.values)-1])}
		var hint []string
		for k, v := range l.values {
			text := quantiles[k].name + " " + micros(v)
			row.Dots = append(row.Dots, dot{at(v), l.name + ": " + text, k})
			hint = append(hint, text)
		}
		// Both values, because the label is next to the last dot.
		row.Value, row.ValueX = "p99 "+micros(l.values[2])+", p99.9 "+micros(l.values[3]), row.High+10
		row.Hint = l.name + ": " + strings.Join(hint, ", ")
		c.Rows = append(c.Rows, row)
	}
	return c, true
}

// charts returns the charts of one scenario.
func charts(s *record.Scenario) []chart {
	var all []chart
	add := func(c chart, drawn bool) {
		if drawn {
			all = append(all, c)
		}
	}
	mibps := func(v float64) string { return number(v) + " MiB/s" }
	switch s.Kind {
	case record.Cold:
		add(barChart(s, "Throughput", mibPerSec.of, mibps))
		add(latencyChart(s, "Latency of the hot file", probeOf))
	case record.Held:
		add(barChart(s, "Server memory per connection", held.of, bytesOf))
		add(latencyChart(s, "Latency of the hot file", probeOf))
	case record.Start:
		add(barChart(s, "Time to the first answer", first.of, func(v float64) string { return number(v) + " ms" }))
	case record.Throughput:
		add(barChart(s, "Server CPU per request", cpu.of, micros))
		if s.BodyBytes >= largeBody {
			add(barChart(s, "Throughput", mibPerSec.of, mibps))
		} else {
			add(barChart(s, "Requests per second", perSecond.of, number))
		}
		add(latencyChart(s, fmt.Sprintf("Latency at %s requests/s", number(s.Rate)), openOf))
	}
	return all
}
