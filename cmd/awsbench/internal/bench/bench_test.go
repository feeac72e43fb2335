package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aws/cmd/awsbench/internal/contest"
	"aws/cmd/awsbench/internal/proc"
	"aws/cmd/awsbench/internal/record"
)

// The test binary stands in for awsbench where that starts itself, and for
// servers that misbehave.
func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == contest.BuiltinCommand {
		err := contest.ServeBuiltin(os.Args[2], os.Args[3], os.Args[4])
		if spoil, known := spoilers[os.Args[2]]; known {
			err = serveSpoiled(os.Args[3], os.Args[4], spoil)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if len(os.Args) == 2 && os.Args[1] == contest.KeeperCommand {
		contest.Keep(os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// spoilers change the answers of a file server.
var spoilers = map[string]func(n int, body []byte, h http.Header) []byte{
	"flips-a-bit": func(_ int, body []byte, _ http.Header) []byte { body[len(body)/2] ^= 1; return body },
	// Only later, so that the check before the load does not notice.
	"flips-later": func(n int, body []byte, _ http.Header) []byte {
		if n > 200 {
			body[0] ^= 1
		}
		return body
	},
	"cuts-short":      func(_ int, body []byte, _ http.Header) []byte { return body[1:] },
	"compresses":      func(_ int, body []byte, h http.Header) []byte { h.Set("Content-Encoding", "gzip"); return body },
	"mixes-files-up":  func(_ int, body []byte, _ http.Header) []byte { return make([]byte, len(body)) },
	"answers-nothing": func(_ int, _ []byte, _ http.Header) []byte { select {} },
}

func serveSpoiled(addr, root string, spoil func(int, []byte, http.Header) []byte) error {
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		return err
	}
	var requests atomic.Int64
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(requests.Add(1))
		body, err := os.ReadFile(filepath.Join(root, filepath.Clean(r.URL.Path)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		body = spoil(n, body, w.Header())
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body)
	}))
}

// quiet ignores progress, or passes each step on.
type quiet struct{ step func(string) }

func (quiet) Begin(int, time.Duration) {}
func (q quiet) Step(what string) {
	if q.step != nil {
		q.step(what)
	}
}

// counting compares what a run says at its beginning with what it does.
type counting struct {
	steps, done int
	load        time.Duration
}

func (c *counting) Begin(steps int, load time.Duration) { c.steps, c.load = steps, load }
func (c *counting) Step(string)                         { c.done++ }

func named(t *testing.T, names ...string) (scenarios []Scenario) {
	t.Helper()
	for _, name := range names {
		i := slices.IndexFunc(Scenarios, func(s Scenario) bool { return s.Name == name })
		if i < 0 {
			t.Fatalf("no scenario %s", name)
		}
		scenarios = append(scenarios, Scenarios[i])
	}
	return scenarios
}

func options(t *testing.T, spoiled ...string) Options {
	t.Helper()
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	contestants, err := contest.Builtins()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range spoiled {
		c, err := contest.ParseCustom(name+"="+os.Args[0]+" peer "+name+" 127.0.0.1:{port} {root}", "")
		if err != nil {
			t.Fatal(err)
		}
		contestants = append(contestants, c)
	}
	return Options{
		Dir: dir, Contestants: contestants, Baseline: "net-http", Rounds: 2,
		Duration: 50 * time.Millisecond, Warmup: 10 * time.Millisecond, Workers: 1,
		Small: true, Latency: true, Load: 0.1, SampleEvery: 4, Progress: quiet{},
	}
}

func TestWrongAnswersAreRefused(t *testing.T) {
	o := options(t, "flips-a-bit", "flips-later", "cuts-short", "compresses", "mixes-files-up")
	o.Scenarios = named(t, "16k")
	o.Duration = 200 * time.Millisecond
	run, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"flips-a-bit": "checksum", "flips-later": "checksum", "cuts-short": "16383 bytes instead of 16384",
		"compresses": "Content-Encoding", "mixes-files-up": "checksum",
	} {
		row := run.Scenarios[0].Row(name)
		if !strings.Contains(row.Refused, want) || len(row.Rounds) != 0 {
			t.Errorf("%s: refused for %q with %d rounds, want %q and none", name, row.Refused, len(row.Rounds), want)
		}
	}
	for _, name := range []string{"net-http", "fasthttp"} {
		if row := run.Scenarios[0].Row(name); row.Refused != "" || len(row.Rounds) != 2 {
			t.Errorf("%s: refused for %q with %d rounds", name, row.Refused, len(row.Rounds))
		}
	}
}

