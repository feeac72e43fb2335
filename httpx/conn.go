// The state machine of a connection. Every completion of the engine comes
// through step, and all branching on where a connection stands is here.
//
//	              ┌────────────── keep-alive ──────────────┐
//	              ▼                                        │
//	accept ─► readHead ─► readBody ─► sendPlain ──────────┤
//	              │ 408       (dropped)  sendStatic ───────┤
//	              │                      sendDynamic ──────┤
//	              ▼                      sendMade ─────────┴─► linger ─► closing
//
// request.go parses, plan.go decides, response.go composes the head, static.go,
// dynamic.go and made.go move the bytes.

package httpx

import (
	"golang.org/x/sys/unix"

	"aws/backend"
)

// state is what a connection does; it names the completion that it expects.
type state uint8

const (
	free        state = iota // no connection
	readHead                 // Recv: the head of a request
	tooLate                  // Recv, cancelled: the head did not come in time
	readBody                 // Recv: a request body, dropped
	sendPlain                // Send: a head, perhaps with the body of an error
	sendStatic               // SendFile: head and file
	sendDynamic              // ReadFile and Send: head and file
	sendMade                 // ReadFile and Send: head and what a maker makes; see made.go
	linger                   // Recv: what the client still sends, dropped
	closing                  // whatever was in flight: then Close
)

// flag is one bit of what is known of a connection.
type flag uint16

const (
	keepAlive   flag = 1 << iota // the connection goes on after this answer
	http10                       // the request is HTTP/1.0
	headOnly                     // the request is HEAD
	unread                       // the client may be sending what we will not read
	socketBusy                   // Recv, Send or SendFile is in flight
	fileBusy                     // ReadFile is in flight
	wantsBuffer                  // on the list of those who wait for a stream buffer
	textBody                     // the answer's body is the name of its status
	partSent                     // something of the answer has been sent
	streamed                     // the file goes through buffers, whatever its mount says
	sendsNoMore                  // the client has said that this request is its last
	answered                     // there has been an answer before
	corked                       // the end of the answer may leave with that of the connection
)

// conn is a connection: one element of the loop's array, reused with the slot.
// Buffers are held only while there is something in them, so an idle
// connection is no more than this.
type conn struct {
	token backend.Token

	turn     uint64   // of the loop, in which the last Recv was submitted
	received uint64   // with which count that was completed; see moment.go
	in       span     // received and not yet parsed; its buffer is of loop.inputs
	scan     headScan // of the head at the start of in
	body     chunkedReader
	bytes    int64 // left of a body with Content-Length

	out    span  // composed and not yet sent; its buffer is of loop.outs
	file   int32 // pinned entry of the open-file table, or none
	status int   // of the answer
	off    int64 // where in the file the next byte to send is
	left   int64 // bytes of the file, or of the part, not yet sent, or for a stream not yet read
	parts  int32 // of the answer, when it has several; see parts.go
	maker  int32 // of the body, when it is no file's; see made.go
	stream stream

	gathered int32 // what of out is whole answers before this one; see gather.go

	state   state
	flags   flag
	stalls  uint8 // parts of the stall timeout that have passed without progress
	unacked int   // at the last of them; below 0 it has not been looked at
}

// span is a part of a buffer.
type span struct {
	buffer   int32 // none when empty
	from, to int32
}

func (s *span) len() int32 { return s.to - s.from }

var noSpan = span{buffer: none}

func (c *conn) has(f flag) bool { return c.flags&f != 0 }

// unsent says that no byte of the answer has been sent, so that there can
// still be another one.
func (c *conn) unsent() bool {
	return c.out.buffer != none && c.out.from <= c.gathered && !c.has(partSent)
}

func (c *conn) slot() int32 { return int32(c.token.Slot()) }

const (
	// inputSize holds what of a head is saved, less than maxHead, and the
	// next Recv behind it.
	inputSize = maxHead + backend.RecvSize
	// maxBody is the most of a request body that is read to keep the
	// connection.
	maxBody = 1 << 20
	// corkMax is the most that is left to the kernel to deliver after the
	// connection has been closed: what TCP sends at once, ten segments, and
	// some more (RFC 6928).
	corkMax = 17 << 10
)

