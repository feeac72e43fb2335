// Samples in the text format of Prometheus: how families.go writes its metrics.

package stats

import (
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// family is a metric with how its samples are written.
type family struct {
	name   string
	kind   kind
	labels []string
	help   string
	unit   float64 // of a figure; 0 stands for 1
	write  func(*writer, *family, *Snapshot)
}

// nanoseconds are those of a figure in seconds.
const nanoseconds = 1e-9

// writer writes one family after the other.
type writer struct {
	into io.Writer
	buf  []byte
	err  error
}

func (w *writer) text(parts ...string) {
	for _, part := range parts {
		w.buf = append(w.buf, part...)
	}
}

func (w *writer) flush() {
	if w.err == nil {
		_, w.err = w.into.Write(w.buf)
	}
	w.buf = w.buf[:0]
}

// escape escapes the value of a label.
var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// sample writes a line: labels are names and values in turn.
func (w *writer) sample(name string, value float64, labels ...string) {
	w.text(name)
	for i := 0; i < len(labels); i += 2 {
		separator := ","
		if i == 0 {
			separator = "{"
		}
		w.text(separator, labels[i], `="`, escape.Replace(labels[i+1]), `"`)
	}
	if len(labels) > 0 {
		w.text("}")
	}
	w.text(" ", number(value), "\n")
}

// number is a value as Prometheus reads it: whole numbers of up to 2^53 without an
// exponent.
func number(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// scaled is a figure in the unit of its metric.
func (f *family) scaled(n uint64) float64 {
	if f.unit == 0 {
		return float64(n)
	}
	return float64(n) * f.unit
}

// value makes a writer of a family that has one sample.
func value(of func(*Snapshot) float64) func(*writer, *family, *Snapshot) {
	return func(w *writer, f *family, s *Snapshot) { w.sample(f.name, of(s)) }
}

// perLoop makes a writer of a family that has a sample for each loop.
func perLoop(of func(*Loop) float64) func(*writer, *family, *Snapshot) {
	return func(w *writer, f *family, s *Snapshot) {
		for i := range s.Loops {
			w.sample(f.name, of(&s.Loops[i]), "loop", strconv.Itoa(s.Loops[i].Number))
		}
	}
}

func writeScalars(w *writer, f *family, s *Snapshot) {
	for _, figure := range scalars {
		if figure.metric != f.name {
			continue
		}
		var labels []string
		if figure.label != "" {
			labels = []string{f.labels[0], figure.label}
		}
		w.sample(f.name, f.scaled(*figure.at(&s.Total)), labels...)
	}
}

func writeTable(w *writer, f *family, s *Snapshot) {
	for _, t := range tables {
		if t.metric != f.name {
			continue
		}
		values := *t.at(&s.Total)
		for _, name := range slices.Sorted(maps.Keys(values)) {
			w.sample(f.name, f.scaled(values[name]), f.labels[0], name)
		}
	}
}

func writeRequests(w *writer, f *family, s *Snapshot) {
	for _, r := range s.Total.Requests {
		w.sample(f.name, float64(r.Count), "site", r.Site, "method", r.Method, "class", r.Class)
	}
}

// The buckets of histograms in the text: powers of two, which are exact. Times
// go from 16 µs to 69 s, sizes from 64 bytes to 1 TiB.
const (
	firstTime, lastTime, timeStep = 14, 36, 1
	firstSize, lastSize, sizeStep = 6, 40, 2
)

func writeHistogram(w *writer, f *family, s *Snapshot) {
	first, last, step := firstSize, lastSize, sizeStep
	if f.unit != 0 {
		first, last, step = firstTime, lastTime, timeStep
	}
	for _, figure := range histograms {
		if figure.metric != f.name {
			continue
		}
		h := figure.at(&s.Total)
		for power := first; power <= last; power += step {
			bound := uint64(1) << power
			w.sample(f.name+"_bucket", float64(h.UpTo(bound)), "le", number(f.scaled(bound)))
		}
		w.sample(f.name+"_bucket", float64(h.Count), "le", "+Inf")
		w.sample(f.name+"_sum", f.scaled(h.Sum))
		w.sample(f.name+"_count", float64(h.Count))
	}
}

func writeBuild(w *writer, f *family, s *Snapshot) {
	w.sample(f.name, 1, "version", s.Build.Version, "engine", s.Build.Engine, "go", s.Build.Go)
}

func memoryLimit(s *Snapshot) float64 {
	if s.Memory.Limit == 0 {
		return math.Inf(1)
	}
	return float64(s.Memory.Limit)
}

func loopUp(l *Loop) float64 {
	if l.Late || l.Ended {
		return 0
	}
	return 1
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