// Every scenario runs and fills in the figures of its kind. The run has said before how
// many turns that takes: those of a contestant that is refused are left out.
func TestAllScenariosFillInTheirFigures(t *testing.T) {
	o := options(t)
	said := &counting{}
	o.Progress = said
	o.Connections, o.Rounds, o.Syscalls = 6, 1, true
	o.Rate = 200 // ten requests in a round, however fast the machine is
	o.Scenarios = Scenarios
	run, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Scenarios) != len(Scenarios) {
		t.Fatalf("%d scenarios", len(run.Scenarios))
	}
	refused := 0
	defer func() {
		if said.done+refused*o.Rounds != said.steps || said.load != time.Duration(said.steps)*(o.Warmup+o.Duration) {
			t.Errorf("%d turns, %d refused; %d with %v of load were announced", said.done, refused, said.steps, said.load)
		}
	}()
	for _, s := range run.Scenarios {
		for _, row := range s.Rows {
			if strings.HasPrefix(s.Name, "cold") && strings.Contains(row.Refused, "page cache") {
				t.Logf("%s, %s: %s", s.Name, row.Contestant, row.Refused)
				refused++
				continue
			}
			if s.Name == "pipeline" && row.Refused == "" && row.Contestant == "net-http" && s.Pipeline != 16 {
				t.Errorf("pipelining of %d", s.Pipeline)
			}
			if row.Refused != "" || len(row.Rounds) != o.Rounds {
				t.Errorf("%s, %s: refused for %q, %d rounds", s.Name, row.Contestant, row.Refused, len(row.Rounds))
				continue
			}
			for _, r := range row.Rounds {
				checkRound(t, &s, row.Contestant, r)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(o.Dir, "root", "dynamic", "16k.bin")); err != nil {
		t.Error(err)
	}
	if left := proc.Tree(os.Getpid()); len(left) != 1 {
		t.Errorf("processes are left: %v", left)
	}
}

// The rate of the open loops is a fraction of the baseline's throughput in the
// first round or, without a baseline, of the median.
func TestRateFollowsTheBaseline(t *testing.T) {
	row := func(name string, perSecond float64) *entry {
		return &entry{contestant: contest.Contestant{Name: name}, row: record.Row{Rounds: []record.Round{{Seconds: 2, Requests: 2 * perSecond}, {Seconds: 1, Requests: 1}}}}
	}
	refused := row("b", 1)
	refused.row.Refused = "why"
	for _, c := range []struct {
		name    string
		entries []*entry
		rate    float64
		want    float64
		notes   int
	}{
		{"the baseline's", []*entry{row("a", 100), row("b", 300), row("c", 900)}, 0, 150, 0},
		{"one that is given", []*entry{row("b", 300)}, 7, 7, 0},
		{"the median's", []*entry{row("a", 100), refused, row("c", 900)}, 0, 250, 1},
	} {
		w := &work{bench: &bench{Options: Options{Baseline: "b", Load: 0.5, Rate: c.rate}}, entries: c.entries}
		for range 2 { // rounds, of which only the first counts
			w.setRate()
		}
		if w.out.Rate != c.want || len(w.out.Notes) != c.notes {
			t.Errorf("%s: %v, notes %q, want %v", c.name, w.out.Rate, w.out.Notes, c.want)
		}
	}
}

// Every other round runs backwards, and refused contestants have no turn.
func TestTurnsAlternate(t *testing.T) {
	w := &work{}
	for _, name := range []string{"a", "b", "c"} {
		w.entries = append(w.entries, &entry{row: record.Row{Contestant: name}})
	}
	w.entries[1].row.Refused = "why"
	for round, want := range []string{"ac", "ca", "ac"} {
		got := ""
		for _, e := range w.turns(round) {
			got += e.row.Contestant
		}
		if got != want {
			t.Errorf("round %d: %s, want %s", round, got, want)
		}
	}
}

func checkRound(t *testing.T, s *record.Scenario, name string, r record.Round) {
	t.Helper()
	good := true
	switch s.Kind {
	case record.Throughput:
		good = (r.Requests >= float64(4*s.Connections*s.Pipeline) || s.BodyBytes >= largeBody) && r.Requests > 0 && r.CPU() > 0 && r.ClientCPU() > 0 && r.Bytes > 0 && r.PSS > 0
		if s.Pipeline == 1 && s.BodyBytes <= largeBody {
			good = good && r.Open != nil && r.Open.Count > 0 && r.Open.Histogram != "" && s.Rate > 0
		}
	case record.Cold:
		good = r.Requests > 0 && r.Probe != nil && r.Resident <= maxResident
	case record.Held:
		good = r.Held == s.Connections && r.Probe != nil && r.PSS > 0
	case record.Start:
		good = r.FirstAnswer > 0
	}
	if !good {
		t.Errorf("%s, %s: %+v", s.Name, name, r)
	}
}

func TestGridMeasuresEveryCell(t *testing.T) {
	o := options(t)
	o.Baseline = "gone"
	run, err := Grid(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	g := run.Grid
	if len(g.Cells) != len(g.Connections)*len(g.Sizes) || len(g.Contestants) != 2 || run.Baseline != "net-http" {
		t.Errorf("%d cells, %v, baseline %s", len(g.Cells), g.Contestants, run.Baseline)
	}
	for _, c := range g.Cells {
		for _, row := range c.Rows {
			if row.Refused != "" || len(row.Rounds) != o.Rounds {
				t.Errorf("%d × %d, %s: %q, %d rounds", c.Connections, c.Size, row.Contestant, row.Refused, len(row.Rounds))
			}
		}
	}
}

// A run ends when its context does, in any phase, and leaves no process behind.
func TestRunEndsWithItsContext(t *testing.T) {
	for _, name := range []string{"1k", "cold-static", "idle", "slow", "start"} {
		ctx, cancel := context.WithCancel(context.Background())
		o := options(t)
		o.Duration, o.Rounds, o.Connections = time.Hour, 1000, 5
		o.Scenarios = named(t, name)
		o.Progress = quiet{func(string) { time.AfterFunc(20*time.Millisecond, cancel) }}
		if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if left := proc.Tree(os.Getpid()); len(left) != 1 {
			t.Errorf("%s: processes are left: %v", name, left)
		}
	}
}

// A configuration for cold files is listed only if a run has such files.
func TestReportNamesWhoTakesPart(t *testing.T) {
	o := options(t)
	o.Contestants[1].ColdOnly = true
	for name, want := range map[string]int{"1k": 1, "cold-static": 2} {
		o.Scenarios = named(t, name)
		if got := begin(o).Contestants; len(got) != want {
			t.Errorf("%s: %d contestants, want %d", name, len(got), want)
		}
	}
}

func TestForeignClientsTotalsAreRead(t *testing.T) {
	r, err := parseWrk("Running 1s test @ http://127.0.0.1:1/\n  2 threads\n  34810 requests in 1.10s, 38.15MB read\nRequests/sec:  31644.07\n")
	if err != nil || r.Requests != 34810 || r.Seconds != 1.1 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, out := range []string{
		"  10 requests in 1.10s, 1MB read\n  Non-2xx or 3xx responses: 10\n",
		"  10 requests in 1.10s, 1MB read\n  Socket errors: connect 0, read 3, write 0, timeout 0\n",
		"unable to connect",
	} {
		if _, err := parseWrk(out); err == nil {
			t.Errorf("%q is accepted", out)
		}
	}
}

func TestTracedCallsAreCountedPerRequest(t *testing.T) {
	const out = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 48.37    0.000741           7       100         3 recvfrom
 51.63    0.000791           7        50           sendfile
------ ----------- ----------- --------- --------- ----------------
100.00    0.001532           7       150         3 total
`
	got := parseStrace(out, 50)
	if len(got) != 2 || got["recvfrom"] != 2 || got["sendfile"] != 1 {
		t.Errorf("%v", got)
	}
}

// Files differ from each other, and both trees hold the same ones.
func TestFilesDifferAndTreesAgree(t *testing.T) {
	d, err := newDataset(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a, err := d.whole("static", "a/x.bin", 1001, "")
	if err != nil || a.Length != 1001 {
		t.Fatal(a, err)
	}
	b, err := d.whole("dynamic", "a/y.bin", 1001, "")
	if err != nil || a.Sum == b.Sum {
		t.Errorf("two files have the checksums %x and %x, %v", a.Sum, b.Sum, err)
	}
	if again, err := d.whole("dynamic", "a/x.bin", 1001, ""); err != nil || again.Sum != a.Sum {
		t.Errorf("the checksum is %x, and the second time %x, %v", a.Sum, again.Sum, err)
	}
	ranges, err := d.ranges("static", "r.bin", 1<<20, 1000, 50)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[uint32]bool{}
	for _, r := range ranges {
		sums[r.Sum] = r.Status == 206 && r.Length == 1000 && r.Part.Size == 1<<20 && r.Part.Last == r.Part.First+999 &&
			strings.Contains(string(r.Request), fmt.Sprintf("\r\nRange: bytes=%d-%d\r\n", r.Part.First, r.Part.Last))
	}
	if len(sums) != 50 || slices.Contains(slices.Collect(maps.Values(sums)), false) {
		t.Errorf("50 ranges have %d different contents: %v", len(sums), sums)
	}
	if paths := d.folder("a"); len(paths) != 2 {
		t.Errorf("folder a holds %v", paths)
	}
	if err := evict(d.folder("a")); err != nil {
		t.Error(err)
	}
}
