// Package stats has the figures of a server as data: what it has counted, what it
// holds, and how each of its loops does. Tests, 'aws stats', 'aws top', the live page
// and /metrics all read the same.
//
//	counters of a loop ─► httpx.Server.Snapshot ─► Snapshot ┬ Since            rates
//	                                                        ├ WritePrometheus  /metrics
//	                                                        └ JSON             /stats.json
//
//	histogram.go   times and sizes
//	figures.go     all figures by name
//	sums.go        sums and differences
//	samples.go     samples in the text format of Prometheus
//	families.go    the metrics
//	prometheus.go  all of them as a text
//	process.go     what the kernel and Go's runtime know of the process
//
// Counters only grow, and wrap around at 2^64. A gauge says how it is at the moment.
// Times are nanoseconds, sizes bytes.
package stats

import (
	"time"

	"aws/backend"
)

// Snapshot is what a server has done up to a moment.
type Snapshot struct {
	Time    time.Time `json:"time"`    // when the loops were asked
	Started time.Time `json:"started"` // when the server began to serve
	Build   Build     `json:"build"`
	Process Process   `json:"process"`
	Memory  Memory    `json:"memory"`
	Limits  Limits    `json:"limits"`
	Logs    Logs      `json:"logs"`
	Total   Figures   `json:"total"`         // of all loops
	Loops   []Loop    `json:"loops"`         // by number
	Top     *Top      `json:"top,omitempty"` // only while somebody watches
}

// Build says which program serves.
type Build struct {
	Version string `json:"version"`
	Engine  string `json:"engine"` // epoll-aio or uring
	Go      string `json:"go"`
}

// Memory is the budget of what clients make the server hold, in bytes.
type Memory struct {
	Used  int64 `json:"used"`
	Limit int64 `json:"limit"` // 0 for none
	Heap  int64 `json:"heap"`  // the part of Used that lies in Go's heap
}

// Limits are what the server may have at most, over all loops.
type Limits struct {
	Connections int `json:"connections"`
	OpenFiles   int `json:"open_files"` // descriptors
}

// Logs is what has become of lines for the logs: counters.
type Logs struct {
	Access        uint64 `json:"access"`         // lines of the access log that have been written
	AccessDropped uint64 `json:"access_dropped"` // lines of it that were not, and never will be
	Dropped       uint64 `json:"dropped"`        // lines for stdout and stderr that were not written, as those of the server's log
}

// Loop is one loop: a thread that serves.
type Loop struct {
	Number int `json:"number"`
	// Late says that the loop has not answered in time. Its figures are those of its
	// last answer.
	Late bool `json:"late"`
	// Ended says that the loop has ended: its figures are final.
	Ended bool `json:"ended"`
	// Lag is how long the loop took to answer.
	Lag time.Duration `json:"lag"`
	Figures
}

// Figures are what one loop, or all of them, have counted and hold.
type Figures struct {
	// Exchanges that have ended: requests whose responses are over, one way or another.
	Requests []Requests        `json:"requests"` // only those that there were
	Codes    map[string]uint64 `json:"codes"`    // by status, such as "200"; "0" where there was no response
	Outcomes map[string]uint64 `json:"outcomes"` // by how the response ended
	Duration Histogram         `json:"duration"` // ns, from the first byte of the request to the end
	ToFirst  Histogram         `json:"to_first"` // ns, from there to the first byte of the response that the kernel took
	Size     Histogram         `json:"size"`     // bytes of the response, head and framing included

	Refusals map[string]uint64 `json:"refusals"` // by reason, when they are decided on

	Sent     uint64 `json:"sent"`     // bytes that the kernel has taken
	Received uint64 `json:"received"` // bytes that the kernel has handed over

	Connections map[string]uint64 `json:"connections"` // gauge, by state
	Shed        uint64            `json:"shed"`        // idle ones, closed to make room for others
	TurnedAway  uint64            `json:"turned_away"` // closed at once, as their clients had too many
	Waited      uint64            `json:"waited"`      // times that one waited for its bandwidth

	Turns       uint64           `json:"turns"`       // of the loop
	Completions uint64           `json:"completions"` // that these turns have taken
	CPU         uint64           `json:"cpu"`         // ns that the thread has run
	Engine      backend.Counters `json:"engine"`
	Files       Files            `json:"files"`
	Held        Held             `json:"held"`

	Warnings   uint64 `json:"warnings"`   // in the log
	Suppressed uint64 `json:"suppressed"` // not logged, because others had just been
}

// Requests are the requests for one site with one method and one class of status.
type Requests struct {
	Site   string `json:"site"`   // its first host, or "default"
	Method string `json:"method"` // GET, HEAD, OPTIONS, other or unknown
	Class  string `json:"class"`  // 1xx to 5xx, or none where there was no response
	Count  uint64 `json:"count"`
}

// Files is what a loop's table of open files has done. System calls that goroutines
// make are not among these.
type Files struct {
	Hits   uint64 `json:"hits"`   // look-ups that found an open file
	Misses uint64 `json:"misses"` // look-ups that did not
	Away   uint64 `json:"away"`   // calls handed to goroutines: look-ups, reads and closes that may wait

	// System calls.
	Statx     uint64 `json:"statx"`
	Openat2   uint64 `json:"openat2"`
	Cachestat uint64 `json:"cachestat"`
	Preadv2   uint64 `json:"preadv2"`
}

// Held is what a loop holds: all of it gauges.
type Held struct {
	Exchanges   uint64 `json:"exchanges"`    // begun and not ended
	Inputs      uint64 `json:"inputs"`       // buffers of saved input
	Outs        uint64 `json:"outs"`         // buffers of composed responses
	Streams     uint64 `json:"streams"`      // stream buffers
	Waiting     uint64 `json:"waiting"`      // exchanges that wait for one
	Parts       uint64 `json:"parts"`        // responses with several ranges
	Makers      uint64 `json:"makers"`       // bodies being made
	Passwords   uint64 `json:"passwords"`    // checks under way
	Calls       uint64 `json:"calls"`        // of file systems that goroutines make
	CallsQueued uint64 `json:"calls_queued"` // that wait for a place
	Pinned      uint64 `json:"pinned"`       // open files in use
	Descriptors uint64 `json:"descriptors"`  // open files, of which some have two
}
