// Package report turns a record into reports: a table on the terminal,
// report.md and report.html. All three show the same tables.
package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

// Table is a table whose first column holds the names of its rows.
type Table struct {
	Title string
	Head  []string
	Rows  []TableRow
}

// TableRow is a row of a table: its cells, or the reason why it has none.
type TableRow struct {
	Name    string
	Cells   []string
	Refused string
	Aws     bool
}

// figure is a number that every round has.
type figure struct {
	name string
	of   func(record.Round) float64
	show func([]float64) string
}

// column is a column of a table.
type column struct {
	head string
	cell func(row *record.Row) string
}

func (f figure) column() column {
	return column{f.name, func(row *record.Row) string { return f.show(row.Values(f.of)) }}
}

// against returns a column with the ratio to the baseline.
func (f figure) against(s *record.Scenario, baseline string) column {
	return column{"÷ " + baseline, func(row *record.Row) string {
		if row.Contestant == baseline {
			return "1"
		}
		return ratio(ratioTo(s, row, baseline, f.of))
	}}
}

func ratioTo(s *record.Scenario, row *record.Row, baseline string, of func(record.Round) float64) stats.Ratio {
	base := s.Row(baseline)
	if base == nil || base.Refused != "" {
		return stats.Ratio{Value: math.NaN()}
	}
	return stats.Paired(row.Values(of), base.Values(of))
}

func median(show func(float64) string) func([]float64) string {
	return func(values []float64) string { return show(stats.Median(values)) }
}

func build(title string, s *record.Scenario, columns ...column) Table {
	t := Table{Title: title}
	for _, c := range columns {
		t.Head = append(t.Head, c.head)
	}
	for i := range s.Rows {
		row := &s.Rows[i]
		out := TableRow{Name: row.Contestant, Refused: row.Refused, Aws: strings.HasPrefix(row.Contestant, "aws")}
		if row.Refused == "" {
			for _, c := range columns {
				out.Cells = append(out.Cells, c.cell(row))
			}
		}
		t.Rows = append(t.Rows, out)
	}
	return t
}

var (
	cpu       = figure{"CPU µs/request", record.Round.CPU, spread}
	perSecond = figure{"requests/s", record.Round.PerSecond, spread}
	mibPerSec = figure{"MiB/s", func(r record.Round) float64 { return r.BytesPerSecond() / (1 << 20) }, spread}
	switches  = figure{"context switches/request", record.Round.Switches, median(number)}
	rss       = figure{"RSS", func(r record.Round) float64 { return float64(r.RSS) }, median(bytesOf)}
	pss       = figure{"PSS", func(r record.Round) float64 { return float64(r.PSS) }, median(bytesOf)}
	client    = figure{"generator CPU µs/request", record.Round.ClientCPU, median(number)}
	clientUse = figure{"generator busy", func(r record.Round) float64 { return 100 * float64(r.Client) / float64(r.Seconds) }, median(percent)}
	serverUse = figure{"server busy", func(r record.Round) float64 { return 100 * float64(r.User+r.System) / float64(r.Seconds) }, median(percent)}
	held      = figure{"bytes/connection", func(r record.Round) float64 { return r.BytesPerConnection }, spread}
	first     = figure{"ms", func(r record.Round) float64 { return float64(r.FirstAnswer) * 1e3 }, spread}
)

// userShare covers all rounds together, because the kernel samples it and a
// single round has few samples.
func userShare(row *record.Row) string {
	var user, all float64
	for _, r := range row.Rounds {
		user += float64(r.User)
		all += float64(r.User + r.System)
	}
	return strconv.FormatFloat(100*user/all, 'f', 0, 64) + " %"
}

func percent(x float64) string { return number(x) + " %" }

// largeBody is the size from which bytes are more meaningful than requests.
const largeBody = 1 << 20

