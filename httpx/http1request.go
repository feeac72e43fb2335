// HTTP/1: from received bytes to requests.
//
//	headReceived ─► serve ─► request ─► plan.go ─► respond (http1response.go)
//	                  ▲         └─► readBody, dropped ─┘
//	                  └──────────── the next one, if it has arrived

package httpx

import (
	"aws/backend"
	"aws/httpx/message"
)

const (
	// inputSize holds the saved start of a head, less than MaxHead, and one more
	// Recv.
	inputSize = message.MaxHead + backend.RecvSize
	// maxBody is the longest request body that is read to keep the connection.
	maxBody = 1 << 20
)

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
	end, status := c.scan.Next(b)
	if end == 0 && status == 0 {
		l.awaitHead(c, b)
		return false
	}
	if status == 0 {
		status = message.ParseRequest(b[:end], r)
	}
	if status != 0 {
		l.refuseHead(c, b, status)
		return false
	}
	if c.gathered > 0 && r.HasBody() { // the body may be long in coming
		l.transmitGathered(c)
		return false
	}
	x := l.begin(c, b, r)
	x.setRequest(r)
	l.writeHead(c, x, l.planner.decide(c.exchange, r, l.lookOf(c)))
	switch rest := b[end:]; {
	case !r.HasBody():
		if l.held.short && len(rest) > 0 && c.in.buffer == none { // RFC 9112 §9.3.2: the client may ask again
			x.flags = x.flags&^keepAlive | unread
			rest = nil
		}
		l.inputs.keep(&c.in, rest)
		return l.respond(c)
	case r.ExpectContinue || r.ContentLength > maxBody:
		// The client waits for 100 Continue, or has a long body to send. An early
		// final response spares both sides the trouble (RFC 9110 §10.1.1).
		x.flags = x.flags&^keepAlive | unread
		return l.respond(c)
	default:
		c.state = readBody
		c.chunks, c.toDrop = message.ChunkedReader{}, r.ContentLength
		l.progress(c)
		return l.dropBody(c, rest)
	}
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

// awaitHead waits for the rest of a head. Gathered responses do not wait: they
// are sent first.
func (l *loop) awaitHead(c *conn, b []byte) {
	if l.held.short && c.gathered == 0 {
		l.warnNoMemory()
		l.refuseHead(c, b, message.StatusUnavailable)
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

// bodyReceived takes the next bytes of a request body.
func (l *loop) bodyReceived(c *conn, done backend.Completion) {
	if done.N <= 0 { // cut off: RFC 9112 §8
		l.abandon(c, ClientGone)
		return
	}
	l.progress(c)
	c.received = l.clock.receive()
	if l.dropBody(c, done.Data) {
		c.headAt = l.now()
		l.serve(c, l.inputs.saved(&c.in))
	}
}

// dropBody drops the part of b that is request body. At the end of the body it
// responds, and returns what respond returns.
func (l *loop) dropBody(c *conn, b []byte) (more bool) {
	var n int
	var done bool
	if c.toDrop >= 0 {
		n = int(min(c.toDrop, int64(len(b))))
		c.toDrop -= int64(n)
		done = c.toDrop == 0
	} else {
		var err error
		if n, done, err = c.chunks.Discard(b); err != nil {
			l.refuse(c, message.StatusBadRequest)
			return false
		}
	}
	switch {
	case c.chunks.Data > maxBody:
		x := l.current(c)
		x.flags = x.flags&^keepAlive | unread
		return l.respond(c)
	case done:
		l.inputs.keep(&c.in, b[n:])
		return l.respond(c)
	}
	l.inputs.keep(&c.in, b[len(b):])
	l.recv(c)
	return false
}

// refuseHead refuses a head. b is what has arrived of it; only its method is
// used.
func (l *loop) refuseHead(c *conn, b []byte, status int) {
	l.begin(c, b, nil)
	l.respondError(c, status)
}

// refuse replaces the current response, of which nothing has been sent, by one of
// this status, and ends the connection after it.
func (l *loop) refuse(c *conn, status int) {
	l.dropResponse(c)
	l.respondError(c, status)
}

// respondError responds to the current exchange, which has no response yet. Input
// is dropped: either it cannot be understood, or the connection ends anyway.
func (l *loop) respondError(c *conn, status int) {
	l.inputs.keep(&c.in, nil)
	x := l.current(c)
	x.flags = x.flags&headOnly | unread
	l.writeHead(c, x, l.planner.refuse(c.exchange, status, x.has(headOnly)))
	l.respond(c)
}

// dropResponse drops the current response and keeps those gathered before it.
func (l *loop) dropResponse(c *conn) {
	l.bodies.leave(c.exchange)
	if c.out.buffer == none {
		return
	}
	if l.setOut(c, c.gathered); c.out.len() == 0 {
		l.giveOut(c)
	}
}
