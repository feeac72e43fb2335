package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// progress draws a bar on a terminal. Elsewhere, such as in a CI log, it prints
// an occasional line.
type progress struct {
	out      *os.File
	terminal bool
	begun    time.Time
	printed  time.Time
	steps    int
	done     int
}

const (
	barWidth = 24
	// logInterval is the time between two lines without a terminal.
	logInterval = 10 * time.Second
)

func newProgress(out *os.File) *progress {
	_, err := unix.IoctlGetTermios(int(out.Fd()), unix.TCGETS)
	return &progress{out: out, terminal: err == nil}
}

// Begin says how long the run will take: starting the servers and checking their
// answers takes up to as long as the load.
func (p *progress) Begin(steps int, load time.Duration) {
	p.steps, p.begun = steps, time.Now()
	fmt.Fprintf(p.out, "awsbench: %d turns, %v of load; with starting and checking the servers up to %v\n",
		steps, load.Round(time.Second), (2 * load).Round(time.Second))
}

func (p *progress) Step(what string) {
	now := time.Now()
	switch {
	case p.terminal:
		filled := min(barWidth, barWidth*p.done/max(1, p.steps))
		line := fmt.Sprintf("[%s%s] %3d%% %s%s", strings.Repeat("█", filled), strings.Repeat("·", barWidth-filled),
			min(100, 100*p.done/max(1, p.steps)), p.left(now), what)
		fmt.Fprintf(p.out, "\r%s\x1b[K", p.fit(line))
	case now.Sub(p.printed) >= logInterval:
		fmt.Fprintf(p.out, "awsbench: %d of %d: %s\n", p.done+1, p.steps, what)
		p.printed = now
	}
	p.done++
}

// left estimates the remaining time, after the first few steps.
func (p *progress) left(now time.Time) string {
	if p.done < 5 {
		return ""
	}
	left := now.Sub(p.begun) / time.Duration(p.done) * time.Duration(max(0, p.steps-p.done))
	return fmt.Sprintf("%v left · ", left.Round(time.Second))
}

// fit cuts a line to the terminal's width: a wrapped line cannot be overwritten.
func (p *progress) fit(line string) string {
	width := 80
	if size, err := unix.IoctlGetWinsize(int(p.out.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
		width = int(size.Col)
	}
	runes := []rune(line)
	return string(runes[:min(len(runes), width-1)])
}

// end erases the bar.
func (p *progress) end() {
	if p.terminal && p.done > 0 {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
