package bench

import (
	"fmt"
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
	m := r.Machine
	if m.Hypervisor != "none" {
		out = append(out, fmt.Sprintf("This is a virtual machine (hypervisor: %s): what its neighbours do is noise that cannot be seen from within, and its disk may be a cache of its host.", m.Hypervisor))
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

// noteGenerator says in a scenario's notes where the generator was itself the
// bottleneck, and where it cost more than the server.
func (w *work) noteGenerator() {
	var limited, dear []string
	threads := float64(max(1, len(w.ClientCPUs)))
	workers := float64(w.Workers)
	for _, e := range w.fair() {
		client := stats.Median(e.row.Values(func(r record.Round) float64 { return float64(r.Client) / float64(r.Seconds) / threads }))
		server := stats.Median(e.row.Values(func(r record.Round) float64 { return float64(r.User+r.System) / float64(r.Seconds) / workers }))
		if client > busyClient && server < busyServer {
			limited = append(limited, fmt.Sprintf("%s (its CPU was used to %.0f %%)", e.contestant.Name, 100*server))
		}
		if stats.Median(e.row.Values(record.Round.ClientCPU)) > stats.Median(e.row.Values(record.Round.CPU)) {
			dear = append(dear, e.contestant.Name)
		}
	}
	if len(limited) > 0 {
		w.out.Notes = append(w.out.Notes, "The generator was the bottleneck with "+strings.Join(limited, ", ")+": these servers could answer more requests per second than the table says. The CPU per request holds.")
	}
	if len(dear) > 0 {
		w.out.Notes = append(w.out.Notes, "Here the generator costs more CPU per request than "+strings.Join(dear, ", ")+".")
	}
}
