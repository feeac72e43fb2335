// Sums and differences of figures: over the loops, and over time.

package stats

import (
	"maps"
	"slices"
)

// Sum sets Total to the sum of the loops.
func (s *Snapshot) Sum() {
	s.Total = Figures{}
	for i := range s.Loops {
		s.Total.plus(&s.Loops[i].Figures, 1, true)
	}
}

// Late are the numbers of the loops that have not answered in time.
func (s *Snapshot) Late() (numbers []int) {
	for _, l := range s.Loops {
		if l.Late {
			numbers = append(numbers, l.Number)
		}
	}
	return numbers
}

// Since is what has happened from an earlier snapshot of the same server on:
// counters are differences, gauges those of s, and Top has what has grown. Divide by
// s.Time.Sub(earlier.Time) for rates.
func (s *Snapshot) Since(earlier *Snapshot) *Snapshot {
	d := *s
	d.Loops = slices.Clone(s.Loops)
	for i := range d.Loops {
		d.Loops[i].Figures = s.Loops[i].clone()
		if i < len(earlier.Loops) {
			d.Loops[i].plus(&earlier.Loops[i].Figures, minusOne, false)
		}
	}
	d.Process.CPU -= earlier.Process.CPU
	d.Logs.Access -= earlier.Logs.Access
	d.Logs.AccessDropped -= earlier.Logs.AccessDropped
	d.Logs.Dropped -= earlier.Logs.Dropped
	d.Top = s.Top.since(earlier.Top)
	d.Sum()
	return &d
}

// minusOne makes of an addition a subtraction.
const minusOne = ^uint64(0)

// plus adds n times the counters of other, and with gauges also its gauges.
func (f *Figures) plus(other *Figures, n uint64, gauges bool) {
	for _, s := range scalars {
		if s.kind == counter || gauges {
			*s.at(f) += n * *s.at(other)
		}
	}
	for _, t := range tables {
		if t.kind != counter && !gauges {
			continue
		}
		into := t.at(f)
		if *into == nil {
			*into = map[string]uint64{}
		}
		for name, value := range *t.at(other) {
			(*into)[name] += n * value
		}
	}
	for _, h := range histograms {
		h.at(f).plus(h.at(other), n)
	}
	f.addRequests(other.Requests, n)
}

// addRequests adds n times the requests of each kind.
func (f *Figures) addRequests(all []Requests, n uint64) {
	at := make(map[Requests]int, len(f.Requests))
	for i, r := range f.Requests {
		r.Count = 0
		at[r] = i
	}
	for _, r := range all {
		count := n * r.Count
		r.Count = 0
		i, ok := at[r]
		if !ok {
			i = len(f.Requests)
			at[r] = i
			f.Requests = append(f.Requests, r)
		}
		f.Requests[i].Count += count
	}
}

// clone is a copy that shares nothing with f.
func (f *Figures) clone() Figures {
	c := *f
	c.Requests = slices.Clone(f.Requests)
	for _, t := range tables {
		at := t.at(&c)
		*at = maps.Clone(*at)
	}
	return c
}

// Finished is how many requests have ended.
func (f *Figures) Finished() uint64 { return f.Duration.Count }

// Open is how many connections there are.
func (f *Figures) Open() (n uint64) {
	for _, in := range f.Connections {
		n += in
	}
	return n
}

// Calls are the system calls that the loops have counted, by name.
func (f *Figures) Calls() map[string]uint64 {
	calls := map[string]uint64{}
	for _, s := range scalars {
		if s.metric == "aws_system_calls_total" {
			calls[s.label] = *s.at(f)
		}
	}
	return calls
}

// SystemCalls is how many those are.
func (f *Figures) SystemCalls() (n uint64) {
	for _, calls := range f.Calls() {
		n += calls
	}
	return n
}
