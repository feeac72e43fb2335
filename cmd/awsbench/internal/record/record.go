// Package record is the result of a run: raw.json, from which the reports are
// made and which `awsbench compare` reads.
package record

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"
)

// Format is incremented when a reader of the old format would misread the new
// one.
const Format = 1

// Run is one run of awsbench.
type Run struct {
	Format      int
	Started     time.Time
	Took        Seconds
	Command     []string // the command that repeats it
	Machine     Machine
	Method      Method
	Baseline    string
	Contestants []Contestant
	Missing     []Missing `json:",omitempty"`
	Scenarios   []Scenario
	Grid        *Grid    `json:",omitempty"`
	Growth      []Curve  `json:",omitempty"`
	Warnings    []string `json:",omitempty"`
}

// Seconds is a time in seconds.
type Seconds float64

// Machine is the machine of a run.
type Machine struct {
	Kernel, CPU, Hypervisor string
	CPUs                    int
	MemoryBytes             uint64
	FileSystem              string // holds the data
	Mitigations             map[string]string
	Limits                  map[string]string
	LoadBefore, LoadAfter   string // load averages
	PagesOut                bool   `json:",omitempty"` // the kernel pages out memory that has not been used for a while
	Go                      string
}

// Method is how a run measured.
type Method struct {
	Rounds           int
	Warmup, Duration Seconds
	ServerCPUs       []int // empty: not pinned
	ClientCPUs       []int
	Workers          int
	Client           string // the generator: "awsbench", or "wrk" and its version
	SampleEvery      int    // one body in this many is hashed
	Small            bool   `json:",omitempty"` // less data than the titles say
}

// Contestant is a server as it took part.
type Contestant struct {
	Name, Version string
	Command       []string
	Config        string `json:",omitempty"`
	Before        string `json:",omitempty"` // name of its counterpart from an earlier build
}

// Missing is a server that could not take part, and advice on how to change
// that.
type Missing struct{ Name, Advice string }

// Kind says what a scenario measures, and so what a report shows.
type Kind string

const (
	// Throughput: requests per second and CPU per request, then latency in an
	// open loop.
	Throughput Kind = "throughput"
	// Cold: throughput of files that are not in the page cache, and the latency
	// of a hot file meanwhile.
	Cold Kind = "cold"
	// Held: memory per held connection, and the latency of a hot file meanwhile.
	Held Kind = "held"
	// Start: from the start of the process to the first answer.
	Start Kind = "start"
)

// Scenario is one kind of work, with the results of each contestant.
type Scenario struct {
	Name, Title, About string
	Kind               Kind
	BodyBytes          int64 // bytes per answer
	Connections        int
	Pipeline           int
	Rate               float64 `json:",omitempty"` // rate of the open loop, requests per second
	Rows               []Row
	Notes              []string `json:",omitempty"`
}

// Row is the result of one contestant in a scenario.
type Row struct {
	Contestant string
	Refused    string             `json:",omitempty"` // the reason why the contestant has no valid figures
	Rounds     []Round            `json:",omitempty"`
	Syscalls   map[string]float64 `json:",omitempty"` // per request
	// SyscallsFrom says how the system calls were counted.
	SyscallsFrom string `json:",omitempty"`
	// Counters are the counters of aws's engines, per request.
	Counters map[string]float64 `json:",omitempty"`
}

// Round is one measurement. A figure that was not measured is 0.
type Round struct {
	Seconds            Seconds  `json:",omitempty"` // measured time
	Requests           float64  `json:",omitempty"` // answered in that time; large bodies count in part
	Bytes              uint64   `json:",omitempty"`
	User, System       Seconds  `json:",omitempty"` // CPU time of the server's processes
	Voluntary          uint64   `json:",omitempty"` // context switches
	Involuntary        uint64   `json:",omitempty"`
	RSS, PSS           uint64   `json:",omitempty"` // bytes, at the end
	Client             Seconds  `json:",omitempty"` // CPU time of the generator's threads
	Reconnects         uint64   `json:",omitempty"`
	Sampled            uint64   `json:",omitempty"` // bodies hashed
	Foreign            float64  `json:",omitempty"` // share of the server's CPUs that other processes used
	Closed             *Latency `json:",omitempty"` // in the closed loop
	Open               *Latency `json:",omitempty"` // at a constant rate
	Probe              *Latency `json:",omitempty"` // of a hot file during other load
	BytesPerConnection float64  `json:",omitempty"` // PSS
	Held               int      `json:",omitempty"` // connections
	Resident           float64  `json:",omitempty"` // share of the cold data in the page cache at the start
	FirstAnswer        Seconds  `json:",omitempty"`
}

// Latency is a distribution of latencies in microseconds.
type Latency struct {
	Rate                     float64 `json:",omitempty"` // intended, requests per second
	Count                    int64
	Unanswered               int64 `json:",omitempty"`
	P50, P90, P99, P999, Max float64
	Histogram                string `json:",omitempty"` // HdrHistogram V2, compressed, base64; nanoseconds
}

// Grid is the result of contestants over connections and sizes.
type Grid struct {
	Connections []int
	Sizes       []int64
	Contestants []string
	Cells       []Cell
}

// Cell is one point of a grid.
type Cell struct {
	Connections int
	Size        int64
	Rows        []Row
}

// CPU returns the CPU time of the server in microseconds per request.
func (r Round) CPU() float64 { return perRequest(r, float64(r.User+r.System)*1e6) }

// ClientCPU returns the CPU time of the generator in microseconds per request.
func (r Round) ClientCPU() float64 { return perRequest(r, float64(r.Client)*1e6) }

// Switches returns the context switches per request.
func (r Round) Switches() float64 { return perRequest(r, float64(r.Voluntary+r.Involuntary)) }

func perRequest(r Round, value float64) float64 {
	if r.Requests == 0 {
		return math.NaN()
	}
	return value / r.Requests
}

// PerSecond returns the throughput in requests per second.
func (r Round) PerSecond() float64 {
	if r.Seconds == 0 {
		return math.NaN()
	}
	return r.Requests / float64(r.Seconds)
}

// BytesPerSecond returns the throughput in bytes of bodies per second.
func (r Round) BytesPerSecond() float64 {
	if r.Seconds == 0 {
		return math.NaN()
	}
	return float64(r.Bytes) / float64(r.Seconds)
}

// Values returns one figure of all rounds.
func (r Row) Values(figure func(Round) float64) []float64 {
	values := make([]float64, len(r.Rounds))
	for i, round := range r.Rounds {
		values[i] = figure(round)
	}
	return values
}

// Row returns a contestant's row, or nil if it took no part.
func (s *Scenario) Row(contestant string) *Row { return findRow(s.Rows, contestant) }

func findRow(rows []Row, contestant string) *Row {
	for i := range rows {
		if rows[i].Contestant == contestant {
			return &rows[i]
		}
	}
	return nil
}

// Read reads raw.json.
func Read(path string) (*Run, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var run Run
	if err := json.Unmarshal(text, &run); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if run.Format != Format {
		return nil, fmt.Errorf("%s: format %d; this awsbench reads format %d", path, run.Format, Format)
	}
	return &run, nil
}

// Write writes raw.json.
func (r *Run) Write(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
