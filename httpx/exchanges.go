// The exchanges of a loop: conn.go begins and ends them, wire.go credits them,
// they are counted, and an observer is told.

package httpx

import (
	"aws/backend"
	"aws/httpx/message"
)

// maxGathered bounds the gathered responses of a loop: it is the number of
// exchanges beyond one for each slot.
const maxGathered = 1024

// exchanges are the exchanges of a loop. An HTTP/1 connection uses the one of its
// slot, and spare ones while older responses wait to be sent.
type exchanges struct {
	all      []exchange
	slots    int     // this many, the first, belong to slots
	spare    []int32 // the free ones among the others
	observer Observer
	follower Follower // the observer, if it is one
	keeper   keeper   // for the observer
	loop     observedLoop
	counters *counters
}

func newExchanges(slots int, c *Config, l observedLoop, counted *counters) (e exchanges, err error) {
	e.slots, e.loop, e.counters = slots, l, counted
	e.tell(c.Observer)
	if e.all, err = backend.MapArray[exchange](slots + maxGathered); err != nil {
		return e, err
	}
	if c.Observer != nil {
		e.keeper, err = newKeeper(len(e.all), c.Keep)
	}
	e.spare = make([]int32, maxGathered)
	for i := range e.spare {
		e.spare[i] = int32(slots + maxGathered - 1 - i)
	}
	return e, err
}

// tell makes o the observer.
func (e *exchanges) tell(o Observer) {
	e.observer = o
	e.follower, _ = o.(Follower)
}

func (e *exchanges) destroy() {
	backend.UnmapArray(e.all)
	e.keeper.destroy()
}

// at is exchange i.
func (e *exchanges) at(i int32) *exchange { return &e.all[i] }

// slotOf is the slot of the connection of exchange i.
func (e *exchanges) slotOf(i int32) uint32 { return e.all[i].token.Slot() }

// take returns a free exchange for a connection: the one of its slot if that is
// free.
func (e *exchanges) take(slot uint32) int32 {
	if !e.all[slot].open {
		return int32(slot)
	}
	n := len(e.spare) - 1
	backend.Assert(n >= 0, "httpx: a request without an exchange")
	i := e.spare[n]
	e.spare = e.spare[:n]
	return i
}

// canTake says that take will find a free exchange.
func (e *exchanges) canTake(slot uint32) bool { return !e.all[slot].open || len(e.spare) > 0 }

// begin begins an exchange. received is what has arrived of its request, from
// its first byte, which came at start. A nil r is a request that could not be
// understood: only its method is used.
func (e *exchanges) begin(t backend.Token, listener uint16, start int64, received []byte, r *message.Request) (i int32) {
	i = e.take(t.Slot())
	x := &e.all[i]
	*x = exchange{token: t, listener: listener, younger: none, open: true, start: start}
	switch {
	case r != nil:
		x.method = r.Method
	case message.IsHEAD(received):
		x.method = message.MethodHead
	}
	if x.method == message.MethodHead {
		x.flags |= headOnly
	}
	e.loop.clients.begin(i)
	if e.observer != nil {
		if r != nil && e.loop.clients.origins != nil { // later its head is gone
			e.loop.clients.of(i, x, r)
		}
		e.keeper.begin(i, received, r)
		if e.follower != nil {
			e.follower.Begun(e.observed(i))
		}
	}
	return i
}

// credit counts n bytes of the response that the kernel has taken.
func (e *exchanges) credit(i int32, n int64) {
	x := &e.all[i]
	first := x.sent == 0 && n > 0
	x.sent += n
	if !first {
		return
	}
	now := e.loop.clock.now()
	e.counters.firstByte(x, now)
	if e.observer != nil {
		e.keeper.of(i).first = now
		if e.follower != nil {
			e.follower.FirstByte(e.observed(i))
		}
	}
}

// comesFrom notes where some bytes of the response came from.
func (e *exchanges) comesFrom(i int32, s Source) {
	if e.observer != nil {
		kept := e.keeper.of(i)
		kept.source = max(kept.source, s)
	}
}

// end ends an exchange and returns the next one of its connection, or none.
func (e *exchanges) end(i int32, o Outcome) (younger int32) {
	x := &e.all[i]
	backend.Assert(x.open, "httpx: an exchange ends twice")
	e.counters.ended(x, o, e.loop.clock.now())
	if e.observer != nil {
		seen := e.observed(i)
		seen.outcome = o
		e.observer.Ended(seen)
		e.keeper.end(i)
	}
	x.open = false
	if int(i) >= e.slots {
		e.spare = append(e.spare, i)
	}
	return x.younger
}

// count is how many exchanges are open, if so many slots have been used.
func (e *exchanges) count(used int) (n int) {
	for i := range e.all[:used] {
		if e.all[i].open {
			n++
		}
	}
	return n + maxGathered - len(e.spare)
}

// observed is what an observer sees of an exchange.
func (e *exchanges) observed(i int32) Exchange {
	return Exchange{x: &e.all[i], kept: e.keeper.of(i), loop: &e.loop}
}
