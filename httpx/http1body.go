// A request body: it is received and dropped, in a bounded time and at a bounded
// pace. Where the response does not depend on it, nobody waits for it.

package httpx

import (
	"time"

	"aws/backend"
	"aws/httpx/message"
)

// maxBody is the longest request body that is read to keep the connection.
const maxBody = 1 << 20

// requestBody is a body that is being received. Those of a loop lie apart from its
// connections: few have one, and an array that nobody touches costs no memory.
type requestBody struct {
	chunks message.ChunkedReader // of a chunked one
	toDrop int64                 // bytes left of one with Content-Length; below 0 it is chunked
	watch  bodyWatch
}

// bodyFollows goes on after the head of a request with a body, of which rest has
// arrived. The response is composed. If it is an error, no body changes that, so it
// is sent at once. Then only a body that has arrived whole keeps the connection: what
// is still to come would have to be waited for, or be taken for a request.
func (l *loop) bodyFollows(c *conn, r *message.Request, rest []byte) (more bool) {
	if r.ExpectContinue || r.ContentLength > maxBody {
		// The client waits for 100 Continue, or has a long body to send. An early
		// final response spares both sides the trouble (RFC 9110 §10.1.1).
		return l.respondUnread(c)
	}
	body := &l.requests[c.slot()]
	*body = requestBody{toDrop: r.ContentLength}
	n, end, err := body.discard(rest)
	switch {
	case end == bodyWhole && err == nil:
		l.inputs.keep(&c.in, rest[n:])
		return l.respond(c)
	case l.current(c).status >= message.StatusBadRequest || end == bodyTooLong:
		return l.respondUnread(c)
	case err != nil:
		l.refuse(c, message.StatusBadRequest, badBody)
		return false
	}
	c.state = readBody
	body.watch.begin(n, l.now())
	l.deadlines.arm(c.slot(), bodyDeadline, l.now())
	l.inputs.keep(&c.in, nil)
	l.recv(c)
	return false
}

// respondUnread responds without having read the rest of the request. The
// connection ends after that.
func (l *loop) respondUnread(c *conn) (more bool) {
	x := l.current(c)
	x.flags = x.flags&^keepAlive | unread
	l.inputs.keep(&c.in, nil)
	return l.respond(c)
}

// bodyReceived takes the next bytes of a request body.
func (l *loop) bodyReceived(c *conn, done backend.Completion) {
	if done.N <= 0 { // cut off: RFC 9112 §8
		l.abandon(c, ClientGone)
		return
	}
	c.received = l.clock.receive()
	if l.dropBody(c, done.Data) {
		c.headAt = l.now()
		l.serve(c, l.inputs.saved(&c.in))
	}
}

// dropBody drops the part of b that is request body. At the end of the body it
// responds, and returns what respond returns.
func (l *loop) dropBody(c *conn, b []byte) (more bool) {
	body := &l.requests[c.slot()]
	n, end, err := body.discard(b)
	body.watch.got += int64(n)
	switch {
	case err != nil:
		l.refuse(c, message.StatusBadRequest, badBody)
		return false
	case end == bodyTooLong:
		return l.respondUnread(c)
	case end == bodyWhole:
		l.inputs.keep(&c.in, b[n:])
		return l.respond(c)
	}
	l.recv(c)
	return false
}

// bodyEnd says how far a request body has come.
type bodyEnd uint8

const (
	bodyGoesOn bodyEnd = iota
	bodyWhole
	bodyTooLong
)

// discard returns how many bytes at the start of b belong to the body.
func (d *requestBody) discard(b []byte) (n int, end bodyEnd, err error) {
	if d.toDrop >= 0 {
		n = int(min(d.toDrop, int64(len(b))))
		if d.toDrop -= int64(n); d.toDrop == 0 {
			end = bodyWhole
		}
		return n, end, nil
	}
	n, whole, err := d.chunks.Discard(b)
	switch {
	case d.chunks.Data > maxBody:
		end = bodyTooLong
	case whole:
		end = bodyWhole
	}
	return n, end, err
}

// bodyParts is how many times in its shortest timeout a body is looked at.
const bodyParts = 4

// bodyLook is the time between two looks at a request body.
func (c *Config) bodyLook() time.Duration { return part(min(c.BodyTimeout, c.StallTimeout), bodyParts) }

// bodyWatch measures how fast a request body comes. Time counts as far as looks have
// seen it pass: see pace.
type bodyWatch struct {
	pace  pace
	got   int64 // bytes of the body, with their framing
	seen  int64 // of these at the last look
	took  int64 // how long the client has had
	still int64 // how much of that has passed since a look saw it send anything
}

// begin begins with the n bytes that came with the head.
func (w *bodyWatch) begin(n int, now int64) {
	*w = bodyWatch{got: int64(n), seen: int64(n)}
	w.pace.wait(now)
	w.pace.begin(w.got)
}

// late takes a look, and reports whether the client takes too long.
func (w *bodyWatch) late(now int64, c *Config) bool {
	passed := w.pace.count(now, int64(c.bodyLook()))
	w.took += passed
	if w.still += passed; w.got > w.seen {
		w.still, w.seen = 0, w.got
	}
	return w.took >= int64(c.BodyTimeout) || w.still >= int64(c.StallTimeout) || w.pace.tooSlow(w.got, int64(c.MinRate))
}

// bodyMissed takes a look at a body that has not come whole. A client that takes too
// long gets 408, once the Recv in flight has ended.
func (l *loop) bodyMissed(c *conn) {
	if !l.requests[c.slot()].watch.late(l.now(), l.config) {
		l.deadlines.arm(c.slot(), bodyDeadline, l.now())
		return
	}
	c.state = lateBody
	l.engine.Cancel(c.token)
}
