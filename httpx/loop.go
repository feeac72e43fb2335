// A loop: it waits for completions and deadlines and hands them to conn.go.

package httpx

import (
	"errors"
	"sync/atomic"
	"time"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/offload"
)

// loop serves connections on one thread with one engine. It shares nothing else with
// the other loops.
type loop struct {
	*shared
	number int
	engine backend.Backend
	clock  clock

	conns     []conn        // by slot
	requests  []requestBody // by slot
	used      int           // slots that have been used: none after them has
	open      int           // connections
	clients   clients
	exchanges exchanges
	bodies    *bodies // by exchange
	files     files.Table
	guard     *guard // or nil, if nothing needs a password
	planner   planner
	deadlines deadlines
	queues    sendQueues
	limits    *limits // or nil, if there are none
	postponed int     // turns in which deadlines had passed and were not judged

	minRate    int64  // Config.MinRate
	stallLooks uint32 // see Config.stallLooks

	inputs inputs
	outs   *backend.Arena // composed responses
	starts headStarts
	held   held

	counters counters
	asked    atomic.Pointer[answer] // by Snapshot, until it is answered
	top      *top                   // what is asked for most, or nil if nobody watches

	gone       bool // the engine is being destroyed: see Server.mu
	draining   bool
	stopped    bool
	drainUntil int64
	left       int // connections that control.left has of this loop

	warned     time.Time // when a warning was last logged
	suppressed uint64    // counters.suppressed at that time

	request message.Request // scratch space for one step
}

// warnPause is how long one warning keeps a loop from logging the next.
const warnPause = time.Second

// newLoop makes a loop with an engine of its own.
func newLoop(s *shared, number int, listeners []int) (*loop, error) {
	l := &loop{shared: s, number: number}
	l.minRate, l.stallLooks = int64(s.config.MinRate), s.config.stallLooks()
	l.clock.start(time.Now)
	opts := s.config.EngineOptions()
	opts.Listeners, opts.Budget, opts.Loop, opts.Warn = listeners, s.budget, number, l.warn
	if err := l.openAll(opts); err != nil {
		l.destroy()
		return nil, err
	}
	return l, nil
}

// openAll opens and maps all that the loop works with.
func (l *loop) openAll(opts backend.Options) (err error) {
	c, slots, streams := l.config, opts.Slots, opts.Reads
	if l.files, err = files.NewTable(files.Options{
		Limit: share(c.OpenFiles, c.Loops, l.number), TTL: c.FileCacheTTL, Idle: c.OpenFileIdle, Roots: l.sites.Roots, Mounts: l.mounts, Hashes: l.hashes,
		Askers: slots + maxGathered, Patience: c.LookUpTimeout, Wake: func() { _ = l.engine.Wake() }, Trouble: c.trouble,
		Warn: l.warn, Log: c.Log.With("loop", l.number),
	}); err != nil {
		return err
	}
	if l.engine, err = c.Open(opts); err != nil {
		return err
	}
	pool := offload.NewPool[note](l.crew, func() { _ = l.engine.Wake() })
	var errs [10]error
	l.conns, errs[0] = backend.MapArray[conn](slots)
	l.inputs.Arena, errs[1] = backend.NewArena(slots, inputSize)
	l.outs, errs[2] = backend.NewArena(slots, outSize)
	l.counters.sites = make([][methods][classes]uint64, len(l.sites.All()))
	l.exchanges, errs[3] = newExchanges(slots, c, observedLoop{l.number, &l.clock, &l.clients}, &l.counters)
	l.clients, errs[8] = newClients(l.engine, l.listeners, c.TrustedProxies, slots, len(l.exchanges.all))
	l.bodies, errs[4] = newBodies(len(l.exchanges.all), streams, &l.files, l.engine, pool, l.memory, l.pages)
	l.deadlines, errs[5] = newDeadlines(slots, [deadlineKinds]time.Duration{
		headerDeadline: c.HeaderTimeout,
		idleDeadline:   c.IdleTimeout,
		stallDeadline:  c.stallLook(),
		lookUpDeadline: c.LookUpTimeout,
		bodyDeadline:   c.bodyLook(),
		lingerDeadline: lingerTimeout, deliveryDeadline: deliveryLook,
	})
	l.requests, errs[6] = backend.MapArray[requestBody](slots)
	l.queues = newSendQueues(c.Memory, c.Loops)
	if l.allLimits != nil {
		l.bodies.piece = c.Limits.pieceSize()
		l.limits, errs[9] = newLimits(l.allLimits, &c.Limits, slots, l.clock.epoch)
	}
	l.planner = newPlanner(l.sites, &l.files, l.bodies, &l.clock, l.pages)
	l.planner.accept, l.planner.ending = l.planner.acceptCoding, l.control.ending
	l.planner.clients, l.planner.exchanges = &l.clients, &l.exchanges
	if len(l.passwords) > 0 {
		l.guard, errs[7] = newGuard(len(l.exchanges.all), l.passwords, l.checker, func() { _ = l.engine.Wake() })
		l.planner.guard = l.guard
	}
	return errors.Join(errs[:]...)
}

