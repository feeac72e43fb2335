// Limits for each client and for each connection: how much of them there is, and when it
// is used up. What comes of that is limiting.go's.
//
//	accepted ─► arrives, isFrom: a place in the table of all loops (package limit)
//	request  ─► admits: its buckets     respond ─► isLast: Connection: close
//	proceed  ─► reserve: when its turn to send comes (pacing.go)
//	closed   ─► leaves
//
// A server without limits has none of this. With some, the loop keeps a record of each
// connection beside it.

package httpx

import (
	"errors"
	"math"
	"time"

	"aws/backend"
	"aws/httpx/limit"
)

// allLimits is what the loops share of them.
type allLimits struct {
	clients  *limit.Table // or nil, if nothing is counted for each
	requests limit.Bucket
	bytes    limit.Bucket
	epoch    time.Time // of their clock
}

// newAllLimits returns nil if there is no limit. connections are those of all loops.
func newAllLimits(c *Limits, connections int) (a *allLimits, err error) {
	if !c.any() {
		return nil, nil
	}
	a = &allLimits{epoch: time.Now()}
	if c.forClients() {
		a.clients, err = limit.NewTable(2 * connections)
	}
	return a, err
}

// limits are those of a loop.
type limits struct {
	*Limits
	all    *allLimits
	paced  bool  // some of what is sent is limited
	piece  int64 // bytes that a connection sends in a turn, at most
	skewed int64 // from the loop's clock to the one of allLimits, in nanoseconds
	conns  []limited
	wheel  wheel // connections that wait for their turn to send

	ages  backend.List // connections by age, the oldest first
	links []backend.Link

	refused uint64 // requests and connections
	warned  int64  // when it was last logged, by the loop's clock, or 0
}

// limited is what is known of a connection.
type limited struct {
	end    int64        // when it has reached its age, by the loop's clock
	bytes  limit.Bucket // of the connection alone
	credit int64        // bytes that may be sent; below 0, bytes sent without having been reserved
	home   int32        // the place that the connection is counted at, or none
	client int32        // the place of whom its requests are from, or none
	left   uint32       // requests that it may have
	ahead  int32        // requests whose responses wait to be sent together
	exempt bool         // from what Limits.Exempt says
	relays bool         // it is a trusted proxy's, and carries requests of several clients
	over   bool         // its client has too many
	last   bool         // it ends after the current request
	ages   bool         // on the list
}

func newLimits(all *allLimits, c *Limits, slots int, epoch time.Time) (m *limits, err error) {
	m = &limits{Limits: c, all: all, paced: c.paces(), piece: c.pieceSize(), skewed: int64(epoch.Sub(all.epoch)), ages: backend.NewList()}
	var errs [3]error
	m.conns, errs[0] = backend.MapArray[limited](slots)
	if m.paced {
		m.wheel, errs[1] = newWheel(slots)
	}
	if c.MaxAge > 0 {
		m.links, errs[2] = backend.MapArray[backend.Link](slots)
	}
	return m, errors.Join(errs[:]...)
}

func (m *limits) destroy() {
	backend.UnmapArray(m.conns)
	backend.UnmapArray(m.links)
	m.wheel.destroy()
}

// begins begins the record of a connection. Until it arrives it is exempt.
func (m *limits) begins(slot int32, now int64) {
	c := &m.conns[slot]
	*c = limited{end: math.MaxInt64, left: math.MaxUint32, home: none, client: none, exempt: true}
	if m.Requests > 0 {
		c.left = uint32(min(m.Requests, math.MaxUint32))
	}
	if m.MaxAge > 0 {
		c.end, c.ages = now+int64(m.MaxAge), true
		m.ages.PushBack(m.links, slot)
	}
}

// arrives counts a connection of a client, once, when it is known whose it is, and says
// that it may come in. A client that has too many is told so, by the first requests of as
// many connections as it may have; all others are to be closed.
func (m *limits) arrives(slot int32, from backend.Address, now int64) bool {
	if !m.exempts() {
		return true
	}
	m.isFrom(slot, from, now)
	c := &m.conns[slot]
	if c.exempt || m.Connections == 0 {
		return true
	}
	n := m.all.clients.Connect(c.client, 2*m.Connections)
	if n > 0 {
		c.home, c.over = c.client, n > m.Connections
	}
	return n > 0
}

// relays says that a connection is a trusted proxy's. It is not counted. Its requests are:
// for each of them isFrom says whose it is.
func (m *limits) relays(slot int32) { m.conns[slot].relays = m.exempts() }

// isFrom says whom what follows on a connection is from.
func (m *limits) isFrom(slot int32, from backend.Address, now int64) {
	c := &m.conns[slot]
	if c.client != none {
		m.all.clients.Unpin(c.client)
		c.client = none
	}
	c.credit, c.exempt = 0, !from.IsKnown() || m.Exempt.Contains(from)
	if !c.exempt && m.all.clients != nil {
		c.client = m.all.clients.Pin(from, now+m.skewed)
	}
}

// leaves ends the record of a connection.
func (m *limits) leaves(slot int32) {
	c := &m.conns[slot]
	m.noAge(slot)
	if c.home != none {
		m.all.clients.Disconnect(c.home)
		c.home = none
	}
	if c.client != none {
		m.all.clients.Unpin(c.client)
		c.client = none
	}
}

// admits counts a request, and says why it is to be refused, if it is, and how many
// nanoseconds the client is to wait before it comes again.
func (m *limits) admits(slot int32, now int64) (why reason, wait int64) {
	c := &m.conns[slot]
	c.left--
	c.last = c.left == 0 || now >= c.end || c.over
	switch {
	case c.exempt:
		return noReason, 0
	case c.over:
		return manyConnections, int64(time.Second)
	}
	now += m.skewed
	if r := &m.ClientRate; r.On() {
		if wait = m.all.clients.Requests(c.client).Take(r, now); wait > 0 {
			return manyOfClient, wait
		}
	}
	if r := &m.Rate; r.On() {
		if wait = m.all.requests.Take(r, now); wait > 0 {
			return manyRequests, wait
		}
	}
	return noReason, 0
}

// isLast says that the connection ends after the current response.
func (m *limits) isLast(slot int32) bool { return m.conns[slot].last }

// isOld says that the connection has reached its age.
func (m *limits) isOld(slot int32, now int64) bool { return now >= m.conns[slot].end }

// gathers counts a response that is to wait for the next one, unless enough wait. first
// says that none does yet.
func (m *limits) gathers(slot int32, first bool) bool {
	if m.Pipelined == 0 {
		return true
	}
	c := &m.conns[slot]
	if first {
		c.ahead = 0
	}
	c.ahead++
	return int(c.ahead) < m.Pipelined
}

// waits says that the connection waits for its turn to send.
func (m *limits) waits(slot int32) bool { return m.paced && m.wheel.has(slot) }

// untilOld is the time until the next connection reaches its age, or below 0.
func (m *limits) untilOld(now int64) time.Duration {
	if m.ages.Empty() {
		return -1
	}
	return time.Duration(max(m.conns[m.ages.First].end-now, 0))
}

// nextOld takes a connection that has reached its age off the list, or returns none.
func (m *limits) nextOld(now int64) (slot int32) {
	if m.untilOld(now) != 0 {
		return none
	}
	slot = m.ages.First
	m.noAge(slot)
	return slot
}

func (m *limits) noAge(slot int32) {
	if c := &m.conns[slot]; c.ages {
		c.ages = false
		m.ages.Remove(m.links, slot)
	}
}
