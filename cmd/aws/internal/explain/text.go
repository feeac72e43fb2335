package explain

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"aws/cmd/aws/internal/wrap"
)

// Paint colours a text.
type Paint func(string) string

const (
	// sideBySide is how many columns a terminal has for each run that stands beside
	// others.
	sideBySide = 60
	// gap stands between them.
	gap      = "  │ "
	gapWidth = 4
)

// Text returns what a terminal of that many columns shows of some runs.
func Text(title string, runs []Run, columns int, bold, call, dim Paint) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", bold(title))
	blocks := make([]*block, len(runs))
	width := min(columns, 100)
	beside := len(runs) > 1 && columns >= len(runs)*sideBySide
	if beside {
		width = (min(columns, 200) - gapWidth*(len(runs)-1)) / len(runs)
	}
	for i := range runs {
		blocks[i] = &block{width: width, bold: bold, call: call, dim: dim}
	}
	if !beside {
		for i := range runs {
			blocks[i].run(&runs[i])
			for _, l := range blocks[i].lines {
				b.WriteString(strings.TrimRight(l.text, " ") + "\n")
			}
		}
		return []byte(b.String())
	}
	steps := 0
	for i := range runs {
		steps = max(steps, len(runs[i].Steps))
		blocks[i].head(&runs[i])
	}
	for n := range steps {
		level(blocks) // a step begins in the same line everywhere
		for i := range runs {
			if n < len(runs[i].Steps) {
				blocks[i].step(&runs[i].Steps[n])
			}
		}
	}
	level(blocks)
	for n := range blocks[0].lines {
		for i, block := range blocks {
			l := block.lines[n]
			if i > 0 {
				b.WriteString(gap)
			}
			b.WriteString(l.text)
			if i < len(blocks)-1 {
				b.WriteString(strings.Repeat(" ", max(width-l.width, 0)))
			}
		}
		b.WriteString("\n")
	}
	return []byte(b.String())
}

// level makes all blocks as long as the longest.
func level(blocks []*block) {
	longest := 0
	for _, b := range blocks {
		longest = max(longest, len(b.lines))
	}
	for _, b := range blocks {
		for len(b.lines) < longest {
			b.put("", nil)
		}
	}
}

// block is what is printed of one run.
type block struct {
	width           int
	lines           []printed
	bold, call, dim Paint
}

type printed struct {
	text  string // with colours
	width int
}

func (b *block) put(text string, paint Paint) {
	width := utf8.RuneCountInString(text)
	if paint != nil && text != "" {
		text = paint(text)
	}
	b.lines = append(b.lines, printed{text, width})
}

func (b *block) run(run *Run) {
	b.head(run)
	for i := range run.Steps {
		b.step(&run.Steps[i])
	}
}

func (b *block) head(run *Run) {
	b.put("", nil)
	b.put(run.Engine, b.bold)
	for _, line := range wrap.Lines(run.Note, b.width) {
		b.put(line, nil)
	}
}

func (b *block) step(s *Step) {
	b.put("", nil)
	title := s.Title
	if s.Answer != "" {
		title += ": " + s.Answer
	}
	for _, line := range wrap.Lines(title, b.width) {
		b.put(line, b.bold)
	}
	for _, l := range fold(s) {
		if l.instead != "" {
			b.put("  "+l.instead, b.dim)
			continue
		}
		b.line(l.Line)
	}
}

// timeWidth is for when a call began and how long it took.
const timeWidth = 14

// line writes a call, its result and its time, and below it the sentence.
func (b *block) line(l *Line) {
	const indent = "      "
	text := l.text()
	if l.Result != "" {
		text += " = " + l.Result
	}
	room := b.width - timeWidth - 3
	lines := wrapCall(text, room)
	for i, part := range lines {
		if i > 0 {
			part = "    " + part
		}
		at := "  " + part
		when := ""
		if i == 0 && !l.Entry {
			when = length(l)
		}
		dimmed := when
		if when != "" {
			dimmed = b.dim(when)
		}
		n := utf8.RuneCountInString(at)
		pad := max(b.width-n-utf8.RuneCountInString(when), 1)
		if when == "" {
			pad = 0
		}
		b.lines = append(b.lines, printed{b.call(at) + strings.Repeat(" ", pad) + dimmed, n + pad + utf8.RuneCountInString(when)})
	}
	says := l.Says
	if l.Aside {
		says = "On another thread. " + says
	}
	for _, line := range wrap.Lines(says, b.width-len(indent)) {
		b.put(indent+line, nil)
	}
}

// length is how long a call took.
func length(l *Line) string {
	switch {
	case l.Waits && l.Start < 0: // until the step began
		return "asleep"
	case l.Waits:
		return "asleep " + Duration(l.Length)
	}
	return Duration(l.Length)
}

// Duration writes a time in microseconds, or in a larger unit.
func Duration(d time.Duration) string {
	switch {
	case d < 100*time.Microsecond:
		return fmt.Sprintf("%.1f µs", float64(d)/1e3)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// wrapCall breaks a call at spaces, and a name that is longer than a line anywhere.
func wrapCall(text string, width int) (lines []string) {
	for _, line := range wrap.Lines(text, width-4) {
		for utf8.RuneCountInString(line) > width {
			runes := []rune(line)
			lines, line = append(lines, string(runes[:width-4])), string(runes[width-4:])
		}
		lines = append(lines, line)
	}
	return lines
}

// JSON returns a request and what the engines have done for it.
func JSON(r *Request, runs []Run) ([]byte, error) {
	type call struct {
		Call    string   `json:"call"`
		Args    []string `json:"args"`
		Result  string   `json:"result,omitempty"`
		Says    string   `json:"says"`
		Entry   bool     `json:"entry,omitempty"`
		FD      int32    `json:"fd"`
		Thread  int      `json:"thread"`
		StartNS int64    `json:"start_ns"`
		TookNS  int64    `json:"took_ns"`
	}
	type step struct {
		Title  string `json:"title"`
		Answer string `json:"answer,omitempty"`
		Calls  []call `json:"calls"`
	}
	type run struct {
		Engine string `json:"engine"`
		Note   string `json:"note,omitempty"`
		Steps  []step `json:"steps"`
	}
	out := struct {
		Request string `json:"request"`
		Engines []run  `json:"engines"`
	}{Request: r.String()}
	for _, from := range runs {
		to := run{Engine: from.Engine, Note: from.Note}
		for _, s := range from.Steps {
			calls := []call{}
			for i, l := range s.Lines {
				calls = append(calls, call{l.Call, l.Args, l.Result, l.Says, l.Entry, s.Records[i].FD, s.Records[i].Thread, l.Start.Nanoseconds(), l.Length.Nanoseconds()})
			}
			to.Steps = append(to.Steps, step{s.Title, s.Answer, calls})
		}
		out.Engines = append(out.Engines, to)
	}
	text, err := json.MarshalIndent(out, "", "  ")
	return append(text, '\n'), err
}
