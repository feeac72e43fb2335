package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

// Geometry of a line chart, in units of the SVG's view box. Names are to the
// right of their lines.
const (
	linesHeight = 300
	linesLeft   = 74
	linesRight  = chartWidth - 150
	linesTop    = 14
	linesBottom = linesHeight - 46
	nameHeight  = 15
	lineStyles  = 6 // styles in page.css
	// wideRange is the ratio of the largest to the smallest figure from which an
	// axis is logarithmic. On a linear one the smallest would lie on the axis.
	wideRange = 25
)

// lineChart is a drawing with one line per contestant over the points of a
// curve. The points are evenly spaced, because they grow by factors.
type lineChart struct {
	Title, Axis, Unit string
	Width, Height     int
	Left, Right, Base int
	X, Y              []tickMark // in Y, the field X is the height
	Lines             []line
}

type line struct {
	Name   string
	Class  string
	Style  int
	Path   string // points of a polyline
	Points []linePoint
	NameX  float64
	NameY  float64
}

type linePoint struct {
	X, Y, Low, High float64 // Low and High: the heights of the smallest and the largest round
	Hint            string
}

// scale converts a figure into a height.
type scale struct {
	low, high   float64 // ends of the axis; logarithms if logarithmic
	logarithmic bool
}

func (s scale) at(v float64) float64 {
	if s.logarithmic {
		v = math.Log10(v)
	}
	return linesBottom - (linesBottom-linesTop)*(v-s.low)/(s.high-s.low)
}

// newScale returns a scale for figures from least to most, with its tick marks.
func newScale(least, most float64) (s scale, marks []tickMark) {
	if most/least >= wideRange {
		s = scale{math.Floor(math.Log10(least)), math.Ceil(math.Log10(most)), true}
		for e := s.low; e <= s.high; e++ {
			v := math.Pow(10, e)
			marks = append(marks, tickMark{s.at(v), tick(number(v))})
		}
		return s, marks
	}
	step := niceStep(most / 5)
	s = scale{0, math.Ceil(most/step) * step, false}
	for v := 0.0; v <= s.high*1.0001; v += step {
		marks = append(marks, tickMark{s.at(v), tick(number(v))})
	}
	return s, marks
}

// growthChart draws a curve. It returns false if there is nothing to draw.
func growthChart(c *record.Curve) (lineChart, bool) {
	least, most := math.Inf(1), 0.0
	for i := range c.Points {
		for _, row := range c.Points[i].Rows {
			if sum := stats.Summarize(row.Values(c.Cost)); sum.N > 0 && sum.Min > 0 {
				least, most = min(least, sum.Min), max(most, sum.Max)
			}
		}
	}
	if most == 0 {
		return lineChart{}, false
	}
	y, marks := newScale(least, most)
	unit := costUnit(c)
	if y.logarithmic {
		unit += ", logarithmic"
	}
	out := lineChart{
		Title: c.Title, Axis: c.Axis, Unit: unit, Width: chartWidth, Height: linesHeight,
		Left: linesLeft, Right: linesRight, Base: linesBottom, Y: marks,
	}
	x := func(i int) float64 {
		const inset = 18
		return linesLeft + inset + float64(i)*(linesRight-linesLeft-2*inset)/float64(max(1, len(c.Points)-1))
	}
	for i, p := range c.Points {
		out.X = append(out.X, tickMark{x(i), pointLabel(c, p.X)})
	}
	for i, name := range growers(c) {
		l := newLine(c, name, x, y)
		l.Style = i % lineStyles
		if len(l.Points) > 0 {
			out.Lines = append(out.Lines, l)
		}
	}
	separateNames(out.Lines)
	return out, true
}

// newLine draws the line of one contestant, without points at which it was
// refused.
func newLine(c *record.Curve, name string, x func(int) float64, y scale) line {
	l := line{Name: name, Class: class(name)}
	var path []string
	for i := range c.Points {
		row := c.Points[i].Row(name)
		if row == nil || row.Refused != "" {
			continue
		}
		sum := stats.Summarize(row.Values(c.Cost))
		if sum.N == 0 || sum.Min <= 0 {
			continue
		}
		p := linePoint{
			X: x(i), Y: y.at(sum.Median), Low: y.at(sum.Min), High: y.at(sum.Max),
			Hint: fmt.Sprintf("%s, %s: %s (%s–%s) %s", name, pointLabel(c, c.Points[i].X), number(sum.Median), number(sum.Min), number(sum.Max), costUnit(c)),
		}
		l.Points = append(l.Points, p)
		path = append(path, fmt.Sprintf("%.1f,%.1f", p.X, p.Y))
		l.NameX, l.NameY = p.X+12, p.Y
	}
	l.Path = strings.Join(path, " ")
	return l
}

// separateNames moves overlapping names apart: down, and back up where they
// would leave the drawing.
func separateNames(lines []line) {
	order := make([]*line, len(lines))
	for i := range lines {
		order[i] = &lines[i]
	}
	slices.SortStableFunc(order, func(a, b *line) int { return cmp.Compare(a.NameY, b.NameY) })
	for i := 1; i < len(order); i++ {
		order[i].NameY = max(order[i].NameY, order[i-1].NameY+nameHeight)
	}
	floor := float64(linesBottom)
	for _, l := range slices.Backward(order) {
		l.NameY = min(l.NameY, floor)
		floor = l.NameY - nameHeight
	}
}
