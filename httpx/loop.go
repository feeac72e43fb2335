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
	server *Server
	number int
	engine backend.Backend
	sites  *site.Sites

	clock     clock
	conns     []conn // by slot
	open      int    // connections
	exchanges exchanges
	deadlines deadlines
	files     files.Table

	observer Observer      // nil: nobody is told
	lines    []requestLine // by exchange, for the observer

	inputs  *backend.Arena // saved input
	outs    *backend.Arena // responses, composed and not yet sent
	streams *backend.Arena // stream buffers, page-aligned for O_DIRECT

	reads     []reader     // by stream buffer: who the read into it is for
	waiting   backend.List // exchanges that wait for a stream buffer
	waitLinks []backend.Link
	readAhead int // stream buffers that reading ahead leaves to others

	parts      []partSet // of bodies that have several
	freeParts  []int32
	boundaries message.Boundaries

	makers     []maker // of bodies that are made while they are sent
	freeMakers []int32
	pool       *offload.Pool[note]    // their goroutines
	accept     func(...string) string // acceptCoding

	copyBelow int64 // Config.CopyBelow

	gone       bool    // the engine has been destroyed; see Server.mu
	obeyed     command // the last command carried out
	reports    uint32  // of Server.reports, those made
	draining   bool
	drainUntil int64

	warned     time.Time // when a warning was last logged
	suppressed int       // warnings not logged since

	// Scratch space of one step.
	request  message.Request
	planned  plan
	response response
	text     []byte // what next has yielded
	path     [message.MaxTarget]byte
	tried    [message.MaxTarget + files.MaxPath]byte
	codings  [message.NumCodings]message.Coding
}

const (
	// lingerTimeout is how long a connection that we have closed is read on.
	lingerTimeout = 5 * time.Second
	// maxStreams bounds a loop's stream buffers, and so its reads in flight.
	maxStreams = 512
	// warnPause is how long one warning keeps a loop from logging the next.
	warnPause = time.Second
)

var errShrunk = errors.New("the file has become shorter while it was being sent")

// newLoop makes the loop of this number, over an engine of its own.
func newLoop(s *Server, number int, listeners []int) (*loop, error) {
	slots := share(s.config.Connections, s.config.Loops, number)
	streams := min(maxStreams, slots)
	l := &loop{
		server:    s,
		number:    number,
		sites:     s.sites,
		deadlines: newDeadlines(slots, &s.config),
		observer:  s.config.Observer,
		reads:     make([]reader, streams),
		waiting:   backend.NewList(),
		waitLinks: make([]backend.Link, slots+maxGathered),
		readAhead: streams/4 + 1,
		copyBelow: int64(s.config.CopyBelow),
	}
	l.clock.start(time.Now)
	var errs [8]error
	l.exchanges, errs[6] = newExchanges(slots)
	if l.observer != nil {
		l.lines, errs[7] = backend.MapArray[requestLine](len(l.exchanges.all))
	}
	l.files, errs[5] = files.NewTable(share(s.config.OpenFiles, s.config.Loops, number), s.config.FileCacheTTL, s.sites.Roots)
	l.conns, errs[4] = backend.MapArray[conn](slots)
	l.inputs, errs[0] = backend.NewArena(slots, inputSize)
	l.outs, errs[1] = backend.NewArena(slots, outSize)
	l.streams, errs[2] = backend.NewArena(streams, bufferSize)
	l.engine, errs[3] = s.config.Open(backend.Options{
		Listeners: listeners,
		Slots:     slots,
		Reads:     streams,
		Loop:      number,
		Warn:      l.warn,
	})
	if err := errors.Join(errs[:]...); err != nil {
		l.destroy()
		return nil, err
	}
	l.makeRoom()
	for i := range l.reads {
		l.reads[i] = noReader
	}
	return l, nil
}

// makeRoom allocates what responses take that are more than a file.
func (l *loop) makeRoom() {
	l.pool = offload.NewPool[note](l.server.crew, func() { _ = l.engine.Wake() })
	l.boundaries.Seed(message.RandomSeed())
	l.accept = l.acceptCoding
	l.parts = make([]partSet, maxParted)
	for i := range l.parts {
		l.freeParts = append(l.freeParts, int32(i))
	}
	l.makers = make([]maker, maxMakers)
	for i := range l.makers {
		l.freeMakers = append(l.freeMakers, int32(i))
	}
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
	for {
		c, ok := l.engine.Next()
		if !ok {
			break
		}
		l.step(c)
	}
	if len(l.freeMakers) < len(l.makers) {
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
	for _, a := range [...]*backend.Arena{l.inputs, l.outs, l.streams} {
		a.Trim(warmBuffers, trimAtOnce)
	}
}

// timeout is how long the engine may wait.
func (l *loop) timeout() time.Duration {
	timeout := l.deadlines.next(l.now())
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
	if asked := l.server.reports.Load(); asked != l.reports {
		l.reports = asked
		l.server.config.Log.Info("counters", "loop", l.number, "connections", l.open, "engine", l.engine.Counters())
	}
	if given := l.server.given(); given != l.obeyed {
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
	l.drainUntil = l.now() + int64(l.server.config.DrainTimeout)
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
	for i := range l.makers {
		if m := &l.makers[i]; m.running && m.exchange != none {
			close(m.gone)
		}
	}
	if l.pool != nil {
		l.pool.Wait()
	}
	for i := range l.makers {
		l.makers[i].running = false
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
	for _, r := range l.reads {
		if r.exchange == none && r.file != none {
			l.files.Release(r.file)
		}
	}
	l.files.Destroy()
	for _, a := range []*backend.Arena{l.inputs, l.outs, l.streams} {
		if a != nil {
			_ = a.Destroy()
		}
	}
	backend.UnmapArray(l.conns)
	backend.UnmapArray(l.exchanges.all)
	backend.UnmapArray(l.lines)
	l.conns = nil
}

// warn logs trouble that is the machine's or the operator's, never a peer's:
// at most once a second, with the number of warnings passed over.
func (l *loop) warn(msg string, err error) {
	if now := l.clock.read(); now.Sub(l.warned) >= warnPause {
		l.warned = now
		l.server.config.Log.Warn(msg, "err", err, "suppressed", l.suppressed)
		l.suppressed = 0
		return
	}
	l.suppressed++
}

// warnFile is warn about a file that is being sent.
func (l *loop) warnFile(file int32, err error) {
	l.warn("sending "+l.files.Name(file), err)
}
