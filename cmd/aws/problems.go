// The problems of a configuration, all of them: what --check reports, and what keeps
// the server from starting.

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// severity says what comes of a problem at start.
type severity uint8

const (
	doubt  severity = iota // the server starts, with a warning
	refuse                 // it does not, for what it finds on the machine: exit code 1
	misuse                 // it does not, for a mistake in the settings: exit code 2
)

// problem is one of them, as it is printed.
type problem struct {
	severity severity
	line     string // where it stands, what is wrong, what to do
}

func (p problem) String() string {
	if p.severity == doubt {
		return "warning: " + p.line
	}
	return "error: " + p.line
}

// problems are those found so far, each once.
type problems []problem

func (p *problems) add(s severity, where, format string, args ...any) {
	found := problem{s, oneLine(where + ": " + fmt.Sprintf(format, args...))}
	if !slices.Contains(*p, found) {
		*p = append(*p, found)
	}
}

func (p *problems) warn(where, format string, args ...any)   { p.add(doubt, where, format, args...) }
func (p *problems) refuse(where, format string, args ...any) { p.add(refuse, where, format, args...) }
func (p *problems) usage(where, format string, args ...any)  { p.add(misuse, where, format, args...) }

// sort puts the problems of the configuration file last and in the order of its lines.
func (p problems) sort(file string) {
	line := func(found problem) int {
		rest, inFile := strings.CutPrefix(found.line, file+":")
		digits, _, _ := strings.Cut(rest, ":")
		if n, err := strconv.Atoi(digits); inFile && err == nil {
			return n
		}
		return 0
	}
	slices.SortStableFunc(p, func(a, b problem) int { return line(a) - line(b) })
}

// worst is what becomes of the start.
func (p problems) worst() (s severity) {
	for _, found := range p {
		s = max(s, found.severity)
	}
	return s
}

// start prints the warnings. It returns an error with all that keep the server from
// starting.
func (p problems) start() error {
	var reasons problems
	for _, found := range p {
		if found.severity == doubt {
			say(slog.LevelWarn, found.String())
		} else {
			reasons = append(reasons, found)
		}
	}
	err := asError(reasons)
	if p.worst() == misuse {
		err = usageError{err}
	}
	return err
}

// asError is an error of several lines. Each begins as the first will: see run.
func asError(list problems) error {
	if len(list) == 0 {
		return nil
	}
	lines := make([]string, len(list))
	for i, found := range list {
		lines[i] = found.String()
	}
	return errors.New(strings.Join(lines, "\naws: "))
}
