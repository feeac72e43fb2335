package record

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestFiguresOfARound(t *testing.T) {
	r := Round{Seconds: 2, Requests: 1000, Bytes: 4096, User: 0.25, System: 0.75, Client: 0.5, Voluntary: 100, Involuntary: 400}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"CPU", r.CPU(), 1000}, {"client CPU", r.ClientCPU(), 500}, {"switches", r.Switches(), 0.5},
		{"per second", r.PerSecond(), 500}, {"bytes per second", r.BytesPerSecond(), 2048},
	} {
		if c.got != c.want {
			t.Errorf("%s %v, want %v", c.name, c.got, c.want)
		}
	}
	for _, figure := range []func(Round) float64{Round.CPU, Round.ClientCPU, Round.Switches, Round.PerSecond, Round.BytesPerSecond} {
		if got := figure(Round{}); !math.IsNaN(got) {
			t.Errorf("of nothing: %v, want no number", got)
		}
	}
}

func TestRecordSurvivesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "raw.json")
	run := &Run{Format: Format, Baseline: "nginx", Scenarios: []Scenario{{
		Name: "1k", Kind: Throughput, Rows: []Row{{Contestant: "nginx", Rounds: []Round{{Requests: 3, Open: &Latency{P99: 7}}}}},
	}}}
	if err := run.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil || !reflect.DeepEqual(got, run) {
		t.Errorf("%+v, %v", got, err)
	}
	run.Format = Format + 1
	if err := run.Write(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "format") {
		t.Errorf("another format: %v", err)
	}
	if err := os.WriteFile(path, []byte("no JSON"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("no JSON is read")
	}
}
