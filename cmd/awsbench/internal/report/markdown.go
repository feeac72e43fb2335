package report

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aws/cmd/awsbench/internal/record"
)

// Markdown is report.md: all tables, and how they were made.
func Markdown(run *record.Run) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Benchmark of %s\n\n%s To repeat it:\n\n```\n%s\n```\n", run.Started.UTC().Format("2006-01-02 15:04 UTC"), summary(run), shellLine(run.Command))
	for _, warning := range run.Warnings {
		fmt.Fprintf(&b, "\n> %s\n", warning)
	}
	writeBeforeMarkdown(&b, run)
	if t := overviewTable(run); len(t.Rows) > 0 {
		fmt.Fprintf(&b, "\n## Overview\n\n%s:\n", t.Title)
		writeMarkdown(&b, t)
	}
	for i := range run.Scenarios {
		s := &run.Scenarios[i]
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.Title, s.About)
		for _, t := range Tables(s, run.Baseline) {
			if t.Title != "" {
				fmt.Fprintf(&b, "\n%s:\n", t.Title)
			}
			writeMarkdown(&b, t)
		}
		for _, note := range s.Notes {
			fmt.Fprintf(&b, "\n%s\n", note)
		}
	}
	if run.Grid != nil {
		writeGridMarkdown(&b, run)
	}
	writeGrowthMarkdown(&b, run)
	fmt.Fprintf(&b, "\n## Method\n\n")
	for _, line := range method(run) {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	fmt.Fprintf(&b, "\n## Machine\n\n")
	for _, line := range machineLines(run) {
		fmt.Fprintf(&b, "- %s: %s\n", line[0], line[1])
	}
	fmt.Fprintf(&b, "\n## Contestants\n")
	for _, c := range run.Contestants {
		fmt.Fprintf(&b, "\n%s: %s\n\n```\n%s\n```\n", c.Name, c.Version, shellLine(c.Command))
		if c.Config != "" {
			fmt.Fprintf(&b, "\n```\n%s\n```\n", strings.TrimSpace(c.Config))
		}
	}
	for _, m := range run.Missing {
		fmt.Fprintf(&b, "\nWithout %s: %s\n", m.Name, m.Advice)
	}
	return b.Bytes()
}

func writeMarkdown(b *bytes.Buffer, t Table) {
	fmt.Fprintf(b, "\n| | %s |\n|---|%s\n", strings.Join(t.Head, " | "), strings.Repeat("---|", len(t.Head)))
	for _, row := range t.Rows {
		if row.Refused == "" {
			fmt.Fprintf(b, "| %s | %s |\n", row.Name, strings.Join(row.Cells, " | "))
			continue
		}
		reason := strings.NewReplacer("|", `\|`, "\n", " ").Replace(row.Refused)
		fmt.Fprintf(b, "| %s | refused: %s |%s\n", row.Name, reason, strings.Repeat(" |", len(t.Head)-1))
	}
}

// summary describes a run.
func summary(run *record.Run) string {
	took := time.Duration(float64(run.Took) * float64(time.Second)).Round(time.Second)
	text := fmt.Sprintf("%d servers, %d rounds of %v s each, interleaved. Figures are medians, with the smallest and largest round in parentheses. ",
		len(run.Contestants), run.Method.Rounds, float64(run.Method.Duration))
	if len(run.Scenarios) > 0 || run.Grid != nil {
		text += fmt.Sprintf("Ratios compare with %s in the same round and carry a 95 %% bootstrap interval. ", run.Baseline)
	}
	return text + fmt.Sprintf("The run took %v.", took)
}

// method says how the figures were made.
func method(run *record.Run) []string {
	m := run.Method
	lines := []string{
		"Contestants take turns within each round, so that a disturbance of the machine affects them all.",
		"CPU is the user and system time of all processes of a server, from the scheduler's accounts (clock_gettime on the process's CPU clock). The split into user and system is sampled by the kernel's timer.",
		"A ratio is the median of the rounds' ratios. Its interval comes from resampling the rounds (4,000 times). If the interval contains 1, no difference is shown; fewer than 5 rounds allow no verdict.",
		"Closed loop: each connection sends its next request when it has its answer. Open loop: requests are due at a constant rate, the same for all contestants, and latency counts from the time when a request was due, so that requests delayed by a stall count in full. Percentiles come from HdrHistogram; the tables show the median of the rounds.",
		fmt.Sprintf("The generator checks the status and length of every answer and hashes one body in %d. Before that, it requests up to 64 files of the scenario from each server and hashes them all. A wrong answer refuses the row. Accept-Encoding: identity asks all servers for the same representation.", m.SampleEvery),
		"The generator is an epoll client that makes raw system calls; it discards bodies that it does not hash in the kernel (MSG_TRUNC). The tables show its CPU per request next to each server's.",
		"RSS and PSS come from /proc/PID/smaps_rollup at the end of a round. Context switches are the voluntary and involuntary ones of all threads. The kernel's tracepoints (perf_event_open) count system calls in a short run of their own; where they are not permitted, strace -c does, which slows servers down and so changes what it counts. aws's engines also keep their own counters (SIGUSR1).",
	}
	if len(m.ServerCPUs) > 0 {
		lines = append(lines, fmt.Sprintf("Servers run on CPU %s with %d worker(s), the generator on CPU %s.", cpuList(m.ServerCPUs), m.Workers, cpuList(m.ClientCPUs)))
	} else {
		lines = append(lines, fmt.Sprintf("Servers with %d worker(s) and the generator run on any CPU.", m.Workers))
	}
	if m.Client != "awsbench" {
		lines = append(lines, "The load of this run came from "+m.Client+", which checks no bodies.")
	}
	return lines
}

func cpuList(cpus []int) string { return strings.Trim(fmt.Sprint(cpus), "[]") }

// machineLines describes the machine as names and values.
func machineLines(run *record.Run) [][2]string {
	m := run.Machine
	lines := [][2]string{
		{"Kernel", m.Kernel}, {"CPU", fmt.Sprintf("%d × %s", m.CPUs, m.CPU)}, {"Hypervisor", m.Hypervisor},
		{"Memory", bytesOf(float64(m.MemoryBytes))}, {"File system of the data", m.FileSystem},
		{"Load average", "before " + m.LoadBefore + ", after " + m.LoadAfter}, {"Compiler", m.Go},
	}
	for _, name := range slices.Sorted(maps.Keys(m.Limits)) {
		lines = append(lines, [2]string{name, m.Limits[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(m.Mitigations)) {
		lines = append(lines, [2]string{"Mitigation of " + name, m.Mitigations[name]})
	}
	return lines
}
