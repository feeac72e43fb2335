package simio

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"aws/backend"
)

// ErrDeadlock is what Wait without a timeout returns when nothing can ever
// complete: only the clients could change that, and they have nothing to do. The
// error that wraps it lists what is in flight.
var ErrDeadlock = errors.New("simio: deadlock: nothing will ever complete")

// earlyPerBatch bounds how many results known at submission one batch takes in,
// so that the batch of a loop that always submits again comes to an end.
const earlyPerBatch = 64

// Wait implements backend.Backend without ever sleeping. With nothing to do
// it turns the clock forward to the next thing that is due, by timeout at most.
// Where a real engine would sleep for ever it returns ErrDeadlock.
func (e *Engine) Wait(timeout time.Duration) error {
	e.endLoan()
	e.counters.Waits++
	e.now += tick
	if e.Clients != nil {
		e.Clients()
	}
	e.collect()
	e.batch, e.early = 0, earlyPerBatch
	if e.chance(e.p.EmptyWait) {
		return nil
	}
	if len(e.ready) == 0 && timeout != 0 {
		if err := e.idle(timeout); err != nil {
			return err
		}
	}
	e.woken.Store(false)
	e.batch = len(e.ready)
	if e.batch > 1 && e.chance(e.p.CutBatch) {
		e.batch = 1 + e.rng.IntN(e.batch)
	}
	return nil
}

// idle lets time pass until there is a result, Wake has been called, or
// timeout is over.
func (e *Engine) idle(timeout time.Duration) error {
	end := e.now + timeout
	for {
		more := e.Clients != nil && e.Clients()
		e.collect()
		if len(e.ready) > 0 || e.woken.Load() {
			return nil
		}
		next, found := e.nextDue()
		switch {
		case more:
			next = e.now + tick
		case !found && timeout < 0:
			return e.deadlock()
		case !found:
			next = end
		}
		if timeout > 0 && next >= end {
			e.now = end
			e.collect()
			return nil
		}
		e.now = next
	}
}

// collect accepts clients and queues the results of operations, slot by slot,
// and then of the reads.
func (e *Engine) collect() {
	e.endLookUps()
	e.accept()
	for slot := range e.slots.Fresh() {
		if e.slots.Taken(slot) {
			e.settle(&e.conns[slot].recv)
			e.settle(&e.conns[slot].send)
		}
	}
	for i := range e.reads {
		e.settle(&e.reads[i])
	}
}

func (e *Engine) accept() {
	called := e.account.Called()
	for i := 0; i < len(e.backlog) && !e.slots.Full() && !e.stopped; {
		a := e.backlog[i]
		if a.due > e.now {
			i++
			continue
		}
		if e.account.Waits() || !e.account.Take() {
			e.account.Wait()
			return
		}
		e.backlog = append(e.backlog[:i], e.backlog[i+1:]...)
		t := e.slots.Take()
		e.conns[t.Slot()] = conn{link: a.link}
		e.ready = append(e.ready, result{t, a.link.listener, backend.OpAccept})
		e.counters.Accepts++
		e.counters.Opened++
	}
	if called {
		e.account.Pass()
	}
}

// settle moves an operation on if its time has come.
func (e *Engine) settle(op *operation) {
	switch op.state {
	case waiting:
		if !e.possible(op) {
			return
		}
		if e.chance(e.p.Late) {
			op.state, op.due = held, e.now+e.delay()
			return
		}
		e.push(op)
	case held:
		if e.now >= op.due {
			e.push(op)
		}
	}
}

func (e *Engine) push(op *operation) {
	op.state = queued
	e.ready = append(e.ready, result{op.token, op.read, op.op})
}

// nextDue is when the next thing happens that only waits for its time.
func (e *Engine) nextDue() (due time.Duration, found bool) {
	consider := func(d time.Duration) {
		if d > e.now && (!found || d < due) {
			due, found = d, true
		}
	}
	if !e.slots.Full() && !e.stopped {
		for _, a := range e.backlog {
			consider(a.due)
		}
	}
	considerOperation := func(op *operation) {
		if op.state == waiting || op.state == held {
			consider(op.due)
		}
	}
	for slot := range e.slots.Fresh() {
		if e.slots.Taken(slot) {
			considerOperation(&e.conns[slot].recv)
			considerOperation(&e.conns[slot].send)
		}
	}
	for i := range e.reads {
		considerOperation(&e.reads[i])
	}
	for _, l := range e.lookUps {
		consider(l.due)
	}
	return due, found
}

// Next implements backend.Backend.
func (e *Engine) Next() (backend.Completion, bool) {
	e.endLoan()
	if e.batch == 0 {
		return backend.Completion{}, false
	}
	e.batch--
	r := e.ready[0]
	e.ready = e.ready[:copy(e.ready, e.ready[1:])]
	if r.op == backend.OpAccept {
		return backend.Completion{Token: r.token, N: int(r.index), Op: r.op}, true
	}
	return e.perform(r), true
}

func (e *Engine) deadlock() error {
	var inFlight []string
	for slot := range e.slots.Fresh() {
		if !e.slots.Taken(slot) {
			continue
		}
		what := []string{e.slots.Token(slot).String()}
		for _, op := range [...]*operation{&e.conns[slot].recv, &e.conns[slot].send} {
			if op.state != idle {
				what = append(what, op.op.String())
			}
		}
		inFlight = append(inFlight, strings.Join(what, " "))
	}
	return fmt.Errorf("%w: %d in the backlog, in flight: [%s]", ErrDeadlock, len(e.backlog), strings.Join(inFlight, ", "))
}
