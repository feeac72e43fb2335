// The figures of a server as a person reads them.

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"aws/httpx/stats"
)

// statsText is the figures as lines: a name, and what there is to say.
func statsText(s *stats.Snapshot) string {
	var b strings.Builder
	f := &s.Total
	up := s.Time.Sub(s.Started)
	fmt.Fprintf(&b, "aws %s with %s, %d %s, up %s\n", s.Build.Version, s.Build.Engine, len(s.Loops), plural(len(s.Loops), "worker", "workers"), up.Round(time.Second))
	if late := s.Late(); len(late) > 0 {
		fmt.Fprintf(&b, "Workers that do not answer, whose figures are old: %s\n", strings.Trim(fmt.Sprint(late), "[]"))
	}
	b.WriteByte('\n')
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-16s"+format+"\n", append([]any{name}, args...)...)
	}
	row("Requests", "%s, %.4g a second; %s open", thousands(f.Finished()), rate(f.Finished(), up), thousands(f.Held.Exchanges))
	row("Responses", "%s", counts(f.Codes))
	row("Ended", "%s", counts(f.Outcomes))
	row("Refused", "%s", counts(f.Refusals))
	for i, r := range f.Requests {
		row(map[int]string{0: "By site"}[i], "%s %s %s: %s", r.Site, r.Method, r.Class, thousands(r.Count))
	}
	row("Duration", "%s", quantiles(&f.Duration, shortTime))
	row("First byte", "%s", quantiles(&f.ToFirst, shortTime))
	row("Size", "%s", quantiles(&f.Size, inBytes))
	row("Bytes", "%s sent, %s a second; %s received", inBytes(f.Sent), inBytes(uint64(rate(f.Sent, up))), inBytes(f.Received))
	b.WriteByte('\n')
	row("Connections", "%s of %s: %s", thousands(f.Open()), thousands(uint64(s.Limits.Connections)), counts(f.Connections))
	row("", "%s opened, %s closed, %s of them idle ones for others", thousands(f.Engine.Opened), thousands(f.Engine.Closed), thousands(f.Shed))
	row("Memory", "%s; %s of it in Go's heap", ofLimit(uint64(s.Memory.Used), uint64(s.Memory.Limit)), inBytes(uint64(s.Memory.Heap)))
	row("Buffers", "%s of input, %s of output, %s of streams; %s requests wait for one", thousands(f.Held.Inputs), thousands(f.Held.Outs), thousands(f.Held.Streams), thousands(f.Held.Waiting))
	row("Files", "%s of %s descriptors, %s in use; %s of look-ups found one open", thousands(f.Held.Descriptors), thousands(uint64(s.Limits.OpenFiles)), thousands(f.Held.Pinned), share(f.Files.Hits, f.Files.Hits+f.Files.Misses))
	row("Reads", "%s cached, %s direct, %s other, %s in flight", thousands(f.Engine.CachedReads), thousands(f.Engine.DirectReads), thousands(f.Engine.OtherReads), thousands(f.Engine.ReadsInFlight))
	row("Offloaded", "%s bodies, %s passwords, %s calls of file systems and %s that wait; %s calls since the start",
		thousands(f.Held.Makers), thousands(f.Held.Passwords), thousands(f.Held.Calls), thousands(f.Held.CallsQueued), thousands(f.Files.Away))
	row("Warnings", "%s, %s not logged", thousands(f.Warnings), thousands(f.Suppressed))
	row("Lines", "%s written in the access log, %s dropped; %s of the server's own dropped", thousands(s.Logs.Access), thousands(s.Logs.AccessDropped), thousands(s.Logs.Dropped))
	b.WriteByte('\n')
	row("System calls", "%s, %.2f a request", thousands(f.SystemCalls()), ratio(f.SystemCalls(), f.Finished()))
	row("", "%s", counts(f.Calls()))
	if f.Engine.Enters > 0 {
		row("io_uring", "%.1f SQEs and %.1f CQEs an enter", ratio(f.Engine.SQEs, f.Engine.Enters), ratio(f.Engine.CQEs, f.Engine.Enters))
	}
	row("Sockets", "%s would block, %s short transfers, %s stale events, %s without a buffer", thousands(f.Engine.WouldBlock), thousands(f.Engine.Short), thousands(f.Engine.Stale), thousands(f.Engine.NoBuffers))
	row("Process", "%s resident, %s of %s descriptors, %s goroutines, %s in Go's heap, %s of CPU", inBytes(s.Process.Resident),
		thousands(s.Process.Descriptors), thousands(s.Process.MaxDescriptors), thousands(s.Process.Goroutines), inBytes(s.Process.Heap), s.Process.CPU.Round(10*time.Millisecond))
	b.WriteByte('\n')
	workers(&b, s, up)
	return b.String()
}

// workers writes a line for each loop.
func workers(b *strings.Builder, s *stats.Snapshot, up time.Duration) {
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "worker\trequests\tconnections\tbusy\tlag\tturns\ta turn took\t\n")
	for i := range s.Loops {
		l := &s.Loops[i]
		lag := shortTime(uint64(l.Lag))
		switch {
		case l.Ended:
			lag = "ended"
		case l.Late:
			lag = "late"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%.1f events\t\n", l.Number, thousands(l.Finished()), thousands(l.Open()),
			share(l.CPU, uint64(up)), lag, thousands(l.Turns), ratio(l.Completions, l.Turns))
	}
	_ = w.Flush()
}

// counts are the numbers of a table that are not 0, the largest first.
func counts(of map[string]uint64) string {
	var parts []string
	for _, name := range mostFirst(of) {
		if of[name] > 0 {
			parts = append(parts, strings.ReplaceAll(name, "_", " ")+": "+thousands(of[name]))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// mostFirst are the names of a table, that with the largest number first.
func mostFirst(of map[string]uint64) []string {
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(of[b], of[a]), strings.Compare(a, b))
	})
}

// quantiles says how the values of a histogram are spread.
func quantiles(h *stats.Histogram, show func(uint64) string) string {
	if h.Count == 0 {
		return "none"
	}
	return fmt.Sprintf("half up to %s, 90 %% %s, 99 %% %s, 99.9 %% %s; mean %s", show(h.Quantile(0.5)), show(h.Quantile(0.9)),
		show(h.Quantile(0.99)), show(h.Quantile(0.999)), show(uint64(h.Mean())))
}

// ofLimit is a size, and the limit if there is one.
func ofLimit(n, limit uint64) string {
	if limit == 0 {
		return inBytes(n) + ", no limit"
	}
	return inBytes(n) + " of " + inBytes(limit)
}

func rate(n uint64, d time.Duration) float64 { return float64(n) / max(d, 1).Seconds() }

func ratio(n, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func share(n, of uint64) string { return fmt.Sprintf("%.1f %%", 100*ratio(n, of)) }