// step takes a completion and submits what comes next.
func (l *loop) step(done backend.Completion) {
	c := &l.conns[done.Token.Slot()]
	if done.Op == backend.OpAccept {
		l.accepted(c, done.Token)
		return
	}
	if done.Op == backend.OpReadFile {
		c = &l.conns[l.readers[done.Read]]
		backend.Assert(c.has(fileBusy), "httpx: completion of a read for a connection that is gone")
		c.flags &^= fileBusy
		c.stream.cold = done.Cold
	} else {
		backend.Assert(c.token == done.Token && c.state != free, "httpx: completion for a connection that is gone")
		c.flags &^= socketBusy
	}
	switch c.state {
	case readHead:
		l.headReceived(c, done)
	case tooLate:
		l.refuseHead(c, l.input(c), statusRequestTimeout)
	case readBody:
		l.bodyReceived(c, done)
	case sendPlain, sendStatic:
		l.sent(c, done.N)
	case sendDynamic:
		l.streamed(c, done)
	case sendMade:
		l.madeMoved(c, done)
	case linger:
		l.lingered(c, done.N)
	case closing:
		l.closeWhenIdle(c)
	}
}

func (l *loop) accepted(c *conn, t backend.Token) {
	*c = conn{token: t, state: readHead, in: noSpan, out: noSpan, file: none, parts: none, maker: none, stream: noStream}
	l.open++
	l.deadlines.arm(c.slot(), headerDeadline, l.now)
	l.recv(c)
}

func (l *loop) recv(c *conn) {
	c.flags |= socketBusy
	c.turn = l.files.now.turn
	l.engine.Recv(c.token)
}

// noteReceived counts what has been received, so that looks at files made
// from here on count for it.
func (l *loop) noteReceived(c *conn) {
	l.files.now.received++
	c.received = l.files.now.received
}

// arrivalOf says when the request at hand arrived. What was saved may have
// come in any turn.
func (l *loop) arrivalOf(c *conn) (a arrival) {
	a.received = c.received
	if now := l.files.now.turn; c.in.buffer == none && c.turn != now {
		a.turn = now
	}
	return a
}

// headReceived takes bytes of a head, lent until the next completion.
func (l *loop) headReceived(c *conn, done backend.Completion) {
	if done.N <= 0 { // the end, or an error: half a head is no request
		l.abandon(c)
		return
	}
	b := done.Data
	l.noteReceived(c)
	if c.in.buffer != none {
		b = l.appendInput(c, b)
	}
	l.nextRequest(c, b)
}

// nextRequest works on b, which starts where the next request does: the saved
// input, or bytes that are lent.
func (l *loop) nextRequest(c *conn, b []byte) {
	c.state = readHead
	end, status := c.scan.next(b)
	if end == 0 && status == 0 {
		l.keepInput(c, b)
		if c.gathered > 0 {
			l.sendGathered(c)
			return
		}
		if l.deadlines.kind[c.slot()] != headerDeadline {
			l.deadlines.arm(c.slot(), headerDeadline, l.now)
		}
		l.recv(c)
		return
	}
	if status == 0 {
		status = parseRequest(b[:end], &l.request)
	}
	if status != 0 {
		l.refuseHead(c, b, status)
		return
	}
	if c.gathered > 0 && l.request.hasBody() { // which may be long in coming
		l.sendGathered(c)
		return
	}
	l.plan(c, &l.request)
	switch rest := b[end:]; {
	case !l.request.hasBody():
		l.keepInput(c, rest)
		l.answer(c)
	case l.request.expectContinue || l.request.contentLength > maxBody:
		// The client waits for leave to send, or would send for long: the
		// final answer now saves both the trouble (RFC 9110 §10.1.1).
		c.flags = c.flags&^keepAlive | unread
		l.answer(c)
	default:
		c.state = readBody
		c.body, c.bytes = chunkedReader{}, l.request.contentLength
		l.progress(c)
		l.dropBody(c, rest)
	}
}

