package report

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"aws/cmd/awsbench/internal/bench"
	"aws/cmd/awsbench/internal/contest"
	"aws/cmd/awsbench/internal/record"
)

// Targets refer to existing scenarios and peers, and occur only once.
func TestTargetsAreOfThisBenchmark(t *testing.T) {
	peers := []string{""}
	found, missing := contest.Peers()
	for _, c := range found {
		peers = append(peers, c.Name)
	}
	for _, m := range missing {
		peers = append(peers, m.Name, m.Name+"-directio")
	}
	seen := map[string]bool{}
	for _, target := range targets {
		if !slices.ContainsFunc(bench.Scenarios, func(s bench.Scenario) bool { return s.Name == target.scenario }) {
			t.Errorf("no scenario %s", target.scenario)
		}
		if !slices.Contains(peers, target.against) {
			t.Errorf("%s: no contestant %s", target.scenario, target.against)
		}
		key := target.scenario + " " + target.contestant + " " + target.measure.name
		if seen[key] || target.most <= 0 {
			t.Errorf("%s: twice, or at most %v", key, target.most)
		}
		seen[key] = true
	}
}

// rounds makes a row with one round per cost, in which all figures equal the
// cost.
func rounds(name string, costs ...float64) record.Row {
	row := record.Row{Contestant: name}
	for _, c := range costs {
		row.Rounds = append(row.Rounds, record.Round{
			Seconds: 1, Requests: 1000, System: record.Seconds(c / 1000), Bytes: uint64(1e9 / c),
			BytesPerConnection: c, FirstAnswer: record.Seconds(c), Probe: &record.Latency{P99: c},
		})
	}
	return row
}

func TestTargetIsJudgedByTheBestRounds(t *testing.T) {
	ratio := target{"1k", "a", cpuTime, "b", 0.75}
	limit := target{"1k", "a", probeTail, "", 10}
	for _, c := range []struct {
		name   string
		target target
		rows   []record.Row
		want   outcome
		best   string
	}{
		{"reached", ratio, []record.Row{rounds("a", 9, 7, 8), rounds("b", 10, 20, 11)}, reached, "0.70"},
		{"just reached", ratio, []record.Row{rounds("a", 7.5), rounds("b", 10)}, reached, "0.75"},
		{"within the margin", ratio, []record.Row{rounds("a", 8.6, 20), rounds("b", 10, 10)}, nearly, "0.86"},
		{"missed", ratio, []record.Row{rounds("a", 8.7), rounds("b", 10)}, missed, "0.87"},
		{"the best of different rounds", ratio, []record.Row{rounds("a", 30, 7), rounds("b", 10, 30)}, reached, "0.70"},
		{"alone", ratio, []record.Row{rounds("a", 7)}, notMeasured, ""},
		{"absent", ratio, []record.Row{rounds("b", 7)}, notMeasured, ""},
		{"no rounds", ratio, []record.Row{rounds("a"), rounds("b", 10)}, notMeasured, ""},
		{"refused", ratio, []record.Row{{Contestant: "a", Refused: "wrong"}, rounds("b", 10)}, missed, none},
		{"the other is refused", ratio, []record.Row{rounds("a", 7), {Contestant: "b", Refused: "wrong"}}, notMeasured, ""},
		{"a limit", limit, []record.Row{rounds("a", 12, 10)}, reached, "10.0 µs"},
		{"a limit has no margin", limit, []record.Row{rounds("a", 10.1)}, missed, "10.1 µs"},
		{"a probe that was not made", limit, []record.Row{{Contestant: "a", Rounds: []record.Round{{Seconds: 1}}}}, notMeasured, ""},
	} {
		row, got := c.target.judge(&record.Run{Scenarios: []record.Scenario{{Name: "1k", Rows: c.rows}}})
		if got != c.want || got != notMeasured && row.Cells[3] != c.best {
			t.Errorf("%s: %v, %q, want %v, %s", c.name, got, row.Cells, c.want, c.best)
		}
	}
}

// Each measure is a figure of a round.
func TestMeasuresAreFiguresOfRounds(t *testing.T) {
	r := rounds("a", 4).Rounds[0]
	for _, c := range []struct {
		m    measure
		want float64
		text string
	}{
		{cpuTime, 4, "4.00 µs"}, {byteTime, 4e-9, "4e-09"}, {heldMemory, 4, "4 B"}, {startTime, 4e6, "4.00 s"}, {probeTail, 4, "4.00 µs"},
	} {
		if got := c.m.of(r); math.Abs(got-c.want) > 1e-12 || c.m.show(got) != c.text {
			t.Errorf("%s: %v, %s, want %v, %s", c.m.name, got, c.m.show(got), c.want, c.text)
		}
	}
}

func TestMissedTargetsFail(t *testing.T) {
	scenario := func(name string, rows ...record.Row) record.Scenario { return record.Scenario{Name: name, Rows: rows} }
	for _, c := range []struct {
		name      string
		scenarios []record.Scenario
		want      []string
		err       string
	}{
		{"nothing", nil, []string{"33 not measured"}, "no target was measured"},
		{"all reached",
			[]record.Scenario{scenario("1k", rounds("aws-uring", 5), rounds("nginx", 10)), scenario("idle", rounds("aws-epoll", 400))},
			[]string{"aws-uring   CPU per request        ≤ 0.62 of nginx  0.50        0.50", "≤ 512 B", "2 reached, 0 within the margin, 0 missed, 31 not measured"}, ""},
		{"one missed",
			[]record.Scenario{scenario("1k", rounds("aws-uring", 7), rounds("aws-epoll", 9), rounds("nginx", 10))},
			[]string{"within the margin", "missed", "0 reached, 1 within the margin, 1 missed"}, "1 of 2 targets were missed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Gate(&out, &record.Run{Scenarios: c.scenarios})
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v, want %q", err, c.err)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out.String())
				}
			}
		})
	}
}
