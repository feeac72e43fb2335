// Limits at work: connections that are turned away or end, requests that are refused,
// transfers that wait. limits.go and pacing.go decide on it.

package httpx

import (
	"fmt"
	"time"

	"aws/backend"
	"aws/httpx/message"
)

// limitWarnPause is how long a loop logs nothing about limits after it has.
const limitWarnPause = int64(10 * time.Second)

// comesIn says that a connection may come in that has just been accepted. Otherwise it is
// closed.
func (l *loop) comesIn(c *conn) bool {
	l.limits.begins(c.slot(), l.now())
	if c.has(prologue) || l.arrives(c) { // before the prologue nobody knows whose it is
		return true
	}
	l.limits.leaves(c.slot())
	l.engine.Close(c.token)
	c.state = free
	return false
}

// arrives counts a connection of a client that is known now, and says that it may come in.
func (l *loop) arrives(c *conn) bool {
	from := l.clients.peer(c.token)
	if l.clients.trusted.Contains(from) {
		l.limits.relays(c.slot())
		return true
	}
	if l.limits.arrives(c.slot(), from, l.now()) {
		return true
	}
	l.counters.turnedAway++
	l.warnOver(manyConnections, from)
	return false
}

// isFrom finds out whom a request is from that a trusted proxy relays.
func (l *loop) isFrom(c *conn) {
	if m, slot := l.limits, c.slot(); m.conns[slot].relays {
		m.leavesLine(slot)
		m.isFrom(slot, l.clients.of(c.exchange, l.current(c), &l.request), l.now())
	}
}

// warnOver logs that a client has met a limit, now and then.
func (l *loop) warnOver(why reason, from backend.Address) {
	m := l.limits
	m.refused++
	if m.warned != 0 && l.now()-m.warned < limitWarnPause {
		return
	}
	m.warned = max(l.now(), 1)
	l.warn(fmt.Sprintf("over a limit: %s", why), fmt.Errorf("client %s, %d refused since the start", from.AppendClient(nil), m.refused))
}

// refuseOver refuses the request in b[:end] for a limit: see admits. The connection goes
// on, unless its client has too many. The page is one that can be had at once.
func (l *loop) refuseOver(c *conn, b []byte, end int, why reason, wait int64) (more bool) {
	l.counters.refuse(why)
	l.warnOver(why, l.clients.of(c.exchange, l.current(c), &l.request))
	r, x := &l.request, l.current(c)
	s := l.sites.Of(r.Host)
	x.site, x.origin = s.Number, s.CORS.NumberOf(r)
	if r.PrefersHTML() {
		x.flags |= prefersHTML
	}
	status := message.StatusTooManyRequests
	if why == manyRequests { // of all clients: it is not the fault of this one
		status = message.StatusUnavailable
	}
	l.planner.retryAfter = (wait + int64(time.Second) - 1) / int64(time.Second)
	response := l.errorResponse(c, status, readyPage)
	l.planner.retryAfter = 0
	return l.respondTo(c, response, b[end:])
}

// awaitsTurn says that a connection has to wait before it sends more. Its turn comes by
// takeTurns.
func (l *loop) awaitsTurn(c *conn) bool {
	m, slot := l.limits, c.slot()
	switch {
	case m.waits(slot):
		return true
	case !m.mayWait(slot):
		return false
	}
	b := l.bodies.at(c.exchange)
	n := int64(c.out.len()) + c.piece.length + b.left + int64(b.filled.len())
	if b.kind == madeBody || b.kind == partsBody { // and nobody knows how much more
		n = mostPiece
	}
	if n == 0 {
		return false
	}
	due := m.reserve(slot, n, l.now(), !b.buffered)
	if due <= l.now() {
		return false
	}
	l.counters.waited++
	m.wheel.add(slot, due, l.now())
	return true
}

// paces says that the connection reserves what it sends, so nothing is read ahead for it.
func (l *loop) paces(c *conn) bool {
	return l.limits != nil && l.limits.paced && !l.limits.conns[c.slot()].exempt
}

// takeTurns goes on with connections whose turn to send has come, and ends those that
// have reached their age and are idle. The others end after their response.
func (l *loop) takeTurns() {
	m := l.limits
	for slot := m.wheel.next(l.now()); slot != none; slot = m.wheel.next(l.now()) {
		if c := &l.conns[slot]; c.state == responding && !c.has(sending) {
			l.progress(c)
			l.proceed(c)
		}
	}
	for slot := m.nextOld(l.now()); slot != none; slot = m.nextOld(l.now()) {
		c := &l.conns[slot]
		if c.state == readHead && c.in.buffer == none && l.engine.Unread(c.token) == 0 {
			l.closeDelivered(c)
		}
	}
}

// untilTurn is the time until takeTurns has something to do, or below 0.
func (m *limits) untilTurn(now int64) time.Duration {
	return sooner(m.wheel.untilNext(now), m.untilOld(now))
}
