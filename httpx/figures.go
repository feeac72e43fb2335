// The figures of a loop, in memory that others read: asked.go copies them, snapshot.go
// gives them names.

package httpx

import (
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/stats"
)

// answer is a loop's copy of its figures, in memory of whoever has asked.
type answer struct {
	number   int
	asked    time.Time
	done     chan<- *answer // has room for all answers
	lag      time.Duration
	ended    bool
	counters counters
	engine   backend.Counters
	files    stats.Files
	held     stats.Held
	states   [connStates]uint64
	cpu      uint64
	top      *top // or nil, if nobody watches
}

// connState is what a connection does, as operators see it.
type connState uint8

const (
	connAccepted connState = iota // has sent nothing
	connHead
	connLookUp
	connBody
	connSending
	connIdle
	connLingering
	connClosing
	connStates
)

func (s connState) String() string {
	return [...]string{"accepted", "reading_head", "looking_up", "reading_body", "sending", "idle", "lingering", "closing"}[s]
}

// newAnswer makes the memory for a loop's answer.
func newAnswer(number, sites int, done chan<- *answer) *answer {
	a := &answer{number: number, asked: time.Now(), done: done}
	a.counters.sites = make([][methods][classes]uint64, sites)
	return a
}

// count copies what a loop has counted, by itself, with its engine and with its table of
// files.
func (a *answer) count(c *counters, engine *backend.Counters, f stats.Files) {
	sites := a.counters.sites
	a.counters, a.engine, a.files, a.cpu = *c, *engine, f, threadTime()
	a.counters.sites = sites
	copy(sites, c.sites)
}

// threadTime is how long the thread has run, in nanoseconds.
func threadTime() uint64 {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0
	}
	return uint64(t.Nano())
}
