// How 'aws top' looks: the lines of a terminal of any size. It draws on nothing.

package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"aws/httpx/stats"
)

// topView is what is shown.
type topView struct {
	address string
	paint   palette

	state    string // of the server; "" before the first event
	lost     error  // why nothing is heard; nil if something is
	paused   bool
	interval int // index in intervals

	last  *stats.Snapshot // that is shown
	since *stats.Snapshot // what has happened in the span before it; nil until there are two
	span  time.Duration

	recent  []*stats.Snapshot    // what the tables of paths look back on, the oldest first
	history map[string][]float64 // of rows, by name
}

const (
	kept     = 300              // values of a row
	lookBack = 10 * time.Second // of the tables of paths
)

// take takes what has been heard. A server that starts again has nothing to do with what
// was there before.
func (v *topView) take(h heard) {
	v.lost = h.err
	if h.err != nil {
		v.last, v.since, v.recent = nil, nil, nil
		return
	}
	v.state = h.State
	now := &h.Snapshot
	if v.paused || len(now.Loops) == 0 {
		return
	}
	if v.last != nil && (!v.last.Started.Equal(now.Started) || len(v.last.Loops) != len(now.Loops)) {
		v.last, v.since, v.recent = nil, nil, nil
	}
	if v.last != nil {
		span := now.Time.Sub(v.last.Time)
		if span < intervals[v.interval]-intervals[0]/2 {
			return
		}
		v.since, v.span = now.Since(v.last), span
		v.remember(now)
	}
	v.last = now
	for len(v.recent) > 1 && now.Time.Sub(v.recent[1].Time) >= lookBack {
		v.recent = v.recent[1:]
	}
	v.recent = append(v.recent, now)
}

// remember keeps the values of the rows for their histories.
func (v *topView) remember(now *stats.Snapshot) {
	if v.history == nil {
		v.history = map[string][]float64{}
	}
	for _, r := range topRows(now, v.since, v.span, len(now.Loops)) {
		if r.drawn {
			values := append(v.history[r.name], r.at)
			v.history[r.name] = values[max(0, len(values)-kept):]
		}
	}
}

// press does what a key is for.
func (v *topView) press(key byte) {
	switch key {
	case 'p', 'P', ' ':
		v.paused = !v.paused
	case '+', '=':
		v.interval = min(v.interval+1, len(intervals)-1)
	case '-':
		v.interval = max(v.interval-1, 0)
	}
}

// lines are the lines of a terminal of this size, none longer, and not more.
func (v *topView) lines(width, height int) []string {
	all := []string{v.title(width), ""}
	if v.since == nil {
		text := "Waiting for figures of " + v.address
		if v.lost == nil && v.last != nil {
			text = "Rates take two snapshots: a moment"
		}
		all = append(all, fit(text, width))
	} else {
		all = append(all, v.body(width, height-3)...)
	}
	for len(all) < height-1 {
		all = append(all, "")
	}
	all = append(all[:max(height-1, 0)], v.paint.paint("2", fit(fmt.Sprintf("q quit  p pause  + - interval %v", intervals[v.interval]), width)))
	return all[:min(len(all), height)]
}

// title says who serves, and how that is known.
func (v *topView) title(width int) string {
	left, state, colour := "aws "+v.address, v.state, "32"
	switch {
	case v.lost != nil:
		state, colour = "disconnected: "+oneLine(v.lost.Error())+"; trying again", "31"
	case v.paused:
		state, colour = "paused", "33"
	case state == "":
		state, colour = "connecting", "33"
	case state != "serving":
		colour = "33"
	}
	if s := v.last; s != nil {
		left = fmt.Sprintf("aws %s  %s  %d %s  up %v", oneLine(s.Build.Version), oneLine(s.Build.Engine), len(s.Loops), plural(len(s.Loops), "worker", "workers"), s.Time.Sub(s.Started).Round(time.Second))
	}
	state = fit(oneLine(state), max(width-2, 0))
	room := max(width-cells(state)-1, 0)
	return v.paint.bold(pad(fit(left, room), room)) + " " + v.paint.paint(colour, state)
}

