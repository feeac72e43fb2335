// How findings are shown: to people in 80 columns, and to programs as JSON.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"

	"aws/cmd/aws/internal/wrap"
)

// printFindings prints findings by group, each with its mark. With quiet they are only
// those that call for something.
func printFindings(out io.Writer, p palette, f *facts, all findings, quiet bool) {
	var b strings.Builder
	if !quiet {
		fmt.Fprintf(&b, "%s on Linux %s: --backend=%s, %d %s\n", p.bold("aws "+f.Version), f.Kernel.Release, f.Backend, f.Workers, plural(f.Workers, "worker", "workers"))
	}
	group, counts := "", map[mark]int{}
	for _, found := range all {
		counts[found.mark]++
		if quiet && found.mark < warning {
			continue
		}
		if found.group != group && !quiet {
			group = found.group
			fmt.Fprintf(&b, "\n%s\n", p.bold(group))
		}
		found.write(&b, p)
	}
	if !quiet {
		fmt.Fprintf(&b, "\n%s\n", summaryOf(counts))
	}
	_, _ = io.WriteString(out, b.String())
}

// summaryOf says what comes of all findings.
func summaryOf(counts map[mark]int) string {
	warnings := fmt.Sprintf("%d %s", counts[warning], plural(counts[warning], "warning", "warnings"))
	switch {
	case counts[failure] > 0:
		return fmt.Sprintf("It would not start: %d %s, %s.", counts[failure], plural(counts[failure], "failure", "failures"), warnings)
	case counts[warning] > 0:
		return "It would start, with " + warnings + "."
	}
	return "It would start, and nothing is amiss."
}

// write writes a finding: what it is, what follows, and below it what to do.
func (found finding) write(b *strings.Builder, p palette) {
	sign := map[mark]string{note: p.paint("2", "·"), good: p.paint("32", "✓"), warning: p.paint("33", "!"), failure: p.paint("31", "✗")}[found.mark]
	for i, line := range wrapCommands(strings.TrimSpace(sentence(found.Finding)+" "+found.Meaning), helpWidth-4) {
		if i > 0 {
			sign = " "
		}
		fmt.Fprintf(b, "  %s %s\n", sign, line)
	}
	arrow := "→"
	if found.Remedy == "" {
		return
	}
	for _, line := range wrapCommands(found.Remedy, helpWidth-6) {
		fmt.Fprintf(b, "    %s %s\n", p.link(arrow), line)
		arrow = " "
	}
}

// command is what stands in single quotes.
var command = regexp.MustCompile(`(^|[ (])'[^']+'`)

// wrapCommands is wrap, and leaves each command on one line.
func wrapCommands(text string, width int) []string {
	const space = "\x00"
	text = command.ReplaceAllStringFunc(text, func(found string) string {
		at := strings.IndexByte(found, '\'')
		return found[:at] + strings.ReplaceAll(found[at:], " ", space)
	})
	lines := wrap.Lines(text, width)
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], space, " ")
	}
	return lines
}

// printJSON prints facts and findings.
func printJSON(out io.Writer, f *facts, all findings) error {
	text, err := json.MarshalIndent(struct {
		Starts   bool     `json:"starts"`
		Findings findings `json:"findings"`
		Facts    *facts   `json:"facts"`
	}{worstOf(all) != failure, all, f}, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(out, "%s\n", text)
	}
	return err
}
