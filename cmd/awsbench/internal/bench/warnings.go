package bench

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

const (
	// busyClient and busyServer are the shares of their CPUs from which a
	// generator is the bottleneck: it has no time left, and the server has.
	busyClient = 0.95
	busyServer = 0.90
	// muchForeign is the share of the servers' CPUs that others may use.
	muchForeign = 0.10
)

// warnings are what a reader must know before believing a run.
func warnings(r *record.Run) []string {
	out := []string{"Everything goes over the loopback interface: no network card, no interrupts, packets of up to 64 KiB. What hardware would cost or take over (checksums, segmentation) is not in these figures."}
	if r.Method.Small {
		out = append(out, "A quick run, to see that nothing is broken: with less data than the titles say (64 MiB instead of 1 GiB, 500 files instead of 10,000, 64 cold files instead of 1024).")
	}
	m := r.Machine
	if m.Hypervisor != "none" {
		out = append(out, fmt.Sprintf("This is a virtual machine (hypervisor: %s): what its neighbours do is noise that cannot be seen from within, and its disk may be a cache of its host.", m.Hypervisor))
	}
	if m.PagesOut {
		out = append(out, "The kernel of this machine pages out what has not been used for a while (DAMON), also of the page cache. Large files are read into it before each round, and can be gone again in the middle of one.")
	}
	before, _ := strconv.ParseFloat(strings.Fields(m.LoadBefore + " 0")[0], 64)
	if before > 0.3*float64(m.CPUs) {
		out = append(out, fmt.Sprintf("The machine was not quiet: the load average was %s on %d CPUs before the run.", m.LoadBefore, m.CPUs))
	}
	if len(r.Method.ServerCPUs) == 0 {
		out = append(out, "Servers and client share the same CPUs: there is only one, or it was asked for.")
	}
	if r.Method.Rounds < stats.MinRounds {
		out = append(out, fmt.Sprintf("%d rounds allow no verdict: that takes %d.", r.Method.Rounds, stats.MinRounds))
	}
	disturbed, rounds := 0, 0
	for _, s := range r.Scenarios {
		for _, row := range s.Rows {
			for _, round := range row.Rounds {
				rounds++
				if round.Foreign > muchForeign {
					disturbed++
				}
			}
		}
	}
	if disturbed > 0 {
		out = append(out, fmt.Sprintf("In %d of %d measurements other processes used more than %.0f %% of the servers' CPUs.", disturbed, rounds, 100*muchForeign))
	}
	return out
}

// noteGenerator says in a scenario's notes what the generator costs beside the
// servers, and where it was itself the bottleneck.
func (w *work) noteGenerator() {
	var limited, cheaper []string
	threads := float64(max(1, len(w.ClientCPUs)))
	dearest, least := 0.0, math.Inf(1)
	for _, e := range w.fair() {
		client := stats.Median(e.row.Values(func(r record.Round) float64 { return float64(r.Client) / float64(r.Seconds) / threads }))
		server := stats.Median(e.row.Values(func(r record.Round) float64 {
			return float64(r.User+r.System) / float64(r.Seconds) / float64(w.bench.Workers)
		}))
		if client > busyClient && server < busyServer {
			limited = append(limited, fmt.Sprintf("%s (its CPU was used to %.0f %%)", e.contestant.Name, 100*server))
		}
		own, its := stats.Median(e.row.Values(record.Round.ClientCPU)), stats.Median(e.row.Values(record.Round.CPU))
		if own >= its {
			cheaper = append(cheaper, e.contestant.Name)
		}
		dearest, least = max(dearest, own/its), min(least, own/its)
	}
	switch {
	case math.IsInf(least, 1): // nobody is left
	case len(cheaper) == 0:
		w.note("The generator costs less CPU per request than any server here: %.2f to %.2f of what they do.", least, dearest)
	default:
		w.note("The generator costs more CPU per request than %s here: up to %.2f of what a server does. On loopback the client's side does part of the server's work, and the server's side part of the client's.", strings.Join(cheaper, ", "), dearest)
	}
	if len(limited) > 0 {
		w.note("The generator was the bottleneck with %s: these servers could answer more requests per second than the table says. The CPU per request holds.", strings.Join(limited, ", "))
	}
}

func (w *work) note(format string, args ...any) {
	w.out.Notes = append(w.out.Notes, fmt.Sprintf(format, args...))
}
