package load

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	// stopInterval is how often a thread without events checks whether to stop.
	stopInterval = 50 * time.Millisecond
	// wakeEarly is how long before a request is due the thread stops sleeping
	// and polls instead: a wake-up takes the kernel tens of microseconds.
	wakeEarly = 60 * time.Microsecond
	// grace is how long an open loop waits for its last answers.
	grace = time.Second
)

// pace is the timetable of an open loop: request k is due at k × interval,
// whatever happens. If all connections are busy, it is sent late, and the delay
// is part of its latency.
type pace struct {
	interval float64 // ns; 0 means a closed loop
	k        int64   // the next request
	end      int64   // no request is due from here on
	free     []*conn // a ring of idle connections
	first, n int
}

func newPace(rate float64, connections int, end int64) pace {
	if rate <= 0 {
		return pace{}
	}
	return pace{interval: 1e9 / rate, end: end, free: make([]*conn, connections)}
}

func (p *pace) open() bool { return p.interval > 0 }

// due returns when the next request is due.
func (p *pace) due() int64 { return int64(float64(p.k) * p.interval) }

// release returns an idle connection to the open loop.
func (t *thread) release(c *conn) {
	if p := &t.pace; p.open() {
		p.free[(p.first+p.n)%len(p.free)] = c
		p.n++
	}
}

// issueDue sends the requests that are due, while connections are free.
func (t *thread) issueDue() error {
	p := &t.pace
	for p.open() && p.n > 0 {
		due := p.due()
		if due > t.now || due >= p.end {
			return nil
		}
		c := p.free[p.first]
		p.first = (p.first + 1) % len(p.free)
		p.n--
		p.k++
		t.text = t.text[:0]
		if !t.add(c, due) {
			return nil
		}
		if err := t.dispatch(c); err != nil {
			return err
		}
	}
	return nil
}

// wait returns the events that are ready. If there are none, it sleeps until
// the next request is due.
func (t *thread) wait() (int, unix.Errno) {
	n, errno := poll(t.epoll, t.events)
	if n != 0 || errno != 0 {
		return n, errno
	}
	sleep := stopInterval
	if p := &t.pace; p.open() && p.n > 0 && p.due() < p.end {
		sleep = min(sleep, time.Duration(p.due())-time.Since(t.begin)-wakeEarly)
	}
	if sleep <= 0 {
		return 0, 0
	}
	return waitFor(t.epoll, t.events, sleep)
}

// over reports whether the load has ended.
func (t *thread) over() bool {
	p := &t.load.plan
	if t.load.stop.Load() {
		if !t.pace.open() {
			return true
		}
		// The timetable ends here, but the load waits for requests in flight:
		// the slowest must not get lost.
		t.until = min(t.until, t.now)
		t.pace.end = min(t.pace.end, t.until)
	}
	switch {
	case p.Once && t.next >= len(p.Targets) && t.flying == 0:
		return true
	case t.now < t.until:
		return false
	case !t.pace.open():
		return true
	}
	answered := t.flying == 0 && t.pace.due() >= t.pace.end
	return answered || t.now >= t.until+int64(grace)
}

// record records the latency of an answer. In an open loop it reads the clock
// again: answers are few, and their exact times matter.
func (t *thread) record(begun int64) {
	if begun < t.from || begun >= t.until {
		return
	}
	now := t.now
	if t.pace.open() {
		now = int64(time.Since(t.begin))
	}
	t.recordValue(now - begun)
}

func (t *thread) recordValue(ns int64) {
	_ = t.latency.RecordValue(min(max(ns, 1), t.latency.HighestTrackableValue()))
}

// recordUnanswered records the requests that were due and got no answer, with
// the time that they have waited so far. Leaving them out would hide the worst.
func (t *thread) recordUnanswered() {
	now := int64(time.Since(t.begin))
	end := min(t.pace.end, now)
	for i := range t.conns {
		c := &t.conns[i]
		for k := range c.flying {
			begun := c.flights[(c.first+k)%len(c.flights)].begun
			if begun >= t.from {
				t.recordValue(now - begun)
				t.unanswered++
			}
		}
	}
	for ; t.pace.due() < end; t.pace.k++ {
		if due := t.pace.due(); due >= t.from {
			t.recordValue(now - due)
			t.unanswered++
		}
	}
}
