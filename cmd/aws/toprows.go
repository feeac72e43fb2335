// What 'aws top' makes of two snapshots: rows of a name, a value, a history and details.

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aws/httpx/stats"
)

// topRow is a row. Its history is drawn from the values that a row of this name had.
type topRow struct {
	name, value string
	at          float64 // for the history
	drawn       bool    // there is a history
	details     string
}

// topRows are the rows of what has happened within a time: since is what Snapshot.Since
// returns for it.
func topRows(now, since *stats.Snapshot, span time.Duration, loops int) (rows []topRow) {
	f, held := &since.Total, &now.Total
	requests := rate(f.Finished(), span)
	add := func(name, value string, at float64, format string, args ...any) {
		rows = append(rows, topRow{name, value, at, true, fmt.Sprintf(format, args...)})
	}
	classes := map[string]uint64{}
	for _, r := range f.Requests {
		classes[r.Class] += r.Count
	}
	byClass := ""
	for _, class := range []string{"2xx", "3xx", "4xx", "5xx", "none"} {
		if n := classes[class]; n > 0 {
			byClass += class + " " + perSecond(n, span) + "  "
		}
	}
	add("Requests", perSecond(f.Finished(), span), requests, "%sall %s", byClass, thousands(held.Finished()))
	add("Sent", shortBytes(rate(f.Sent, span))+"/s", rate(f.Sent, span), "received %s/s  all %s", shortBytes(rate(f.Received, span)), shortBytes(float64(held.Sent)))
	add("Latency p99", latency(f, 0.99), float64(f.Duration.Quantile(0.99)), "p50 %s  p90 %s  p99.9 %s", latency(f, 0.5), latency(f, 0.9), latency(f, 0.999))
	add("Connections", thousands(held.Open()), float64(held.Open()), "%s  limit %s", counts(held.Connections), thousands(now.Limits.Connections))
	rows = append(rows, loopRows(now, since, span, loops)...)
	calls := topRow{name: "System calls", value: "-", details: "a request"}
	if f.Finished() > 0 {
		calls.value, calls.details = fmt.Sprintf("%.2f", ratio(f.SystemCalls(), f.Finished())), "a request: "+callsPerRequest(f)
	}
	rows = append(rows, calls)
	rows = append(rows, topRow{name: "Batches", value: fmt.Sprintf("%.1f", ratio(f.Completions, f.Turns)), details: "events a turn" + entries(f)})
	e := &f.Engine
	rows = append(rows, topRow{name: "Reads", value: perSecond(e.CachedReads+e.DirectReads+e.OtherReads, span), details: fmt.Sprintf("cache %s  disk %s  other %s  look-ups that miss %s",
		perSecond(e.CachedReads, span), perSecond(e.DirectReads, span), perSecond(e.OtherReads, span), perSecond(f.Files.Misses, span))})
	rows = append(rows, topRow{name: "Memory", value: shortBytes(float64(now.Process.Resident)), details: fmt.Sprintf("resident; budget %s; %s in Go's heap",
		ofLimit(uint64(now.Memory.Used), uint64(now.Memory.Limit)), shortBytes(float64(now.Process.Heap)))})
	return append(rows, troubleRows(now)...)
}

// loopRows are a row for each loop, if there are as many at most, or the extremes.
func loopRows(now, since *stats.Snapshot, span time.Duration, most int) (rows []topRow) {
	for i := range since.Loops {
		l, share := &since.Loops[i], 100*rate(since.Loops[i].CPU, span)/1e9
		r := topRow{fmt.Sprint("CPU loop ", l.Number), fmt.Sprintf("%.0f %%", share), share, true, ""}
		switch {
		case l.Ended:
			r.details = "ended"
		case l.Late:
			r.value, r.details = "-", "does not answer"
		default:
			r.details = fmt.Sprintf("requests %s  connections %s  lag %s", perSecond(l.Finished(), span), thousands(l.Open()), shortTime(uint64(l.Lag)))
		}
		rows = append(rows, r)
	}
	if len(rows) <= most {
		return rows
	}
	byCPU := func(a, b topRow) int { return int(a.at - b.at) }
	all := len(rows)
	rows = []topRow{slices.MaxFunc(rows, byCPU), slices.MinFunc(rows, byCPU)}
	for i, which := range []string{"busiest", "idlest"} {
		rows[i].details = fmt.Sprintf("the %s of %d, %s; %s", which, all, strings.TrimPrefix(rows[i].name, "CPU "), rows[i].details)
		rows[i].name = "CPU " + which
	}
	if late := now.Late(); len(late) > 0 {
		rows[1].details = "loops that do not answer: " + strings.Trim(fmt.Sprint(late), "[]")
	}
	return rows
}

// troubleRows are what has gone wrong since the start.
func troubleRows(now *stats.Snapshot) []topRow {
	t := &now.Total
	outcomes := maps.Clone(t.Outcomes)
	delete(outcomes, "whole")
	lost := map[string]uint64{"lines of the access log": now.Logs.AccessDropped, "lines of the log": now.Logs.Dropped}
	rows := []topRow{{name: "Refused", details: counts(t.Refusals)}, {name: "Not whole", details: counts(outcomes)}}
	for i, of := range []map[string]uint64{t.Refusals, outcomes} {
		sum := uint64(0)
		for _, n := range of {
			sum += n
		}
		rows[i].value = thousands(sum)
	}
	if text := counts(lost); text != "none" {
		rows = append(rows, topRow{name: "Lost", value: thousands(now.Logs.AccessDropped + now.Logs.Dropped), details: text})
	}
	return rows
}

// callsPerRequest are the system calls a request, the most frequent first.
func callsPerRequest(f *stats.Figures) string {
	calls := f.Calls()
	var parts []string
	for _, name := range mostFirst(calls) {
		if n := ratio(calls[name], f.Finished()); n >= 0.005 {
			parts = append(parts, fmt.Sprintf("%s %.2f", name, n))
		}
	}
	return strings.Join(parts, "  ")
}

// entries says how many entries of io_uring's rings go with an enter.
func entries(f *stats.Figures) string {
	if f.Engine.Enters == 0 {
		return ""
	}
	return fmt.Sprintf("  %.1f SQEs and %.1f CQEs an enter", ratio(f.Engine.SQEs, f.Engine.Enters), ratio(f.Engine.CQEs, f.Engine.Enters))
}

// latency is a quantile, or a dash if there is none.
func latency(f *stats.Figures, q float64) string {
	if f.Duration.Count == 0 {
		return "-"
	}
	return shortTime(f.Duration.Quantile(q))
}

// perSecond is a rate with three digits.
func perSecond(n uint64, span time.Duration) string { return short(rate(n, span)) + "/s" }

// short is a number with three digits: 12.3k.
func short(v float64) string {
	unit := 0
	for ; v >= 999.5 && unit < 4; unit++ {
		v /= 1000
	}
	digits := 2
	switch {
	case v >= 99.95 || v == 0 || unit == 0 && v == float64(int(v)):
		digits = 0
	case v >= 9.995:
		digits = 1
	}
	return fmt.Sprintf("%.*f", digits, v) + [...]string{"", "k", "M", "G", "T"}[unit]
}

// shortBytes is a number of bytes, or of bytes a second, with a short unit.
func shortBytes(v float64) string { return strings.Replace(inBytes(uint64(v)), " bytes", " B", 1) }
