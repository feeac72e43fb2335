// HTTP/1: from received bytes to requests.
//
//	headReceived ─► serve ─► request ─► plan.go ─► respond (http1response.go)
//	                  ▲         └─► http1body.go ──────┘
//	                  └──────────── the next one, if it has arrived

package httpx

import (
	"aws/backend"
	"aws/httpx/message"
)

// inputSize holds the saved start of a head, less than MaxHead, and one more Recv.
const inputSize = message.MaxHead + backend.RecvSize

// headReceived takes the next bytes of a head, lent until the next completion.
func (l *loop) headReceived(c *conn, done backend.Completion) {
	if done.N <= 0 { // the end or an error, and half a head is no request
		if done.N < 0 || !c.owesMuch() || !l.delivers(c) {
			l.abandon(c, ClientGone)
		}
		return
	}
	b := done.Data
	c.received = l.clock.receive()
	if c.in.buffer != none {
		b = l.inputs.extend(&c.in, b)
	} else {
		c.headAt = l.now()
	}
	if c.has(prologue) {
		if b = l.takePrologue(c, b); len(b) == 0 {
			return
		}
	}
	l.serve(c, b)
}

// serve serves the requests in b, the saved input or lent bytes. It goes on to
// the next request as long as responses are gathered.
func (l *loop) serve(c *conn, b []byte) {
	for l.serveNext(c, b) {
		b = l.inputs.saved(&c.in)
		c.headAt = l.now()
	}
}

// serveNext serves the request at the start of b. It returns true if the response
// has been gathered: the next request has arrived and is to be served now.
func (l *loop) serveNext(c *conn, b []byte) (more bool) {
	c.state = readHead
	r := &l.request
	end, why := c.scan.Next(b, r)
	switch {
	case why != message.NotRefused:
		l.refuseHead(c, b, why.Status(), reason(why))
		return false
	case end == 0:
		l.awaitHead(c, b)
		return false
	case c.gathered > 0 && r.HasBody(): // the body may be long in coming
		l.transmitGathered(c)
		return false
	}
	l.begin(c, b, r).setRequest(r)
	if l.limits != nil {
		l.isFrom(c)
		if why, wait := l.limits.admits(c.slot(), l.now()); why != noReason {
			return l.refuseOver(c, b, end, why, wait)
		}
	}
	return l.decide(c, b, end)
}

// decide decides on the response to the request, which has been parsed from
// b[:end], and goes on with its body in b[end:]. If a look-up has to wait, b is
// saved until then.
func (l *loop) decide(c *conn, b []byte, end int) (more bool) {
	r := &l.request
	x := l.current(c)
	response := l.planner.decide(c.exchange, r, l.lookOf(c))
	if response == nil {
		x.setAsked(r, &l.planner.plan)
		l.awaitLookUp(c, b)
		return false
	}
	switch {
	case response.body.kind == madeBody || response.body.buffered || r.HasBody(): // it may yet be refused
		x.setAsked(r, &l.planner.plan)
	default: // hardly: what browsers would like to see is not worth a look
		x.site, x.origin = l.planner.plan.site.Number, l.planner.plan.origin
	}
	if l.top != nil {
		l.top.count(l.planner.plan.path, response.status)
	}
	if response.status >= message.StatusBadRequest {
		l.counters.refuse(l.planner.plan.reason())
	}
	return l.respondTo(c, response, b[end:])
}

// respondTo responds to the current request. rest is what has arrived after its head.
func (l *loop) respondTo(c *conn, response *response, rest []byte) (more bool) {
	r, x := &l.request, l.current(c)
	l.writeHead(c, x, response)
	if r.HasBody() {
		return l.bodyFollows(c, r, rest)
	}
	if l.held.short && len(rest) > 0 && c.in.buffer == none { // RFC 9112 §9.3.2: the client may ask again
		x.flags = x.flags&^keepAlive | unread
		rest = nil
	}
	l.inputs.keep(&c.in, rest)
	return l.respond(c)
}

// setRequest keeps what decides whether the connection stays open.
func (x *exchange) setRequest(r *message.Request) {
	switch {
	case r.KeepAlive:
		x.flags |= keepAlive
	case r.Method != message.MethodOther: // not CONNECT
		x.flags |= sendsNoMore
	}
	if r.Minor == 0 {
		x.flags |= http10
	}
}

// setAsked keeps what the response depends on if it comes to be an error after the
// head of the request has gone.
func (x *exchange) setAsked(r *message.Request, p *plan) {
	x.site, x.origin = p.site.Number, p.origin
	if r.PrefersHTML() {
		x.flags |= prefersHTML
	}
}

// awaitHead waits for the rest of a head. Gathered responses do not wait: they
// are sent first.
func (l *loop) awaitHead(c *conn, b []byte) {
	if l.held.short && c.gathered == 0 {
		l.warnNoMemory()
		l.refuseHead(c, b, message.StatusUnavailable, noMemoryLeft)
		return
	}
	l.inputs.keep(&c.in, b)
	if c.gathered > 0 {
		l.transmitGathered(c)
		return
	}
	if l.deadlines.kind[c.slot()] != headerDeadline {
		l.deadlines.arm(c.slot(), headerDeadline, l.now())
	}
	l.recv(c)
}
