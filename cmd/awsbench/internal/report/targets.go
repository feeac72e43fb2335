package report

import (
	"aws/cmd/awsbench/internal/record"
)

// The contestants in targets, by their names in package contest.
const (
	awsEpoll      = "aws-epoll"
	awsEpollCopy  = "aws-epoll-copy"
	awsUring      = "aws-uring"
	nginx         = "nginx"
	nginxDirectIO = "nginx-directio"
	lighttpd      = "lighttpd"
)

// target is the most that aws should need in a scenario: as a ratio to another
// contestant or, without one, in the unit of the measure.
type target struct {
	scenario   string
	contestant string
	measure    measure
	against    string
	most       float64
}

// measure is a figure for which less is better.
type measure struct {
	name string
	of   func(record.Round) float64
	show func(float64) string // formats it with its unit
}

var (
	cpuTime    = measure{"CPU per request", record.Round.CPU, micros}
	byteTime   = measure{"time per byte", func(r record.Round) float64 { return 1 / r.BytesPerSecond() }, number}
	heldMemory = measure{"memory per connection", held.of, bytesOf}
	startTime  = measure{"time to the first answer", func(r record.Round) float64 { return float64(r.FirstAnswer) * 1e6 }, micros}
	probeTail  = measure{"p99 of the hot file", quantile("", probeOf, p99, nil).of, micros}
)

// targets lists everything that awsbench gate checks. For pipelining and
// ranges, nginx runs with tcp_nopush off (contest.Site.Parts). A throughput
// that should be at least as high as another is expressed by its inverse, the
// time per byte, which should be at most as high.
var targets = []target{
	{"1k", awsEpoll, cpuTime, nginx, 0.75},
	{"1k", awsEpollCopy, cpuTime, nginx, 0.64},
	{"1k", awsUring, cpuTime, nginx, 0.62},
	{"16k", awsEpoll, cpuTime, nginx, 0.66},
	{"16k", awsUring, cpuTime, nginx, 0.66},
	{"64k", awsEpoll, cpuTime, nginx, 0.80},
	{"64k", awsUring, cpuTime, nginx, 0.80},
	{"connect", awsEpoll, cpuTime, nginx, 0.95},
	{"connect", awsUring, cpuTime, nginx, 0.95},
	{"pipeline", awsEpollCopy, cpuTime, nginx, 0.20},
	{"pipeline", awsUring, cpuTime, nginx, 0.20},
	{"many", awsEpoll, cpuTime, nginx, 0.75},
	{"many", awsUring, cpuTime, nginx, 0.75},
	{"64m", awsEpoll, cpuTime, nginx, 0.50},
	{"64m", awsUring, cpuTime, nginx, 0.50},
	{"64m", awsEpoll, byteTime, lighttpd, 1},
	{"64m", awsUring, byteTime, lighttpd, 1},
	{"ranges", awsEpoll, cpuTime, nginx, 0.85},
	{"ranges", awsUring, cpuTime, nginx, 0.85},
	{"cold-static", awsEpoll, byteTime, nginxDirectIO, 1},
	{"cold-static", awsUring, byteTime, nginxDirectIO, 1},
	{"cold-static", awsEpoll, probeTail, "", 10_000},
	{"cold-static", awsUring, probeTail, "", 10_000},
	{"cold-dynamic", awsEpoll, byteTime, nginxDirectIO, 1},
	{"cold-dynamic", awsUring, byteTime, nginxDirectIO, 1},
	{"cold-dynamic", awsEpoll, probeTail, "", 10_000},
	{"cold-dynamic", awsUring, probeTail, "", 10_000},
	{"idle", awsEpoll, heldMemory, "", 512},
	{"idle", awsUring, heldMemory, "", 512},
	{"slow", awsEpoll, heldMemory, "", 512},
	{"slow", awsUring, heldMemory, "", 512},
	{"start", awsEpoll, startTime, nginx, 0.80},
	{"start", awsUring, startTime, nginx, 0.80},
}