const (
	nameWidth  = 13
	valueWidth = 12
	// leastSpark and mostSpark are the width of a history, which is what rows leave.
	leastSpark, mostSpark = 10, kept
	detailsWidth          = 52
	leastTable            = 4  // rows for the tables, if there is a choice
	leastTables           = 30 // columns for both
)

// body is everything between the title and the keys.
func (v *topView) body(width, height int) (all []string) {
	const others = 10 // rows besides those of the loops
	rows := topRows(v.last, v.since, v.span, max(2, height-others-leastTable))
	spark := min(max(width-nameWidth-valueWidth-detailsWidth-3, leastSpark), mostSpark)
	for _, r := range rows {
		history := strings.Repeat(" ", spark)
		if r.drawn {
			history = sparkline(v.history[r.name], spark)
		}
		head := fit(pad(r.name, nameWidth), width)
		line := v.paint.paint("36", head)
		rest := fmt.Sprintf("%*s ", valueWidth, r.value)
		if room := width - cells(head) - cells(rest); room >= 0 {
			line += v.paint.bold(rest)
			switch {
			case r.drawn && room > spark:
				line += v.paint.paint("32", history) + " " + fit(oneLine(r.details), room-spark-1)
			default:
				line += fit(oneLine(r.details), room)
			}
		}
		all = append(all, line)
	}
	if left := height - len(all) - 2; left > 0 && width >= leastTables {
		all = append(all, "")
		all = append(all, v.tables(width, left)...)
	}
	return all[:min(len(all), max(height, 0))]
}

// tables are what clients ask for most, and what fails most, side by side.
func (v *topView) tables(width, rows int) []string {
	oldest := v.recent[0]
	since := v.last.Since(oldest)
	span := v.last.Time.Sub(oldest.Time)
	top := since.Top
	if top == nil {
		top = &stats.Top{}
	}
	half := (width - 2) / 2
	left, right := pathLines(top.Paths, span, half, rows), pathLines(top.Errors, span, half, rows)
	seconds := fmt.Sprintf(", a second over %v", span.Round(time.Second))
	all := []string{v.paint.paint("36", pad(fit("Top paths"+seconds, half), half)+"  "+fit("Top errors", half))}
	for i := range max(len(left), len(right)) {
		line := strings.Repeat(" ", half)
		if i < len(left) {
			line = left[i]
		}
		if i < len(right) {
			line += "  " + right[i]
		}
		all = append(all, line)
	}
	return all
}

// pathLines are rows of a table: a rate, and what it is of.
func pathLines(paths []stats.Path, span time.Duration, width, most int) (all []string) {
	for _, p := range paths[:min(len(paths), most)] {
		status := ""
		if p.Status != 0 {
			status = fmt.Sprint(p.Status, " ")
		}
		all = append(all, pad(fit(fmt.Sprintf("%8s %s%s", short(rate(p.Count, span)), status, oneLine(p.Path)), width), width))
	}
	if len(all) == 0 {
		all = []string{pad(fit("none", width), width)}
	}
	return all
}

// sparkline draws the last values, from 0 to the largest that is shown.
func sparkline(values []float64, width int) string {
	values = values[max(0, len(values)-width):]
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", width-len(values)))
	for _, v := range values {
		if v <= 0 || most == 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune([]rune("▁▂▃▄▅▆▇█")[min(int(v/most*8), 7)])
	}
	return b.String()
}

// wide is the first letter that may take two cells: from there on, all count as two.
const wide = 0x1100

// cells is how many columns a text takes, or more.
func cells(text string) (n int) {
	for _, r := range text {
		n++
		if r >= wide && !isBlock(r) {
			n++
		}
	}
	return n
}

// isBlock tells the signs that are drawn with, which take one cell.
func isBlock(r rune) bool { return 0x2500 <= r && r < 0x25A0 || r == '…' || r == '–' }

// fit cuts a text off at a width.
func fit(text string, width int) string {
	if cells(text) <= width {
		return text
	}
	for text != "" && cells(text) > width-1 {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	if width < 1 {
		return ""
	}
	return text + "…"
}

// pad fills a text up with blanks.
func pad(text string, width int) string { return text + strings.Repeat(" ", max(width-cells(text), 0)) }
