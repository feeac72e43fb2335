package explain

import (
	_ "embed"
	"fmt"
	"html"
	"strings"
	"time"
)

//go:embed page.css
var pageStyle string

// pageKey says what the bars of the time line are.
const pageKey = `<p class="key"><span><i class="call"></i>a system call</span><span><i class="point"></i>an entry of a ring, filled or taken</span>` +
	`<span><i class="flight"></i>what it stands for is under way</span><span><i class="sleep"></i>the loop sleeps in the kernel</span></p>
`

// Page returns a page of its own, with a time line, that needs neither network nor
// scripts. It is written without html/template, which would be in every aws.
func Page(title string, runs []Run) []byte {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n")
	fmt.Fprintf(&b, "<title>%s: what the engines ask of the kernel</title>\n<style>\n%s</style>\n", html.EscapeString(title), pageStyle)
	fmt.Fprintf(&b, "<h1><code>%s</code></h1>\n<p class=\"soft\">What each engine asks of the kernel for it, in order. "+
		"A time line begins when the loop is woken up, and is as long in both columns.</p>\n%s", html.EscapeString(title), pageKey)
	for i := range runs {
		if runs[i].Note != "" {
			fmt.Fprintf(&b, "<p><strong>%s</strong>: %s</p>\n", html.EscapeString(runs[i].Engine), html.EscapeString(runs[i].Note))
		}
	}
	for n := range longest(runs) {
		pageStep(&b, runs, n)
	}
	return []byte(b.String())
}

// longest is how many steps the run with the most has.
func longest(runs []Run) (n int) {
	for i := range runs {
		n = max(n, len(runs[i].Steps))
	}
	return n
}

// pageStep writes a step of all runs, side by side.
func pageStep(b *strings.Builder, runs []Run, n int) {
	title, span := "", time.Duration(1)
	for i := range runs {
		if n < len(runs[i].Steps) {
			s := &runs[i].Steps[n]
			title = s.Title
			for _, l := range s.Lines {
				span = max(span, l.Start+l.Length)
			}
		}
	}
	fmt.Fprintf(b, "<h2>%s</h2>\n<div class=\"runs\">\n", html.EscapeString(title))
	for i := range runs {
		if n < len(runs[i].Steps) {
			pageColumn(b, &runs[i], &runs[i].Steps[n], span)
		}
	}
	b.WriteString("</div>\n")
}

// pageColumn writes a step of one run. span is how long the time line is.
func pageColumn(b *strings.Builder, run *Run, s *Step, span time.Duration) {
	fmt.Fprintf(b, "<section class=\"run\"><h3>%s</h3>\n", html.EscapeString(run.Engine))
	if s.Answer != "" {
		fmt.Fprintf(b, "<p class=\"soft\">%s</p>\n", html.EscapeString(s.Answer))
	}
	b.WriteString("<ol>\n")
	for _, l := range fold(s) {
		if l.instead != "" {
			fmt.Fprintf(b, "<li class=\"soft\">%s</li>\n", l.instead)
			continue
		}
		class := ""
		if l.Entry {
			class = ` class="entry"`
		}
		text, when := l.text(), ""
		if l.Result != "" {
			text += " = " + l.Result
		}
		if !l.Entry {
			when = length(l.Line)
		}
		fmt.Fprintf(b, "<li%s><div class=\"what\"><code>%s</code><span class=\"time\">%s</span></div><div class=\"track\">%s</div>",
			class, html.EscapeString(text), html.EscapeString(when), bar(s, l.index, span))
		b.WriteString("<p class=\"says\">")
		if l.Aside {
			b.WriteString("<span class=\"aside\">On another thread.</span> ")
		}
		b.WriteString(html.EscapeString(l.Says) + "</p></li>\n")
	}
	b.WriteString("</ol></section>\n")
}

// bar draws a line of a step on its time line.
func bar(s *Step, i int, span time.Duration) string {
	l := &s.Lines[i]
	if l.Entry {
		flight := ""
		if until, ok := completion(s, i); ok {
			flight = stretch("flight", l.Start, until, span)
		}
		return flight + stretch("point", l.Start, l.Start, span)
	}
	if l.Waits {
		return stretch("sleep", max(l.Start, 0), l.Start+l.Length, span)
	}
	return stretch("call", l.Start, l.Start+l.Length, span)
}

// completion is when the entry at i completes, within the step.
func completion(s *Step, i int) (time.Duration, bool) {
	if s.Records[i].Call.IsCompletion() {
		return 0, false
	}
	for j := i + 1; j < len(s.Lines); j++ {
		if r := &s.Records[j]; r.Call.IsCompletion() && r.Tag == s.Records[i].Tag {
			return s.Lines[j].Start, true
		}
	}
	return 0, false
}

// stretch is a bar from one time to another.
func stretch(class string, from, to, span time.Duration) string {
	left := min(percent(from, span), 99.5)
	return fmt.Sprintf(`<i class="%s" style="left:%.2f%%;width:%.2f%%"></i>`, class, left, max(percent(to, span)-left, 0))
}

func percent(at, span time.Duration) float64 {
	return min(max(100*float64(at)/float64(span), 0), 100)
}
