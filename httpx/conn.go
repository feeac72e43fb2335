// A connection, from accept to close. step takes every completion of the
// engine.
//
//	           ┌───────────────────── keep-alive ───────────────────┐
//	           ▼                                                    │
//	accept ─► readHead ─► lookingUp ─► readBody ──► responding ─────┴─► linger ─► closing
//	           │ tooLate  (if need be)  │ lateBody    ▲
//	           └────────────────────────┴─────────────┘
//
// http1request.go turns received bytes into requests, http1response.go turns
// responses into bytes, and wire.go moves the bytes.

package httpx

import (
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/message"
)

// state is what a connection is doing.
type state uint8

const (
	free       state = iota // no connection
	readHead                // receiving the head of a request
	tooLate                 // the head did not come in time, and the Recv has been cancelled
	lookingUp               // waiting for a file system, and sending the responses gathered before
	readBody                // receiving a request body and dropping it
	lateBody                // the body did not come in time, and the Recv has been cancelled
	responding              // sending a response, or waiting for its body
	linger                  // dropping what the client still sends
	closing                 // waiting for what is in flight, then closing
)

// flag is one bit of what is known about a connection.
type flag uint16

const (
	receiving flag = 1 << iota // Recv is in flight
	sending                    // Send or SendFile is in flight
	responded                  // bytes of a response have been sent
	corked                     // the response ends in one segment with the connection
	lookedUp                   // what a look-up waited for is there
	recalled                   // that Send has been cancelled, to have its buffer for others
	large                      // much may be queued for it: see sendqueues.go
	cut                        // closing drops what the client has not acknowledged
	refusing                   // the look-up is for the page of a refusal
	prologue                   // it has to begin with one: see prologue.go
)

// conn is a connection: an element of the loop's array, reused with the slot.
// It holds a buffer only while there is something in it, so an idle connection
// is no more than this.
type conn struct {
	token backend.Token

	// What has been received.
	received uint64 // the number of the last receive: see files.Moment
	headAt   int64  // when the current head began to arrive, by the loop's clock
	turn     uint32 // the loop's turn that submitted the last Recv: its lower bits
	in       span   // received and not yet parsed, in a buffer of loop.inputs
	scan     message.HeadScan

	// What is being sent.
	out      span  // composed and not yet sent, in a buffer of loop.outs
	gathered int32 // where in out the current response begins, after those gathered
	piece    piece // of its body, sent after out

	exchange int32 // the current one, or none
	oldest   int32 // the first that has not ended, or none: see exchange.younger

	listener uint16
	state    state
	flags    flag
	outcome  Outcome // of the exchanges still open when it closes
	bound    uint8   // of its send queue: see sendQueues.bound
	stall    stallWatch
	sent     int64 // bytes that the kernel has taken, of all responses
	pace     pace  // of what the client acknowledges of these
}

func (c *conn) has(f flag) bool { return c.flags&f != 0 }

func (c *conn) slot() int32 { return int32(c.token.Slot()) }

// connOf is the connection of an open exchange.
func (l *loop) connOf(i int32) *conn { return &l.conns[l.exchanges.slotOf(i)] }

// step takes a completion and submits what comes next.
func (l *loop) step(done backend.Completion) {
	if done.Op == backend.OpReadFile {
		i, e := l.bodies.readDone(done)
		if (e == ready || e == moved) && l.exchanges.observer != nil {
			l.exchanges.comesFrom(i, l.sourceOf(i, done.Cold))
		}
		l.bodyEvent(i, e, done.N)
		return
	}
	c := &l.conns[done.Token.Slot()]
	if done.Op == backend.OpAccept {
		l.accepted(c, done)
		return
	}
	backend.Assert(c.token == done.Token && c.state != free, "httpx: completion for a connection that is gone")
	if done.Op == backend.OpRecv {
		l.counters.received += uint64(max(done.N, 0))
		c.flags &^= receiving
		l.recvDone(c, done)
	} else {
		c.flags &^= sending
		l.sendDone(c, done.N)
	}
}

func (l *loop) accepted(c *conn, done backend.Completion) {
	*c = conn{
		token: done.Token, listener: uint16(done.N), state: readHead,
		in: noSpan, out: noSpan, exchange: none, oldest: none,
	}
	l.expectPrologue(c)
	if l.limits != nil && !l.comesIn(c) {
		return
	}
	l.open++
	l.used = max(l.used, int(c.slot())+1)
	l.deadlines.arm(c.slot(), headerDeadline, l.now())
	l.recv(c)
}

func (l *loop) recv(c *conn) {
	c.flags |= receiving
	c.turn = uint32(l.clock.moment.Turn)
	l.engine.Recv(c.token)
}

// recvDone takes the result of a Recv: bytes lent until the next completion, the
// end, or an error.
func (l *loop) recvDone(c *conn, done backend.Completion) {
	switch c.state {
	case readHead:
		l.headReceived(c, done)
	case tooLate:
		l.refuseHead(c, l.inputs.saved(&c.in), message.StatusRequestTimeout, headLate)
	case readBody:
		l.bodyReceived(c, done)
	case lateBody:
		l.refuse(c, message.StatusRequestTimeout, bodyTooLate)
	case linger:
		l.lingered(c, done.N)
	default:
		backend.Assert(c.state == closing, "httpx: a receive that nothing waits for")
		l.closeWhenIdle(c)
	}
}

