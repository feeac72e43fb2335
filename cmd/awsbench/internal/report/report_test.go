package report

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/stats"
)

// example is a run with known figures: aws-epoll needs 0.7 of what nginx needs
// in every round, aws-uring as much as nginx within noise, and one is refused.
func example() *record.Run {
	random := rand.New(rand.NewPCG(1, 1))
	run := &record.Run{
		Format: record.Format, Started: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Took: 60, Baseline: "nginx",
		Command:  []string{"awsbench", "run", "--server=x=./x '{port}'"},
		Machine:  record.Machine{Kernel: "Linux 6.1 x86_64", CPU: "Example <CPU>", CPUs: 2, LoadBefore: "0.1 0.1 0.1"},
		Method:   record.Method{Rounds: 5, Duration: 1, Workers: 1, ServerCPUs: []int{0}, ClientCPUs: []int{1}, Client: "awsbench", SampleEvery: 16},
		Warnings: []string{"A <script>alert(1)</script> warning."},
		Missing:  []record.Missing{{Name: "h2o", Advice: "not installed; apt-get install h2o"}},
	}
	costs := map[string]float64{"aws-epoll": 7, "aws-uring": 10, "nginx": 10, "broken": 0}
	names := []string{"aws-epoll", "aws-uring", "nginx", "broken"}
	for _, name := range names {
		run.Contestants = append(run.Contestants, record.Contestant{Name: name, Version: "1", Command: []string{name, "{}"}, Config: "listen 1;"})
	}
	for _, kind := range []record.Kind{record.Throughput, record.Cold, record.Held, record.Start} {
		s := record.Scenario{Name: string(kind), Title: "Scenario " + string(kind), Kind: kind, BodyBytes: 1024, Connections: 64, Pipeline: 1, Rate: 5000}
		for _, name := range names {
			row := record.Row{Contestant: name, Syscalls: map[string]float64{"sendfile": 1, "recvfrom": 1.5}, SyscallsFrom: "tracepoints"}
			for i := range 5 {
				noise := 1 + 0.01*float64(i)
				if name == "aws-uring" {
					noise *= []float64{0.9, 1.1, 0.95, 1.05, 1}[i]
				}
				row.Rounds = append(row.Rounds, round(costs[name]*noise, random))
			}
			if name == "broken" {
				row = record.Row{Contestant: name, Refused: "a body of 1 bytes | instead of 1024"}
			}
			s.Rows = append(s.Rows, row)
		}
		s.Notes = []string{"A note."}
		run.Scenarios = append(run.Scenarios, s)
	}
	return run
}

func round(cost float64, random *rand.Rand) record.Round {
	l := &record.Latency{Rate: 5000, Count: 5000, P50: 10 * cost, P90: 20 * cost, P99: 100 * cost, P999: 500 * cost, Max: 1000*cost + random.Float64()}
	return record.Round{
		Seconds: 1, Requests: 10_000, Bytes: uint64(1e9 / cost), User: record.Seconds(cost / 400), System: record.Seconds(cost / 100 * 3 / 4),
		Client: 0.05, RSS: 3 << 20, PSS: 2 << 20, Voluntary: 100, Open: l, Probe: l, Closed: l,
		BytesPerConnection: 100 * cost, Held: 64, FirstAnswer: record.Seconds(cost / 1000),
	}
}

func TestTablesHoldTheFigures(t *testing.T) {
	run := example()
	main := Tables(&run.Scenarios[0], "nginx")[0]
	cells := map[string][]string{}
	for _, row := range main.Rows {
		cells[row.Name] = row.Cells
	}
	head := strings.Join(main.Head, "|")
	if head != "CPU µs/request|÷ nginx|user share|requests/s|÷ nginx" {
		t.Errorf("head %s", head)
	}
	if got := cells["aws-epoll"]; got[0] != "7.14 (7.00–7.28)" || got[1] != "0.70 (0.70–0.70)" || got[2] != "25 %" || got[3] != "10,000 (10,000–10,000)" {
		t.Errorf("aws-epoll: %q", got)
	}
	if got := cells["aws-uring"]; !strings.HasSuffix(got[1], "no difference shown") {
		t.Errorf("aws-uring: %q", got)
	}
	if got := cells["nginx"]; got[1] != "1" {
		t.Errorf("nginx: %q", got)
	}
	if row := main.Rows[3]; row.Refused == "" || row.Cells != nil {
		t.Errorf("broken: %+v", row)
	}
}

func TestReportsShowTheSame(t *testing.T) {
	run := example()
	md := string(Markdown(run))
	var text bytes.Buffer
	if err := Text(&text, run); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| aws-epoll | 7.14 (7.00–7.28) | 0.70 (0.70–0.70) |", `refused: a body of 1 bytes \| instead of 1024`,
		"no difference shown", "2.50: 1.50 recvfrom, 1.00 sendfile", "Without h2o: not installed; apt-get install h2o",
		"awsbench run '--server=x=./x '\\''{port}'\\'''", "Example <CPU>", "listen 1;", "A note.",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("no %q in report.md", want)
		}
	}
	for _, want := range []string{"Scenario cold", "broken was refused: a body", "0.70", "A note."} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	for i, line := range strings.Split(md, "\n") {
		if strings.HasPrefix(line, "|") && !strings.HasSuffix(line, "|") {
			t.Errorf("line %d of report.md is not a table row: %s", i+1, line)
		}
	}
}

