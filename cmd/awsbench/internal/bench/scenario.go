package bench

import (
	"aws/cmd/awsbench/internal/load"
	"aws/cmd/awsbench/internal/record"
)

// Scenario is a kind of work.
type Scenario struct {
	Name, Title, About string
	Kind               record.Kind
	Tree               string // "static" or "dynamic"
	Body               int64  // bytes per answer
	Connections        int
	Pipeline           int
	PerRequest         bool // a new connection for each request
	Parts              bool // ranges or pipelining: contest.Site.Parts
	Slow               bool // Held: the connections read slowly instead of being idle
	Quick              bool // part of a quick run
	Point              bool // part of a grid or a curve: no notes on the generator
	Beside             int  // idle connections held open during the load
	Served             int  // files that each server serves before the measurement
	Workers            int  // instead of the run's
	// Targets creates the files and returns the requests for them. With small
	// it uses little data.
	Targets func(d *dataset, s Scenario, small bool) ([]load.Target, error)
}

func oneFile(name string) func(*dataset, Scenario, bool) ([]load.Target, error) {
	return func(d *dataset, s Scenario, _ bool) ([]load.Target, error) {
		fields := ""
		if s.PerRequest {
			fields = "Connection: close\r\n"
		}
		t, err := d.whole(s.Tree, name, s.Body, fields)
		return []load.Target{t}, err
	}
}

func coldFiles(d *dataset, s Scenario, small bool) ([]load.Target, error) {
	n := 1024
	if small {
		n = 64
	}
	return d.many(s.Tree, coldFolder, n, s.Body)
}

func manyFiles(d *dataset, s Scenario, small bool) ([]load.Target, error) {
	n := 10_000
	if small {
		n = 500
	}
	return d.many(s.Tree, "many", n, s.Body)
}

func rangesOf(d *dataset, s Scenario, small bool) ([]load.Target, error) {
	size := int64(gib)
	if small {
		size = 64 * mib
	}
	return d.ranges(s.Tree, "1g.bin", size, s.Body, 4096)
}

// coldFolder holds the files that are dropped from the page cache.
const coldFolder = "cold"

const (
	throughput = record.Throughput
	aboutKept  = "64 connections are kept open, each with one request at a time."
)

// Scenarios lists all scenarios in the order of the report.
var Scenarios = []Scenario{
	{Name: "1k", Title: "1 KiB, keep-alive", About: aboutKept, Kind: throughput,
		Tree: "static", Body: kib, Connections: 64, Pipeline: 1, Quick: true, Targets: oneFile("1k.bin")},
	{Name: "16k", Title: "16 KiB, keep-alive", About: aboutKept, Kind: throughput,
		Tree: "static", Body: 16 * kib, Connections: 64, Pipeline: 1, Targets: oneFile("16k.bin")},
	{Name: "64k", Title: "64 KiB, keep-alive", About: aboutKept, Kind: throughput,
		Tree: "static", Body: 64 * kib, Connections: 64, Pipeline: 1, Quick: true, Targets: oneFile("64k.bin")},
	{Name: "connect", Title: "1 KiB, a new connection per request", Kind: throughput,
		About: "64 connections at a time. The client asks the server to close (Connection: close) and waits until it does.",
		Tree:  "static", Body: kib, Connections: 64, Pipeline: 1, PerRequest: true, Quick: true, Targets: oneFile("1k.bin")},
	{Name: "pipeline", Title: "1 KiB, 16 requests pipelined", Kind: throughput,
		About: "64 connections, each with 16 requests in flight.",
		Tree:  "static", Body: kib, Connections: 64, Pipeline: 16, Parts: true, Quick: true, Targets: oneFile("1k.bin")},
	{Name: "many", Title: "10,000 files of 4 KiB at random", About: aboutKept, Kind: throughput,
		Tree: "static", Body: 4 * kib, Connections: 64, Pipeline: 1, Targets: manyFiles},
	{Name: "64m", Title: "64 MiB files", Kind: throughput,
		About: "4 connections are kept open. A request is 64 MiB of bodies; transfers cut off by the end of a round count in part.",
		Tree:  "static", Body: 64 * mib, Connections: 4, Pipeline: 1, Quick: true, Targets: oneFile("64m.bin")},
	{Name: "ranges", Title: "64 KiB ranges at random offsets of 1 GiB", About: aboutKept, Kind: throughput,
		Tree: "static", Body: 64 * kib, Connections: 64, Pipeline: 1, Parts: true, Quick: true, Targets: rangesOf},
	{Name: "dynamic", Title: "16 KiB from /dynamic, in the page cache", Kind: throughput,
		About: aboutKept + " aws reads the file into a buffer (Linux AIO, io_uring) and sends it from there. The peers make no distinction and serve it like any other file.",
		Tree:  "dynamic", Body: 16 * kib, Connections: 64, Pipeline: 1, Quick: true, Targets: oneFile("16k.bin")},
	{Name: "cold-static", Title: "1 MiB files from /static, not in the page cache", Kind: record.Cold, About: aboutCold,
		Tree: "static", Body: mib, Connections: 32, Pipeline: 1, Targets: coldFiles},
	{Name: "cold-dynamic", Title: "1 MiB files from /dynamic, not in the page cache", Kind: record.Cold, About: aboutCold,
		Tree: "dynamic", Body: mib, Connections: 32, Pipeline: 1, Targets: coldFiles},
	{Name: "idle", Title: "10,000 idle connections", Kind: record.Held,
		About: "Each connection has received one answer and stays open. The table shows what the server's processes hold per connection (PSS, without the kernel's sockets). Meanwhile a probe requests a hot 1 KiB file.",
		Tree:  "static", Body: kib, Connections: 10_000, Pipeline: 1, Targets: oneFile("1k.bin")},
	{Name: "slow", Title: "500 slow readers of a 64 MiB file", Kind: record.Held, Slow: true,
		About: "Each connection reads 4 KiB four times a second. The table shows what the server's processes hold per connection (PSS, without the kernel's socket buffers). Meanwhile a probe requests a hot 1 KiB file.",
		Tree:  "static", Body: 64 * mib, Connections: 500, Pipeline: 1, Targets: oneFile("64m.bin")},
	{Name: "start", Title: "Start to the first answer", Kind: record.Start,
		About: "From the start of the process until it has served a 1 KiB file.",
		Tree:  "static", Body: kib, Connections: 1, Pipeline: 1, Targets: oneFile("1k.bin")},
}

const aboutCold = "32 connections request each file once, from disk: the files are dropped from the page cache before each turn. Meanwhile a probe requests a hot 1 KiB file 500 times a second; its latency shows whether the disk stalls the server's loop."
