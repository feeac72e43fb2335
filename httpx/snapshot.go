// Snapshots: what the loops have counted and hold, for whoever asks.
//
//	Snapshot ─► ask: loop.asked, wake ─► a loop's answer (asked.go) ─► figures ─► stats.Snapshot
//
// A loop copies its figures into memory that was handed to it, and never waits. Nobody
// is woken unless somebody asks.

package httpx

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"aws/httpx/message"
	"aws/httpx/site"
	"aws/httpx/stats"
)

// Snapshot asks every loop for its figures, and waits for the answers until the
// context ends. A loop that has not answered by then is late: it is busy with one
// turn, or stuck. Any goroutine may call it, before Run, during it and after it. The
// error is the context's, if others were asking all that time.
func (s *Server) Snapshot(ctx context.Context) (stats.Snapshot, error) {
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-ctx.Done():
		return stats.Snapshot{}, ctx.Err()
	}
	snapshot := stats.Snapshot{Time: time.Now(), Started: s.started, Build: s.config.Build}
	late := s.ask(ctx)
	for i, a := range s.answers() {
		snapshot.Loops = append(snapshot.Loops, stats.Loop{Number: i, Late: late[i], Ended: a.ended, Lag: a.lag, Figures: s.figures(a)})
	}
	snapshot.Process = stats.ReadProcess()
	snapshot.Top = topOf(s.tops())
	m := s.memory
	snapshot.Memory = stats.Memory{Used: m.held.used.Load(), Limit: s.config.Memory / 4 * 3, Heap: m.heap.used.Load()}
	snapshot.Limits = stats.Limits{Connections: s.config.Connections, OpenFiles: s.config.OpenFiles}
	snapshot.Sum()
	return snapshot, nil
}

// ask asks all loops, keeps their answers, and says which loops are late.
func (s *Server) ask(ctx context.Context) (late []bool) {
	late = make([]bool, len(s.loops))
	done := make(chan *answer, len(s.loops))
	s.mu.Lock()
	for i, l := range s.loops {
		if late[i] = !l.gone; late[i] {
			a := newAnswer(i, len(s.sites.All()), done)
			if s.control.watchers.Load() > 0 {
				a.top = new(top)
			}
			l.asked.Store(a)
		}
	}
	s.mu.Unlock()
	s.wake()
	for slices.Contains(late, true) {
		select {
		case a := <-done:
			late[a.number] = false
			s.keep(a)
		case <-ctx.Done():
			return late
		}
	}
	return late
}

// tops are what the loops that are watched have counted.
func (s *Server) tops() (all []*top) {
	for _, a := range s.answers() {
		if a.top != nil {
			all = append(all, a.top)
		}
	}
	return all
}

// Watch has the loops count what clients ask for most, until stop is called: see
// stats.Top. Any goroutine may call it.
func (s *Server) Watch() (stop func()) {
	s.control.watchers.Add(1)
	s.wake()
	return func() {
		s.control.watchers.Add(-1)
		s.wake()
	}
}

// keep keeps an answer, unless the loop has ended meanwhile.
func (s *Server) keep(a *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last[a.number].ended {
		s.last[a.number] = a
	}
}

// answers are the last answers of all loops.
func (s *Server) answers() []*answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.last)
}

// figures gives the figures of an answer their names.
func (s *Server) figures(a *answer) stats.Figures {
	c := &a.counters
	f := stats.Figures{
		Codes: map[string]uint64{}, Outcomes: map[string]uint64{}, Refusals: map[string]uint64{}, Connections: map[string]uint64{},
		Duration: c.duration, ToFirst: c.toFirst, Size: c.size,
		Sent: c.sent, Received: c.received, Shed: c.shed, TurnedAway: c.turnedAway, Waited: c.waited,
		Turns: c.turns, Completions: c.completions, CPU: a.cpu,
		Engine: a.engine, Files: a.files, Held: a.held,
		Warnings: c.warnings, Suppressed: c.suppressed,
	}
	for code, n := range c.codes {
		if n > 0 {
			f.Codes[strconv.Itoa(code)] = n
		}
	}
	for o := Whole; int(o) < outcomes; o++ {
		f.Outcomes[strings.ReplaceAll(o.String(), " ", "_")] = c.outcomes[o]
	}
	for why := noReason + 1; why < reasons; why++ {
		f.Refusals[why.String()] = c.refusals[why]
	}
	for state := range connStates {
		f.Connections[state.String()] = a.states[state]
	}
	for i, of := range c.sites {
		for m := range of {
			for class, n := range of[m] {
				if n > 0 {
					f.Requests = append(f.Requests, stats.Requests{
						Site: siteName(s.sites.At(uint16(i))), Method: methodNames[m], Class: classNames[class], Count: n})
				}
			}
		}
	}
	return f
}

var (
	methodNames = [methods]string{
		message.MethodUnknown: "unknown", message.MethodGet: "GET", message.MethodHead: "HEAD",
		message.MethodOptions: "OPTIONS", message.MethodOther: "other",
	}
	classNames = [classes]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}
)

// siteName is a site's first host. A site without one serves all hosts.
func siteName(s *site.Site) string {
	if len(s.Hosts) == 0 {
		return "default"
	}
	return s.Hosts[0]
}