// The page refers to nothing that a browser would fetch, and foreign text does
// not become markup.
func TestPageIsSelfContained(t *testing.T) {
	page, err := HTML(example())
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, bad := range []string{"<script", "http://", "https://", "@import", "url(", "src=", "<CPU>", "ZgotmplZ", "NaN", "Inf"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q in the page", bad)
		}
	}
	for _, want := range []string{"prefers-color-scheme: dark", "<svg", "&lt;script&gt;", "refused", `class="less"`, `class="same"`, "Content-Security-Policy"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the page", want)
		}
	}
}

func TestGridSaysWhoWins(t *testing.T) {
	run := example()
	rows := run.Scenarios[0].Rows
	g := &record.Grid{Connections: []int{1, 64}, Sizes: []int64{1024, 65536}, Contestants: []string{"aws-epoll", "nginx"}}
	for _, n := range g.Connections {
		for _, size := range g.Sizes {
			g.Cells = append(g.Cells, record.Cell{Connections: n, Size: size, Rows: rows})
		}
	}
	run.Grid, run.Scenarios = g, nil
	tables := gridTables(g)
	if len(tables) != 1 {
		t.Fatalf("%d tables", len(tables))
	}
	cell := tables[0].Rows[0].Cells[0]
	if cell.Winner != "aws-epoll" || cell.Text != "0.70" || cell.Class() != "first clear" {
		t.Errorf("%+v, class %s", cell, cell.Class())
	}
	g.Contestants[1] = "aws-uring"
	rows[0], rows[1] = rows[1], rows[0]
	rows[0].Contestant, rows[1].Contestant = "aws-epoll", "aws-uring"
	if cell := gridTables(g)[0].Rows[0].Cells[0]; cell.Winner != "aws-uring" || cell.Class() != "second clear" {
		t.Errorf("%+v, class %s", cell, cell.Class())
	}
	page, err := HTML(run)
	if err != nil || !bytes.Contains(page, []byte("Connections × file size")) {
		t.Error("no grid in the page:", err)
	}
	if md := string(Markdown(run)); !strings.Contains(md, "| 64 connection(s) | 1.43 aws-uring |") {
		t.Errorf("no grid in\n%s", md)
	}
}

func TestTwoRunsAreCompared(t *testing.T) {
	a, b := example(), example()
	b.Machine.Kernel = "Linux 7.0 x86_64"
	for i := range b.Scenarios[0].Rows[0].Rounds {
		r := &b.Scenarios[0].Rows[0].Rounds[i]
		r.User, r.System = r.User/2, r.System/2
	}
	var out bytes.Buffer
	if err := Compare(&out, a, b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Different: kernel: Linux 6.1 x86_64, then Linux 7.0 x86_64",
		"7.14 (7.00–7.28)  3.57 (3.50–3.64)  0.50 (0.49–0.51)  less",
		"no difference shown", "broken was refused: in A: a body",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestFiguresAreReadable(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{number(0), "0"}, {number(0.0044), "0.0044"}, {number(0.5), "0.50"}, {number(12.34), "12.3"}, {number(123.4), "123"},
		{number(1234567), "1,234,567"}, {number(-1234), "-1,234"}, {number(999.6), "1000"}, {number(math.NaN()), none},
		{bytesOf(1024), "1 KiB"}, {bytesOf(64 << 20), "64 MiB"}, {bytesOf(1536), "1.50 KiB"}, {bytesOf(500), "500 B"},
		{micros(0), "0"}, {micros(12), "12.0 µs"}, {micros(1500), "1.50 ms"}, {micros(2e6), "2.00 s"},
		{ratio(stats.Ratio{Value: math.NaN()}), none}, {ratio(stats.Ratio{Value: 2, Low: 1.5, High: 3, N: 5}), "2.00 (1.50–3.00)"},
		{ratio(stats.Ratio{Value: 1, Low: 0.5, High: 3, N: 5}), "1.00 (0.50–3.00) no difference shown"},
		{ratio(stats.Ratio{Value: 1, Low: 0.5, High: 3, N: 2}), "1.00 (0.50–3.00)"},
		{shellLine([]string{"a", "b c", "d'e", ""}), `a 'b c' 'd'\''e' ''`},
		{tick("50.0 µs"), "50 µs"}, {tick("0.50"), "0.5"}, {tick("100"), "100"}, {tick("1,000 B"), "1,000 B"}, {tick("0"), "0"}, {tick("1e-05"), "1e-05"},
		{fmt.Sprint(niceStep(0.3), niceStep(7), niceStep(20), niceStep(1)), "0.5 10 20 1"},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}