// share is the i-th of n shares of total, which are as even as they can be.
func share(total, n, i int) int {
	part := total / n
	if i < total%n {
		part++
	}
	return min(part, backend.MaxSlots)
}

// run serves until the server is to end, or the engine fails.
func (l *loop) run() error {
	for !l.ended() {
		if err := l.turn(); err != nil {
			return err
		}
	}
	return nil
}

// turn waits for completions, steps their connections, and acts on missed
// deadlines.
func (l *loop) turn() error {
	if err := l.engine.Wait(l.timeout()); err != nil {
		return err
	}
	second := l.clock.tick()
	if second {
		l.arenas().trim()
		l.bodies.retry()
	}
	l.files.Sweep(l.now())
	taken := l.takeBatch()
	if l.bodies.made.busy() {
		l.collectNotes()
	}
	if l.files.Calling() {
		l.takeFileEvents()
	}
	if l.guard != nil && l.guard.busy() {
		l.takeVerdicts()
	}
	if l.canJudge(taken) {
		l.judge()
	}
	if l.limits != nil {
		l.takeTurns()
	}
	l.countMemory(second)
	l.shed()
	l.recall()
	l.counters.turns++
	l.counters.completions += uint64(taken)
	l.counters.turnEnds(&l.clock)
	l.obey()
	return nil
}

// countMemory counts what the loop holds, and warns if clients cannot have what they
// need.
func (l *loop) countMemory(second bool) {
	l.held.count(l.memory, l.inputs.pages, second)
	if l.bodies.buffers.short {
		l.bodies.buffers.short = false
		l.warnNoMemory()
	}
}

// takeBatch takes the completions of a batch and returns how many there were.
func (l *loop) takeBatch() (taken int) {
	for {
		c, ok := l.engine.Next()
		if !ok {
			return taken
		}
		l.step(c)
		taken++
	}
}

// maxPostponed is how many turns in a row the deadlines may be left unjudged.
const maxPostponed = 64

// canJudge reports whether a deadline has passed, and is the client's to answer
// for. If the loop comes late itself, because the process was stopped or has more
// to do than it can, what clients sent in time may not have been taken yet. So
// deadlines wait for a turn that had nothing to take. On a server that always has
// something, they wait for a few.
func (l *loop) canJudge(taken int) bool {
	if l.deadlines.untilNext(l.now()) != 0 {
		l.postponed = 0
		return false
	}
	if taken > 0 && l.postponed < maxPostponed {
		l.postponed++
		return false
	}
	l.postponed = 0
	return true
}

