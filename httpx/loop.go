package httpx

import (
	"errors"
	"time"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/offload"
	"aws/httpx/site"
)

// loop serves connections on one thread with one engine. It shares nothing
// with the other loops but what never changes.
type loop struct {
	number  int
	config  *Config
	control *control
	engine  backend.Backend
	clock   clock

	conns     []conn // by slot
	open      int    // connections
	exchanges exchanges
	bodies    *bodies // by exchange
	files     files.Table
	planner   planner
	deadlines deadlines

	inputs inputs
	outs   *backend.Arena // responses, composed and not yet sent

	gone       bool    // the engine has been destroyed; see Server.mu
	obeyed     command // the last command carried out
	reports    uint32  // of control.reports, those made
	draining   bool
	drainUntil int64

	warned     time.Time // when a warning was last logged
	suppressed int       // warnings not logged since

	request message.Request // scratch space of one step
}

// warnPause is how long one warning keeps a loop from logging the next.
const warnPause = time.Second

// newLoop makes the loop of this number, over an engine of its own.
func newLoop(config *Config, sites *site.Sites, crew *offload.Crew, control *control, number int, listeners []int) (*loop, error) {
	slots := share(config.Connections, config.Loops, number)
	l := &loop{
		number:  number,
		config:  config,
		control: control,
		deadlines: newDeadlines(slots, [deadlineKinds]time.Duration{
			headerDeadline: config.HeaderTimeout,
			idleDeadline:   config.IdleTimeout,
			stallDeadline:  config.StallTimeout / stallParts,
			lingerDeadline: lingerTimeout,
		}),
	}
	l.clock.start(time.Now)
	if err := l.openAll(sites, crew, slots, listeners); err != nil {
		l.destroy()
		return nil, err
	}
	return l, nil
}

// openAll opens and maps what the loop works with.
func (l *loop) openAll(sites *site.Sites, crew *offload.Crew, slots int, listeners []int) (err error) {
	c := l.config
	streams := min(maxStreams, slots)
	if l.files, err = files.NewTable(files.Options{
		Limit: share(c.OpenFiles, c.Loops, l.number), TTL: c.FileCacheTTL, Idle: c.OpenFileIdle, Roots: sites.Roots,
		Warn: l.warn, Log: c.Log.With("loop", l.number),
	}); err != nil {
		return err
	}
	if l.engine, err = c.Open(backend.Options{
		Listeners: listeners,
		Slots:     slots,
		Reads:     streams,
		Loop:      l.number,
		Warn:      l.warn,
	}); err != nil {
		return err
	}
	pool := offload.NewPool[note](crew, func() { _ = l.engine.Wake() })
	var errs [5]error
	l.conns, errs[0] = backend.MapArray[conn](slots)
	l.inputs.Arena, errs[1] = backend.NewArena(slots, inputSize)
	l.outs, errs[2] = backend.NewArena(slots, outSize)
	l.exchanges, errs[3] = newExchanges(slots, c.Observer, observedLoop{l.number, &l.clock, l.engine})
	l.bodies, errs[4] = newBodies(len(l.exchanges.all), streams, &l.files, l.engine, pool)
	l.planner = newPlanner(sites, &l.files, l.bodies, &l.clock)
	l.planner.accept = l.planner.acceptCoding
	return errors.Join(errs[:]...)
}

// share divides total among n, as evenly as it goes.
func share(total, n, i int) int {
	part := total / n
	if i < total%n {
		part++
	}
	return min(part, backend.MaxSlots)
}

// run serves until the server is told to end, or the engine fails.
func (l *loop) run() error {
	for !l.ended() {
		if err := l.turn(); err != nil {
			return err
		}
	}
	return nil
}

// turn waits for completions, steps the connections they belong to, and ends
// those whose time is up.
func (l *loop) turn() error {
	if err := l.engine.Wait(l.timeout()); err != nil {
		return err
	}
	if second := l.clock.tick(); second {
		l.trim()
	}
	l.files.Sweep(l.now())
	for {
		c, ok := l.engine.Next()
		if !ok {
			break
		}
		l.step(c)
	}
	if l.bodies.made.busy() {
		l.takeNotes()
	}
	for {
		slot, d := l.deadlines.expired(l.now())
		if slot == none {
			break
		}
		l.missed(&l.conns[slot], d)
	}
	l.obey()
	return nil
}