// Tables returns the tables of one scenario, the most important one first.
func Tables(s *record.Scenario, baseline string) []Table {
	switch s.Kind {
	case record.Cold:
		return []Table{
			build("", s, mibPerSec.column(), mibPerSec.against(s, baseline), cpu.column(), cpu.against(s, baseline)),
			latencyTable("Latency of the hot file, 500 requests/s", s, baseline, probeOf),
		}
	case record.Held:
		return []Table{
			build("", s, held.column(), held.against(s, baseline), rss.column(), pss.column(), serverUse.column()),
			latencyTable("Latency of the hot file, 500 requests/s", s, baseline, probeOf),
		}
	case record.Start:
		return []Table{build("", s, first.column(), first.against(s, baseline))}
	}
	columns := []column{cpu.column(), cpu.against(s, baseline), {"user share", userShare}, perSecond.column(), perSecond.against(s, baseline)}
	if s.BodyBytes >= largeBody {
		columns = append(columns, mibPerSec.column())
	}
	tables := []Table{build("", s, columns...)}
	if s.Rate > 0 {
		title := fmt.Sprintf("Latency in an open loop at %s requests/s", number(s.Rate))
		tables = append(tables, latencyTable(title, s, baseline, openOf))
	}
	return append(tables, resourceTable(s))
}

func openOf(r record.Round) *record.Latency  { return r.Open }
func probeOf(r record.Round) *record.Latency { return r.Probe }

// quantile returns the figure of one quantile of a latency.
func quantile(name string, of func(record.Round) *record.Latency, at func(*record.Latency) float64, show func([]float64) string) figure {
	return figure{name, func(r record.Round) float64 {
		if l := of(r); l != nil {
			return at(l)
		}
		return math.NaN()
	}, show}
}

func p99(l *record.Latency) float64 { return l.P99 }

func latencyTable(title string, s *record.Scenario, baseline string, of func(record.Round) *record.Latency) Table {
	tail := quantile("p99", of, p99, microsSpread)
	columns := []column{
		quantile("p50", of, func(l *record.Latency) float64 { return l.P50 }, median(micros)).column(),
		quantile("p90", of, func(l *record.Latency) float64 { return l.P90 }, median(micros)).column(),
		tail.column(), tail.against(s, baseline),
		quantile("p99.9", of, func(l *record.Latency) float64 { return l.P999 }, median(micros)).column(),
		quantile("worst", of, func(l *record.Latency) float64 { return l.Max }, worst).column(),
		{"unanswered", func(row *record.Row) string {
			var unanswered, all int64
			for _, r := range row.Rounds {
				if l := of(r); l != nil {
					unanswered += l.Unanswered
					all += l.Count
				}
			}
			if unanswered == 0 {
				return "0"
			}
			return fmt.Sprintf("%s of %s", thousands(unanswered), thousands(all))
		}},
	}
	return build(title, s, columns...)
}

func microsSpread(values []float64) string {
	s := stats.Summarize(values)
	if s.N < 2 {
		return micros(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", micros(s.Median), micros(s.Min), micros(s.Max))
}

func worst(values []float64) string { return micros(stats.Summarize(values).Max) }

// resources is the title of the table of the resources that a scenario used.
const resources = "Resources"

func resourceTable(s *record.Scenario) Table {
	columns := []column{switches.column(), rss.column(), pss.column(), client.column(), clientUse.column(), serverUse.column()}
	if slices.ContainsFunc(s.Rows, func(r record.Row) bool { return len(r.Syscalls) > 0 }) {
		columns = append(columns, column{"system calls/request", syscalls})
	}
	if slices.ContainsFunc(s.Rows, func(r record.Row) bool { return len(r.Counters) > 0 }) {
		columns = append(columns, column{"aws's own counters/request", func(row *record.Row) string {
			if len(row.Counters) == 0 {
				return none
			}
			return mostFrequent(row.Counters, 0.01)
		}})
	}
	return build(resources, s, columns...)
}

// syscalls shows the sum of all calls and lists the frequent ones.
func syscalls(row *record.Row) string {
	if len(row.Syscalls) == 0 {
		return none
	}
	total := 0.0
	for _, n := range row.Syscalls {
		total += n
	}
	list := number(total) + ": " + mostFrequent(row.Syscalls, 0.01*total)
	if row.SyscallsFrom != "tracepoints" {
		list += " (" + row.SyscallsFrom + ")"
	}
	return list
}

// mostFrequent lists the counts of at least least, the most frequent first.
func mostFrequent(counts map[string]float64, least float64) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	var parts []string
	for _, name := range names {
		if n := counts[name]; n >= least {
			parts = append(parts, number(n)+" "+name)
		}
	}
	return strings.Join(parts, ", ")
}