// lookOf is the look at files for the current request. Saved input may have
// arrived in any turn.
func (l *loop) lookOf(c *conn) (k files.Look) {
	k.Now = l.clock.moment
	k.Received = c.received
	k.Asker = c.exchange
	if now := l.clock.moment.Turn; c.in.buffer == none && c.turn != uint32(now) {
		k.Turn = now
	}
	return k
}

// idle waits for the next request.
func (l *loop) idle(c *conn) {
	c.state = readHead
	l.deadlines.arm(c.slot(), idleDeadline, l.now())
	l.recv(c)
}

// startLinger closes our side and drops what the client still sends, until the
// client closes its own or the time is up. If we closed at once, the kernel would
// answer those bytes with a reset, which destroys what the client has not read
// (RFC 9112 §9.6).
func (l *loop) startLinger(c *conn) {
	l.inputs.keep(&c.in, nil)
	c.state = linger
	l.deadlines.arm(c.slot(), lingerDeadline, l.now())
	l.engine.Shutdown(c.token)
	l.recv(c)
}

func (l *loop) lingered(c *conn, n int) {
	switch {
	case n > 0:
		l.recv(c)
	case n == 0 && c.owesMuch() && l.delivers(c): // it may only have closed its sending side
	default:
		l.abandon(c, Whole)
	}
}

// missed acts on a missed deadline.
func (l *loop) missed(c *conn, d deadline) {
	outcome := Stalled
	switch d {
	case stallDeadline:
		if l.limits != nil && l.limits.waits(c.slot()) {
			return // for its turn, which the server gives it
		}
		if outcome = l.look(c); outcome == UnderWay {
			return
		}
	case bodyDeadline:
		l.bodyMissed(c)
		return
	}
	switch {
	case (c.state == linger || c.state == readHead && d != headerDeadline) && c.owesMuch():
		l.closeDelivered(c)
	case d == lookUpDeadline:
		l.notLookedUp(c)
	case d == headerDeadline && c.in.buffer != none:
		c.state = tooLate
		l.engine.Cancel(c.token)
	case c.state == responding && l.unsent(c):
		l.refuse(c, message.StatusUnavailable, bufferLate) // no buffer came free, or nothing was read
	default:
		if (c.state == responding || c.owesMuch()) && l.engine.Unacked(c.token) > 0 {
			c.flags |= cut
		}
		l.abandon(c, outcome)
	}
}

// abandon closes the connection as soon as the engine is done with its buffers.
// It sends nothing more, and its open exchanges end with this outcome.
func (l *loop) abandon(c *conn, o Outcome) {
	if c.state == lookingUp {
		l.forget(c.exchange)
	}
	c.state, c.outcome = closing, o
	l.deadlines.disarm(c.slot())
	if c.exchange != none {
		l.bodies.quit(c.exchange)
	}
	if c.has(receiving | sending) {
		l.engine.Cancel(c.token)
	}
	l.closeWhenIdle(c)
}

func (l *loop) closeWhenIdle(c *conn) {
	if c.has(receiving | sending) {
		return
	}
	l.giveBack(c)
	l.endExchanges(c)
	if l.limits != nil {
		l.limits.leavesLine(c.slot())
		l.limits.leaves(c.slot())
	}
	l.noQueue(c)
	if c.has(cut) && c.outcome != Whole {
		l.engine.Reset(c.token)
	} else {
		l.engine.Close(c.token)
	}
	c.state = free
	l.open--
}

// begin begins an exchange, which becomes the current one: see exchanges.begin.
func (l *loop) begin(c *conn, received []byte, r *message.Request) *exchange {
	i := l.exchanges.begin(c.token, c.listener, c.headAt, received, r)
	if c.exchange != none {
		l.exchanges.at(c.exchange).younger = i
	} else {
		c.oldest = i
	}
	c.exchange = i
	return l.exchanges.at(i)
}

// current is the current exchange.
func (l *loop) current(c *conn) *exchange { return l.exchanges.at(c.exchange) }

// endOldest ends the connection's oldest exchange.
func (l *loop) endOldest(c *conn, o Outcome) {
	if c.oldest = l.exchanges.end(c.oldest, o); c.oldest == none {
		c.exchange = none
	}
}

// endExchanges ends all exchanges of a closing connection.
func (l *loop) endExchanges(c *conn) {
	for c.oldest != none {
		l.endOldest(c, c.outcome)
	}
}

// giveBack gives back the buffers of a connection and all that its response
// holds.
func (l *loop) giveBack(c *conn) {
	l.inputs.keep(&c.in, nil)
	l.giveOut(c)
	if c.exchange == none {
		return
	}
	if !c.piece.empty() {
		l.bodies.recycle(c.exchange, &c.piece)
	}
	l.bodies.leave(c.exchange)
}

// sendFailed ends a connection after a failed send. Clients go away all the time;
// any other reason is worth a warning.
func (l *loop) sendFailed(c *conn, n int) {
	c.flags |= cut
	switch errno := unix.Errno(-n); errno {
	case unix.EPIPE, unix.ECONNRESET, unix.ETIMEDOUT, unix.ECANCELED,
		unix.ENOTCONN, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ENETDOWN:
		l.abandon(c, ClientGone)
	default:
		l.warn("sending failed", errno)
		l.abandon(c, Failed)
	}
}