// shed closes the connection that has been idle longest, if a client waits for a
// place. One whose next request has arrived is not idle.
func (l *loop) shed() {
	const tries = 8
	if l.untilShed() != 0 {
		return
	}
	slot := l.deadlines.lists[idleDeadline].First
	for range tries {
		if slot == none || l.deadlines.untilUnspared(slot, l.now()) > 0 {
			return
		}
		if c := &l.conns[slot]; l.engine.Unread(c.token) == 0 {
			l.counters.shed++
			l.closeDelivered(c)
			return
		}
		slot = l.deadlines.links[slot].Next
	}
}

// untilShed returns the time until a connection may be closed for another: 0 if one
// may, below 0 if no client waits or none is idle.
func (l *loop) untilShed() time.Duration {
	first := l.deadlines.lists[idleDeadline].First
	if first == none || !l.budget.Short() {
		return -1
	}
	return l.deadlines.untilUnspared(first, l.now())
}

// judge ends what has missed its deadline.
func (l *loop) judge() {
	for {
		slot, d := l.deadlines.expired(l.now())
		if slot == none {
			return
		}
		l.missed(&l.conns[slot], d)
	}
}

// now is the time of this turn, in nanoseconds of the loop's clock.
func (l *loop) now() int64 { return l.clock.now() }

// arenas are those whose buffers come and go with connections.
func (l *loop) arenas() arenas {
	return arenas{[...]*backend.Arena{l.inputs.Arena, l.outs, l.exchanges.keeper.pages}, &l.bodies.buffers}
}

// timeout is how long the engine may wait.
func (l *loop) timeout() time.Duration {
	timeout := sooner(l.deadlines.untilNext(l.now()), l.files.Due(l.now()))
	timeout = sooner(timeout, l.arenas().untilTrim())
	timeout = sooner(timeout, l.untilShed())
	timeout = sooner(timeout, l.bodies.untilRecall(l.now()))
	if l.limits != nil {
		timeout = sooner(timeout, l.limits.untilTurn(l.now()))
	}
	if l.draining {
		timeout = sooner(timeout, time.Duration(max(l.drainUntil-l.now(), 0)))
	}
	return timeout
}

// sooner is the shorter of two times, of which one below 0 stands for none.
func sooner(a, b time.Duration) time.Duration {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// destroy cuts the connections still open and frees all that the loop holds.
func (l *loop) destroy() {
	if l.bodies != nil {
		l.bodies.made.stop()
	}
	l.files.Stop()
	if l.guard != nil {
		l.guard.destroy()
	}
	for i := range l.used { // while the engine lives: an observer may ask it for a peer
		if c := &l.conns[i]; c.state != free {
			if c.state != closing {
				c.outcome = Drained
			}
			l.endExchanges(c)
		}
	}
	if l.engine != nil {
		if err := l.engine.Destroy(); err != nil {
			l.warn("closing the engine", err)
		}
	}
	if l.bodies != nil {
		l.bodies.destroy(l.used)
	}
	l.files.Destroy()
	for _, a := range [...]*backend.Arena{l.inputs.Arena, l.outs} {
		if a != nil {
			_ = a.Destroy()
		}
	}
	backend.UnmapArray(l.conns)
	backend.UnmapArray(l.requests)
	l.conns = nil
	l.exchanges.destroy()
	l.clients.destroy()
	l.deadlines.destroy()
	if l.limits != nil {
		l.limits.destroy()
	}
}

// warn logs trouble with the machine or its set-up, never with a peer. It logs at
// most once a second, with the number of warnings suppressed.
func (l *loop) warn(msg string, err error) {
	count := &l.counters
	count.warnings++
	if now := l.clock.read(); now.Sub(l.warned) >= warnPause {
		l.warned = now
		l.config.Log.Warn(msg, "err", err, "suppressed", count.suppressed-l.suppressed)
		l.suppressed = count.suppressed
		return
	}
	count.suppressed++
}

// warnNoMemory warns that clients wait or are refused.
func (l *loop) warnNoMemory() { l.warn("clients wait or are refused", errNoMemory) }

// warnFile warns about a file that is being sent.
func (l *loop) warnFile(file int32, err error) {
	l.warn("sending "+l.files.Name(file), err)
}
