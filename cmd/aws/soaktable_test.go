// The figures of a soak.

package main_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// tally counts what has become of the visits of one kind to one server.
type tally struct {
	visits   atomic.Int64
	requests atomic.Int64
	complete atomic.Int64 // answers that were right
	cut      atomic.Int64 // that had to be cut, because their file was written to
	left     atomic.Int64 // visits that the client broke off
	late     atomic.Int64 // that ended early, and this machine had stood still
	wrong    atomic.Int64
}

// cells are the counts, for a table.
func (t *tally) cells() string {
	return fmt.Sprintf("%d\t%d\t%d\t%d\t%d\t%d\t%d\t", t.visits.Load(), t.requests.Load(), t.complete.Load(), t.cut.Load(),
		t.left.Load(), t.late.Load(), t.wrong.Load())
}

// add adds the counts of another.
func (t *tally) add(o *tally) {
	t.visits.Add(o.visits.Load())
	t.requests.Add(o.requests.Load())
	t.complete.Add(o.complete.Load())
	t.cut.Add(o.cut.Load())
	t.left.Add(o.left.Load())
	t.late.Add(o.late.Load())
	t.wrong.Add(o.wrong.Load())
}

const tallyHead = "visits\trequests\tcomplete\tcut\tleft\tlate\twrong\t"

// table has the counts by kind and by server, what the servers held, and what
// happened to the files.
func (s *soak) table(lasted time.Duration) string {
	var b strings.Builder
	out := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "kind\t%s\n", tallyHead)
	for i := range kinds {
		var sum tally
		for _, server := range s.servers {
			sum.add(&server.tallies[i])
		}
		fmt.Fprintf(out, "%s\t%s\n", kinds[i].name, sum.cells())
	}
	_ = out.Flush()
	fmt.Fprintf(out, "\nserver\t%s\n", tallyHead)
	for _, server := range s.servers {
		var sum tally
		for i := range kinds {
			sum.add(&server.tallies[i])
		}
		fmt.Fprintf(out, "%s\t%s\n", server.way.name, sum.cells())
	}
	_ = out.Flush()
	fmt.Fprint(out, "\nserver\tMiB at first\tquiet\tpeak\tthreads\tpeak\tgoroutines\tdescriptors\tpeak\tlog not read\tlines dropped\t\n")
	for _, server := range s.servers {
		last := server.before
		if n := len(server.quiet); n > 0 {
			last = server.quiet[n-1]
		}
		fmt.Fprintf(out, "%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", server.way.name, server.before.memory>>20, quietMemory(server.quiet),
			server.peak.memory>>20, last.threads, server.peak.threads, last.goroutines, last.descriptors, server.peak.descriptors,
			server.storms, server.log.dropped.Load())
	}
	_ = out.Flush()
	fmt.Fprintf(&b, "\n%v. Changes:", lasted.Round(time.Second))
	for h := range habits {
		fmt.Fprintf(&b, " %s %d", habitNames[h], s.world.changes[h].Load())
	}
	return b.String()
}

// quietMemory is the memory after each quarter, in MiB.
func quietMemory(all []figures) string {
	var words []string
	for _, f := range all {
		words = append(words, fmt.Sprint(f.memory>>20))
	}
	return strings.Join(words, " ")
}
