package explain

import (
	"slices"
	"time"

	"aws/backend/kernel"
)

// Describe writes down what the records of a run say. It leaves the records alone.
func Describe(run *Run) {
	d := &describer{names: map[int32]string{}, roots: map[string]bool{}, all: slices.Clone(run.start)}
	for i := range run.Steps {
		d.all = append(d.all, run.Steps[i].Records...)
	}
	d.loop = loopOf(d.all)
	for range run.start {
		d.line()
		d.at++
	}
	for i := range run.Steps {
		s := &run.Steps[i]
		begun := beginOf(s.Records)
		for j := range s.Records {
			r := &s.Records[j]
			line := d.line()
			line.Start, line.Length = time.Duration(r.Start-begun), time.Duration(r.End-r.Start)
			s.Lines = append(s.Lines, line)
			d.at++
		}
	}
}

// beginOf is when a step begins: when the loop is woken up.
func beginOf(records []Record) int64 {
	if len(records) == 0 {
		return 0
	}
	if first := &records[0]; !first.Waits {
		return first.Start
	}
	return records[0].End
}

// loopOf is the loop's thread: the one that waits.
func loopOf(records []Record) int {
	if i := slices.IndexFunc(records, func(r Record) bool { return r.Waits }); i >= 0 {
		return records[i].Thread
	}
	return 0
}

// describer goes through the records of a run.
type describer struct {
	all   []Record
	at    int
	loop  int              // its thread
	names map[int32]string // of descriptors
	roots map[string]bool  // folders that have been opened by their path
}

func (d *describer) now() *Record { return &d.all[d.at] }

// next is the next record of the same thread that find accepts, before the loop looks
// for events again; an empty one if there is none.
func (d *describer) next(find func(*Record) bool) *Record {
	for i := d.at + 1; i < len(d.all); i++ {
		r := &d.all[i]
		if r.Thread != d.now().Thread {
			continue
		}
		if r.Call == kernel.EpollPwait || r.Call == kernel.IoUringEnter {
			break
		}
		if find(r) {
			return r
		}
	}
	return &Record{}
}

// following is the next record of the same thread.
func (d *describer) following() *Record {
	for i := d.at + 1; i < len(d.all); i++ {
		if d.all[i].Thread == d.now().Thread {
			return &d.all[i]
		}
	}
	return &Record{}
}

// isCall returns a function that finds calls.
func isCall(calls ...kernel.Call) func(*Record) bool {
	return func(r *Record) bool { return slices.Contains(calls, r.Call) }
}

// line describes the present record.
func (d *describer) line() Line {
	r := d.now()
	d.name(r)
	line := Line{
		Call: r.Call.String(), Args: d.args(r), Entry: !r.Call.IsSystemCall(), Waits: r.Waits,
		Aside: r.Thread != d.loop, Says: d.says(r),
	}
	switch {
	case r.Call == kernel.IOCB, r.Call == kernel.IOEvent:
	case r.Call == kernel.CQE:
		line.Call += " " + entryOf(d.all, d.at).Call.String()
	case line.Entry:
		line.Call = "SQE " + line.Call
	}
	if r.Call.IsSystemCall() || r.Call.IsCompletion() {
		line.Result = d.result(r)
	}
	if r.Call == kernel.Close && r.Result >= 0 {
		delete(d.names, r.FD)
	}
	return line
}