func (l *loop) bodyReceived(c *conn, done backend.Completion) {
	if done.N <= 0 { // cut off: RFC 9112 §8
		l.abandon(c)
		return
	}
	l.progress(c)
	l.noteReceived(c)
	l.dropBody(c, done.Data)
}

// dropBody drops what of b is request body. Behind its end the answer starts.
func (l *loop) dropBody(c *conn, b []byte) {
	var n int
	var done bool
	if c.bytes >= 0 {
		n = int(min(c.bytes, int64(len(b))))
		c.bytes -= int64(n)
		done = c.bytes == 0
	} else {
		var err error
		if n, done, err = c.body.discard(b); err != nil {
			l.refuse(c, statusBadRequest)
			return
		}
	}
	switch {
	case c.body.data > maxBody:
		c.flags = c.flags&^keepAlive | unread
		l.answer(c)
	case done:
		l.keepInput(c, b[n:])
		l.answer(c)
	default:
		l.keepInput(c, b[len(b):])
		l.recv(c)
	}
}

// refuseHead is refuse for a head, b as far as it has arrived, that says nothing
// else that could be relied on.
func (l *loop) refuseHead(c *conn, b []byte, status int) {
	c.flags &^= headOnly
	if asksForHead(b) {
		c.flags |= headOnly
	}
	l.refuse(c, status)
}

// refuse answers a request that cannot be understood, so that nothing behind
// it can be either: whatever has arrived is forgotten, and the connection ends.
func (l *loop) refuse(c *conn, status int) {
	l.dropAnswer(c)
	l.keepInput(c, nil)
	c.flags = c.flags&^keepAlive | unread
	l.composeError(c, status)
	l.answer(c)
}

// answer ends the head that has been composed and starts to send it, with the
// body behind it.
func (l *loop) answer(c *conn) {
	if l.draining {
		c.flags &^= keepAlive
	}
	l.endHead(c)
	l.copyBody(c)
	if !l.gather(c) {
		l.progress(c)
		l.sendBody(c)
	}
}

// cork lets a small answer that is the connection's last leave in one segment
// with the connection's end. Nothing speaks against closing without waiting
// until all of it has been acknowledged: the client sends no more, so there is
// nothing to reset, and so little the kernel delivers by itself, where no answer
// before this one is still on its way.
func (l *loop) cork(c *conn) {
	if c.has(sendsNoMore) && !c.has(corked|unread) && c.in.buffer == none && c.parts == none && c.maker == none &&
		int64(c.out.len())+c.left <= corkMax && (!c.has(answered) || l.engine.Unacked(c.token) == 0) {
		c.flags |= corked
		l.engine.Cork(c.token)
	}
}

// sendBody sends what has been composed, and c.left bytes of the file.
func (l *loop) sendBody(c *conn) {
	streams := c.left > 0 && (c.has(streamed) || l.files.entries[c.file].mount.kind == Dynamic)
	if (streams || c.maker != none) && c.out.from < c.gathered {
		l.sendGathered(c)
		return
	}
	l.cork(c)
	switch {
	case c.maker != none:
		l.startMade(c)
	case c.left == 0:
		c.state = sendPlain
		l.sendPlain(c)
	case streams:
		l.startStream(c)
	default:
		l.sendFile(c)
	}
}

// bodySent goes on to the next part of an answer that has several, and
// otherwise ends it.
func (l *loop) bodySent(c *conn) {
	if c.parts != none && l.nextPart(c) {
		l.sendBody(c)
		return
	}
	l.finished(c)
}

func (l *loop) sendPlain(c *conn) {
	c.flags |= socketBusy
	l.engine.Send(c.token, l.outBytes(c))
}

// outBytes is what remains to be sent of the composed head.
func (l *loop) outBytes(c *conn) []byte {
	if c.out.buffer == none {
		return nil
	}
	return l.outs.Bytes(c.out.buffer)[c.out.from:c.out.to]
}

