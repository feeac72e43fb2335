// HTTP/1: from received bytes to requests.
//
//	headReceived ─► serve ─► request ─► plan.go ─► respond (http1response.go)
//	                  ▲         └─► readBody, dropped ─┘
//	                  └──────────── the next that has arrived already

package httpx

import (
	"aws/backend"
	"aws/httpx/message"
)

const (
	// inputSize holds what of a head is saved, less than MaxHead, and the next
	// Recv after it.
	inputSize = message.MaxHead + backend.RecvSize
	// maxBody is the most of a request body that is read to keep the
	// connection.
	maxBody = 1 << 20
)

// headReceived takes bytes of a head, lent until the next completion.
func (l *loop) headReceived(c *conn, done backend.Completion) {
	if done.N <= 0 { // the end, or an error: half a head is no request
		l.abandon(c, ClientGone)
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

// serve works on b, which starts where the next request does: the saved input,
// or bytes that are lent. It goes from one request to the next while their
// responses can be gathered.
func (l *loop) serve(c *conn, b []byte) {
	for l.serveNext(c, b) {
		b = l.inputs.saved(&c.in)
		c.headAt = l.now()
	}
}

// serveNext works on the request that b starts with. It returns true if its
// response waits for others to join it, and the next request has arrived.
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
	if c.gathered > 0 && r.HasBody() { // which may be long in coming
		l.transmitGathered(c)
		return false
	}
	x := l.begin(c, b, r)
	x.setRequest(r)
	l.writeHead(c, x, l.planner.decide(c.exchange, r, l.lookOf(c)))
	switch rest := b[end:]; {
	case !r.HasBody():
		l.inputs.keep(&c.in, rest)
		return l.respond(c)
	case r.ExpectContinue || r.ContentLength > maxBody:
		// The client awaits 100 Continue, or would send for long: the final
		// response now saves both the trouble (RFC 9110 §10.1.1).
		x.flags = x.flags&^keepAlive | unread
		return l.respond(c)
	default:
		c.state = readBody
		c.chunks, c.toDrop = message.ChunkedReader{}, r.ContentLength
		l.progress(c)
		return l.dropBody(c, rest)
	}
}

// setRequest notes what of a request decides on the connection.
func (x *exchange) setRequest(r *message.Request) {
	switch {
	case r.KeepAlive:
		x.flags |= keepAlive
	case r.Method != message.MethodOther: // which CONNECT is
		x.flags |= sendsNoMore
	}
	if r.Minor == 0 {
		x.flags |= http10
	}
}

// awaitHead waits for the rest of a head. Responses that are whole do not wait
// for it.
func (l *loop) awaitHead(c *conn, b []byte) {
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

// dropBody drops what of b is request body. After its end the response starts;
// it returns what respond does.
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

// refuseHead refuses a malformed head, b as far as it has arrived, trusting only
// its method.
func (l *loop) refuseHead(c *conn, b []byte, status int) {
	l.begin(c, b, nil)
	l.respondError(c, status)
}

// refuse answers a request that cannot be understood, so that nothing after it
// can be either: whatever has arrived is forgotten, and the connection ends.
// Of the response that was to be sent, nothing has been.
func (l *loop) refuse(c *conn, status int) {
	l.dropResponse(c)
	l.respondError(c, status)
}

// respondError responds to the exchange at hand, which has no response yet, and
// ends the connection.
func (l *loop) respondError(c *conn, status int) {
	l.inputs.keep(&c.in, nil)
	x := l.current(c)
	x.flags = x.flags&headOnly | unread
	l.writeHead(c, x, l.planner.refuse(c.exchange, status, x.has(headOnly)))
	l.respond(c)
}

// dropResponse drops the response that has been composed, but for those before
// it that have not been sent.
func (l *loop) dropResponse(c *conn) {
	l.bodies.leave(c.exchange)
	if c.out.buffer == none {
		return
	}
	if c.out.to = c.gathered; c.out.len() == 0 {
		l.giveOut(c)
	}
}
