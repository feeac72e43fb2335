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
	// The generator is the bottleneck when it uses more than busyClient of its
	// CPUs and the server less than busyServer of its own.
	busyClient = 0.95
	busyServer = 0.90
	// muchForeign is the share of the servers' CPUs that other processes may
	// use before a measurement counts as disturbed.
	muchForeign = 0.10
)

// warnings tell a reader what to know before believing a run.
func warnings(r *record.Run) []string {
	out := []string{"All traffic goes over the loopback interface: no network card, no interrupts, packets of up to 64 KiB. The figures leave out what hardware would cost or take over (checksums, segmentation)."}
	if r.Method.Small {
		out = append(out, "This is a quick run, to check that nothing is broken. It uses less data than the titles say (64 MiB instead of 1 GiB, 500 files instead of 10,000, 64 cold files instead of 1024).")
	}
	m := r.Machine
	if m.Hypervisor != "none" {
		out = append(out, fmt.Sprintf("This is a virtual machine (hypervisor: %s). Its neighbours cause noise that is invisible from inside, and its disk may be a cache of the host.", m.Hypervisor))
	}
	if m.PagesOut {
		out = append(out, "The kernel of this machine pages out memory that has not been used for a while (DAMON), the page cache included. Large files are read into the cache before each round, but may be evicted in the middle of one.")
	}
	before, _ := strconv.ParseFloat(strings.Fields(m.LoadBefore + " 0")[0], 64)
	if before > 0.3*float64(m.CPUs) {
		out = append(out, fmt.Sprintf("The machine was busy before the run: its load average was %s on %d CPUs.", m.LoadBefore, m.CPUs))
	}
	if len(r.Method.ServerCPUs) == 0 {
		out = append(out, "Servers and client share the same CPUs: the machine has only one, or --no-pinning was given.")
	}
	if r.Method.Rounds < stats.MinRounds {
		out = append(out, fmt.Sprintf("%d rounds are too few for a verdict, which needs %d.", r.Method.Rounds, stats.MinRounds))
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

// noteGenerator adds notes on what the generator costs compared with the
// servers, and on where it was the bottleneck.
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
			limited = append(limited, fmt.Sprintf("%s (server CPU %.0f %% busy)", e.contestant.Name, 100*server))
		}
		own, its := stats.Median(e.row.Values(record.Round.ClientCPU)), stats.Median(e.row.Values(record.Round.CPU))
		if own >= its {
			cheaper = append(cheaper, e.contestant.Name)
		}
		dearest, least = max(dearest, own/its), min(least, own/its)
	}
	switch {
	case math.IsInf(least, 1): // no contestant is left
	case len(cheaper) == 0:
		w.note("The generator uses less CPU per request than any server here: %.2f to %.2f times as much.", least, dearest)
	default:
		w.note("The generator uses more CPU per request than %s here: up to %.2f times as much. On loopback each side does part of the other's work in the kernel.", strings.Join(cheaper, ", "), dearest)
	}
	if len(limited) > 0 {
		w.note("The generator was the bottleneck with %s. These servers can answer more requests per second than the table shows; their CPU per request is unaffected.", strings.Join(limited, ", "))
	}
}

func (w *work) note(format string, args ...any) {
	w.out.Notes = append(w.out.Notes, fmt.Sprintf(format, args...))
}