func (l *loop) releaseOut(c *conn) {
	if c.out.buffer != none {
		l.outs.Give(c.out.buffer)
		c.out, c.gathered = noSpan, 0
	}
}

// releaseAnswer gives back all that an answer holds. Nothing of it is in flight.
func (l *loop) releaseAnswer(c *conn) {
	l.releaseOut(c)
	l.leaveMaker(c) // which may still read a buffer of the stream's
	l.leaveStream(c)
	l.releaseParts(c)
	l.releaseFile(c)
}

// dropAnswer is releaseAnswer but for the answers before this one that have
// not been sent.
func (l *loop) dropAnswer(c *conn) {
	whole := c.out
	if whole.to = c.gathered; whole.len() > 0 {
		c.out = noSpan
	} else {
		whole = noSpan
	}
	l.releaseAnswer(c)
	c.out, c.gathered = whole, whole.to
}

func (l *loop) releaseFile(c *conn) {
	if c.file != none {
		l.files.release(c.file)
		c.file = none
	}
	c.left = 0
}

// finished ends an answer: all of it is with the kernel.
func (l *loop) finished(c *conn) {
	l.releaseAnswer(c)
	c.flags |= answered
	switch {
	case c.has(keepAlive) && c.in.buffer != none:
		l.nextRequest(c, l.input(c))
	case c.has(keepAlive) && !l.draining:
		c.state = readHead
		l.deadlines.arm(c.slot(), idleDeadline, l.now)
		l.recv(c)
	case c.has(unread) || c.has(keepAlive) || c.in.buffer != none ||
		!c.has(corked) && l.engine.Unacked(c.token) > 0 || l.engine.Unread(c.token) > 0:
		l.startLinger(c)
	default:
		l.abandon(c)
	}
}

// startLinger closes our side and drops what the client still sends, until it
// closes its own or time is up. Closing at once would answer those bytes with
// a reset, which destroys what the client has not yet read (RFC 9112 §9.6).
func (l *loop) startLinger(c *conn) {
	l.keepInput(c, nil)
	c.state = linger
	l.deadlines.arm(c.slot(), lingerDeadline, l.now)
	l.engine.Shutdown(c.token)
	l.recv(c)
}

func (l *loop) lingered(c *conn, n int) {
	if n <= 0 {
		l.abandon(c)
		return
	}
	l.recv(c)
}

// missed acts on a deadline that has passed.
func (l *loop) missed(c *conn, d deadline) {
	if d == stallDeadline && !l.stalled(c) {
		return
	}
	if d == headerDeadline && c.in.buffer != none {
		c.state = tooLate
		l.engine.Cancel(c.token)
		return
	}
	if c.state >= sendDynamic && c.state <= sendMade && c.unsent() && !c.has(fileBusy) { // no buffer came free
		l.refuse(c, statusUnavailable)
		return
	}
	l.abandon(c)
}

// abandon ends the connection without another byte, as soon as the engine is
// done with its buffers.
func (l *loop) abandon(c *conn) {
	c.state = closing
	l.deadlines.disarm(c.slot())
	if c.has(socketBusy | fileBusy) {
		l.engine.Cancel(c.token)
	}
	l.closeWhenIdle(c)
}

func (l *loop) closeWhenIdle(c *conn) {
	if c.has(socketBusy | fileBusy) {
		return
	}
	l.releaseAnswer(c)
	l.keepInput(c, nil)
	l.engine.Close(c.token)
	c.state = free
	l.open--
}

// sendFailed ends a connection to which nothing can be sent any more. Peers
// go away all the time; anything else is worth a word.
func (l *loop) sendFailed(c *conn, n int) {
	switch errno := unix.Errno(-n); errno {
	case unix.EPIPE, unix.ECONNRESET, unix.ETIMEDOUT, unix.ECANCELED,
		unix.ENOTCONN, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ENETDOWN:
	default:
		l.warn("sending failed", errno)
	}
	l.abandon(c)
}
