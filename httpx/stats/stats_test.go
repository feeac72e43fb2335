package stats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// fill sets every number in v to another one.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Uint64:
		v.SetUint(1 + rand.Uint64N(1<<40))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]uint64{"a": rand.Uint64N(100), `b"\` + "\n": 7}))
	case reflect.Slice:
		v.Set(reflect.ValueOf([]Requests{
			{"default", "GET", "2xx", 1 + rand.Uint64N(100)}, {"a\"b\\c\nd", "HEAD", "none", 9},
		}))
	default:
		panic(v.Kind())
	}
}

// example is a snapshot in which no figure is 0.
func example() *Snapshot {
	s := &Snapshot{
		Time: time.Unix(2000, 0).UTC(), Started: time.Unix(1000, 0).UTC(),
		Build: Build{`v1 "quoted"`, "epoll-aio", "go1"}, Process: ReadProcess(),
		Memory: Memory{1, 2, 3}, Limits: Limits{100, 200}, Logs: Logs{300, 20, 1},
		Top: &Top{Paths: []Path{{Path: "/a", Count: 9, Excess: 2}}, Errors: []Path{{Path: "/x", Status: 404, Count: 1}}},
	}
	for i := range 3 {
		l := Loop{Number: i, Late: i == 1, Lag: time.Millisecond}
		fill(reflect.ValueOf(&l.Figures).Elem())
		s.Loops = append(s.Loops, l)
	}
	s.Sum()
	return s
}

// Every figure is added and subtracted: none is forgotten in the tables.
func TestEveryFigureCounts(t *testing.T) {
	var f, sum Figures
	fill(reflect.ValueOf(&f).Elem())
	sum.plus(&f, 1, true)
	if !reflect.DeepEqual(sum, f) {
		t.Errorf("0 + %.1000s is %.1000s", fmt.Sprintf("%+v", f), fmt.Sprintf("%+v", sum))
	}
	sum.plus(&f, 1, true)
	if sum.Sent != 2*f.Sent || sum.Size.Buckets[99] != 2*f.Size.Buckets[99] || sum.Requests[0].Count != 2*f.Requests[0].Count || sum.Codes["a"] != 2*f.Codes["a"] {
		t.Error("not twice what was added is there")
	}
	sum.plus(&f, minusOne, true)
	if !reflect.DeepEqual(sum, f) {
		t.Error("something else is left than was there before")
	}
}

// A difference has what has happened since, and how it is now. It leaves both
// snapshots alone.
func TestSince(t *testing.T) {
	earlier := example()
	var copied Snapshot
	b, _ := json.Marshal(earlier)
	if err := json.Unmarshal(b, &copied); err != nil {
		t.Fatal(err)
	}
	if again, _ := json.Marshal(&copied); !bytes.Equal(again, b) {
		t.Errorf("JSON makes of %.1000s\n%.1000s", b, again)
	}
	for i := range copied.Loops {
		l := &copied.Loops[i].Figures
		l.Sent += 10
		l.Held.Inputs = 5
		l.Codes["new"] = 3
		l.Requests = append(l.Requests, Requests{"new", "GET", "2xx", 4})
		l.Duration.Add(1000, 2)
		l.Connections = map[string]uint64{"idle": 6}
	}
	copied.Logs = Logs{310, 25, 2}
	copied.Top = &Top{
		Paths:  []Path{{Path: "/a", Count: 10, Excess: 2}, {Path: "/b", Count: 9, Excess: 3}, {Path: "/c", Count: 3, Excess: 3}},
		Errors: []Path{{Path: "/x", Status: 500, Count: 1}, {Path: "/x", Status: 404, Count: 1}},
	}
	copied.Time = copied.Time.Add(time.Second)
	copied.Sum()
	before, _ := json.Marshal(&copied)
	d := copied.Since(earlier)
	f := d.Total
	if f.Sent != 30 || f.Held.Inputs != 15 || f.Codes["new"] != 9 || f.Codes["a"] != 0 || f.Received != 0 ||
		f.Duration.Count != 6 || f.Duration.Sum != 6000 || f.Duration.UpTo(1024) != 6 || f.Open() != 18 || f.Finished() != 6 {
		t.Errorf("sent %d, held %+v, codes %v, %d requests", f.Sent, f.Held, f.Codes, f.Finished())
	}
	if i := slices.IndexFunc(f.Requests, func(r Requests) bool { return r.Site == "new" }); i < 0 || f.Requests[i].Count != 12 {
		t.Errorf("%v", f.Requests)
	}
	if d.Logs != (Logs{10, 5, 1}) {
		t.Errorf("%+v", d.Logs)
	}
	if want := (Top{Paths: []Path{{Path: "/b", Count: 6}, {Path: "/a", Count: 1}}, Errors: []Path{{Path: "/x", Status: 500, Count: 1}}}); !reflect.DeepEqual(*d.Top, want) {
		t.Errorf("%+v, want %+v", *d.Top, want)
	}
	if first := copied.Since(&Snapshot{}); len(first.Top.Paths) != 2 || first.Top.Paths[0].Count != 8 {
		t.Errorf("without anything before: %+v", first.Top)
	}
	if (&Snapshot{}).Since(earlier).Top != nil {
		t.Error("something is asked for most where nobody has watched")
	}
	if after, _ := json.Marshal(&copied); !bytes.Equal(before, after) {
		t.Error("Since has changed a snapshot")
	}
	if got := copied.Late(); !slices.Equal(got, []int{1}) {
		t.Errorf("late: %v", got)
	}
}

// Prometheus reads what is written, finds nothing to complain about, and gets the
// figures.
func TestPrometheus(t *testing.T) {
	s := example()
	var text bytes.Buffer
	if err := WritePrometheus(&text, s); err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.New(bytes.NewReader(text.Bytes())).Lint()
	if err != nil {
		t.Fatalf("%v\n%s", err, &text)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	parsed, err := parser.TextToMetricFamilies(bytes.NewReader(text.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed) != len(families) {
		t.Errorf("%d metrics are read, %d are there", len(parsed), len(families))
	}
	for _, f := range Families() {
		got := parsed[f.Name]
		if got == nil || len(got.Metric) == 0 || !strings.EqualFold(got.GetType().String(), f.Kind) || got.GetHelp() != f.Help {
			t.Errorf("%s: %v", f.Name, got)
			continue
		}
		for _, m := range got.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetName())
			}
			if !slices.Equal(labels, f.Labels) {
				t.Errorf("%s has the labels %v, want %v", f.Name, labels, f.Labels)
			}
		}
	}
	value := func(name string, labels ...string) float64 {
		for _, m := range parsed[name].Metric {
			var values []string
			for _, l := range m.Label {
				values = append(values, l.GetValue())
			}
			if slices.Equal(values, labels) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
		t.Errorf("no %s%v", name, labels)
		return 0
	}
	f := &s.Total
	for _, c := range []struct{ got, want float64 }{
		{value("aws_sent_bytes_total"), float64(f.Sent)},
		{value("aws_system_calls_total", "sendfile"), float64(f.Engine.Sendfiles)},
		{value("aws_requests_total", "a\"b\\c\nd", "HEAD", "none"), 27},
		{value("aws_refusals_total", `b"\`+"\n"), 21},
		{value("aws_access_log_lines_total"), 300},
		{value("aws_access_log_lines_dropped_total"), 20},
		{value("aws_log_lines_dropped_total"), 1},
		{value("aws_loop_lag_seconds", "2"), 0.001},
		{value("aws_loop_up", "1"), 0},
		{value("aws_loop_cpu_seconds_total", "0"), float64(s.Loops[0].CPU) * 1e-9},
		{value("aws_memory_limit_bytes"), 2},
		{value("aws_build_info", `v1 "quoted"`, "epoll-aio", "go1"), 1},
		{value("aws_start_time_seconds"), 1000},
	} {
		if c.got != c.want {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	h := parsed["aws_request_duration_seconds"].Metric[0].GetHistogram()
	if h.GetSampleCount() != f.Duration.Count || h.GetSampleSum() != float64(f.Duration.Sum)*1e-9 {
		t.Errorf("%v", h)
	}
	for _, b := range h.Bucket[:len(h.Bucket)-1] {
		if want := f.Duration.UpTo(uint64(b.GetUpperBound()*1e9 + 0.5)); b.GetCumulativeCount() != want {
			t.Errorf("up to %v: %d, want %d", b.GetUpperBound(), b.GetCumulativeCount(), want)
		}
	}
}

// Without a limit the limit is infinite, and without any loop there is a text as well.
func TestPrometheusOfNothing(t *testing.T) {
	var text bytes.Buffer
	if err := WritePrometheus(&text, &Snapshot{}); err != nil || !strings.Contains(text.String(), "aws_memory_limit_bytes +Inf\n") {
		t.Errorf("%v, %s", err, &text)
	}
	if err := WritePrometheus(failing{}, &Snapshot{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a writer that fails: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// What is known of a process is known of this one.
func TestReadProcess(t *testing.T) {
	before := ReadProcess()
	f, err := os.Open("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := ReadProcess()
	if p.Resident < 1<<20 || p.Descriptors != before.Descriptors+1 || p.MaxDescriptors < p.Descriptors || p.CPU < before.CPU || p.CPU <= 0 ||
		p.Goroutines < 1 || p.Heap == 0 || !p.Started.Equal(before.Started) || time.Since(p.Started) < 0 {
		t.Errorf("%+v, then %+v", before, p)
	}
}