// now is the time of this turn, in nanoseconds of the loop's clock.
func (l *loop) now() int64 { return l.clock.now() }

const (
	warmBuffers = 64  // of each kind keep their memory
	trimAtOnce  = 256 // of each kind lose it in one turn: about 100 µs
)

// trim gives back what a burst of connections has left, once a second.
func (l *loop) trim() {
	for _, a := range [...]*backend.Arena{l.inputs.Arena, l.outs, l.bodies.buffers.arena} {
		a.Trim(warmBuffers, trimAtOnce)
	}
}

// timeout is how long the engine may wait.
func (l *loop) timeout() time.Duration {
	timeout := l.deadlines.next(l.now())
	if due := l.files.Due(l.now()); due >= 0 && (timeout < 0 || due < timeout) {
		timeout = due
	}
	if l.draining {
		left := time.Duration(max(l.drainUntil-l.now(), 0))
		if timeout < 0 || left < timeout {
			timeout = left
		}
	}
	return timeout
}

// obey carries out what another thread has asked for, and ends what a drain
// has left when its time is up.
func (l *loop) obey() {
	if asked := l.control.reports.Load(); asked != l.reports {
		l.reports = asked
		l.config.Log.Info("counters", "loop", l.number, "connections", l.open, "engine", l.engine.Counters())
	}
	if given := l.control.given(); given != l.obeyed {
		l.obeyed = given
		l.drain()
		if given == stopNow {
			l.drainUntil = l.now()
		}
	}
	if l.draining && l.now() >= l.drainUntil {
		l.eachOpen(func(c *conn) { l.abandon(c, Drained) })
		l.drainUntil = l.now() + int64(time.Second) // for what is still in flight
	}
}

// drain stops accepting, ends the connections that wait for a request, and
// lets the others finish the one they have.
func (l *loop) drain() {
	if l.draining {
		return
	}
	l.draining = true
	l.drainUntil = l.now() + int64(l.config.DrainTimeout)
	l.engine.StopAccepting()
	l.eachOpen(func(c *conn) {
		if c.state == readHead && c.in.buffer == none {
			l.abandon(c, Drained)
		}
	})
}

// eachOpen calls f for every connection that is not being closed.
func (l *loop) eachOpen(f func(*conn)) {
	for i := range l.conns {
		if c := &l.conns[i]; c.state != free && c.state != closing {
			f(c)
		}
	}
}

// ended says that the server is to end and this loop's connections have.
func (l *loop) ended() bool { return l.draining && l.open == 0 }

// destroy frees all that the loop holds; connections still open are cut.
func (l *loop) destroy() {
	if l.bodies != nil {
		l.bodies.made.stop()
	}
	if l.engine != nil {
		if err := l.engine.Destroy(); err != nil {
			l.warn("closing the engine", err)
		}
	}
	for i := range l.conns {
		if c := &l.conns[i]; c.state != free {
			c.outcome = Drained
			l.endExchanges(c)
		}
	}
	if l.bodies != nil {
		l.bodies.destroy()
	}
	l.files.Destroy()
	for _, a := range [...]*backend.Arena{l.inputs.Arena, l.outs} {
		if a != nil {
			_ = a.Destroy()
		}
	}
	backend.UnmapArray(l.conns)
	l.conns = nil
	l.exchanges.destroy()
}

// warn logs trouble that is the machine's or the operator's, never a peer's:
// at most once a second, with the number of warnings passed over.
func (l *loop) warn(msg string, err error) {
	if now := l.clock.read(); now.Sub(l.warned) >= warnPause {
		l.warned = now
		l.config.Log.Warn(msg, "err", err, "suppressed", l.suppressed)
		l.suppressed = 0
		return
	}
	l.suppressed++
}

// warnFile is warn about a file that is being sent.
func (l *loop) warnFile(file int32, err error) {
	l.warn("sending "+l.files.Name(file), err)
}
