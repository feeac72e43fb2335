// A connection, from accept to close. Every completion of the engine comes
// through step.
//
//	           ┌──────────── keep-alive ─────────────┐
//	           ▼                                     │
//	accept ─► readHead ─► readBody ─► responding ────┴─► linger ─► closing
//	           │ tooLate   (dropped)      ▲
//	           └──────────────────────────┘
//
// http1request.go turns received bytes into requests, http1response.go turns
// responses into bytes; wire.go moves the bytes.

package httpx

import (
	"errors"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/message"
)

// state is what a connection does.
type state uint8

const (
	free       state = iota // no connection
	readHead                // receives the head of a request
	tooLate                 // the head did not come in time, and its Recv has been cancelled
	readBody                // receives a request body and drops it
	responding              // sends a response, or waits for its body
	linger                  // drops what the client still sends
	closing                 // waits for what is in flight, then closes
)

// flag is one bit of what is known of a connection.
type flag uint8

const (
	receiving flag = 1 << iota // Recv is in flight
	sending                    // Send or SendFile is in flight
	responded                  // there has been a response before
	corked                     // the end of the response may leave with that of the connection
)

// conn is a connection: one element of the loop's array, reused with the slot.
// Buffers are held only while there is something in them, so an idle
// connection is no more than this.
type conn struct {
	token backend.Token

	// What has been received.
	received uint64 // with which count the last Recv was completed; see files.Moment
	headAt   int64  // when the head at hand began to arrive, by the loop's clock
	turn     uint32 // of the loop, in which the last Recv was submitted: its lower bits
	in       span   // received and not yet parsed; its buffer is of loop.inputs
	scan     message.HeadScan
	chunks   message.ChunkedReader // of a chunked request body
	bytes    int64                 // left of one with Content-Length; below 0 it is chunked

	// What is being sent.
	out      span  // composed and not yet sent; its buffer is of loop.outs
	gathered int32 // where in out the response of the exchange at hand begins
	piece    piece // of its body, to be sent after out

	exchange int32 // at hand, or none
	oldest   int32 // the first that has not ended, or none; see exchange.next

	listener uint16
	state    state
	flags    flag
	outcome  Outcome // of the exchanges that are left when it closes
	stall    stallWatch
}

func (c *conn) has(f flag) bool { return c.flags&f != 0 }

func (c *conn) slot() int32 { return int32(c.token.Slot()) }

// connOf is the connection of an exchange that is under way.
func (l *loop) connOf(i int32) *conn { return &l.conns[l.exchanges.slotOf(i)] }

var errShrunk = errors.New("the file has become shorter while it was being sent")

// step takes a completion and submits what comes next.
func (l *loop) step(done backend.Completion) {
	if done.Op == backend.OpReadFile {
		i, e := l.bodies.readDone(done)
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
		c.flags &^= receiving
		l.received(c, done)
	} else {
		c.flags &^= sending
		l.sent(c, done.N)
	}
}

func (l *loop) accepted(c *conn, done backend.Completion) {
	*c = conn{
		token: done.Token, listener: uint16(done.N), state: readHead,
		in: noSpan, out: noSpan, exchange: none, oldest: none,
	}
	l.open++
	l.deadlines.arm(c.slot(), headerDeadline, l.now())
	l.recv(c)
}

func (l *loop) recv(c *conn) {
	c.flags |= receiving
	c.turn = uint32(l.clock.moment.Turn)
	l.engine.Recv(c.token)
}

// received takes what a Recv has brought: bytes that are lent until the next
// completion, the end, or an error.
func (l *loop) received(c *conn, done backend.Completion) {
	switch c.state {
	case readHead:
		l.headReceived(c, done)
	case tooLate:
		l.refuseHead(c, l.inputs.saved(&c.in), message.StatusRequestTimeout)
	case readBody:
		l.bodyReceived(c, done)
	case linger:
		l.lingered(c, done.N)
	default:
		backend.Assert(c.state == closing, "httpx: a receive that nobody waits for")
		l.closeWhenIdle(c)
	}
}

// lookOf is the look at files for the request at hand: what was saved may have
// come in any turn.
func (l *loop) lookOf(c *conn) (k files.Look) {
	k.Now = l.clock.moment
	k.Received = c.received
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

// startLinger closes our side and drops what the client still sends, until it
// closes its own or time is up. Closing at once would answer those bytes with
// a reset, which destroys what the client has not yet read (RFC 9112 §9.6).
func (l *loop) startLinger(c *conn) {
	l.inputs.keep(&c.in, nil)
	c.state = linger
	l.deadlines.arm(c.slot(), lingerDeadline, l.now())
	l.engine.Shutdown(c.token)
	l.recv(c)
}

func (l *loop) lingered(c *conn, n int) {
	if n <= 0 {
		l.abandon(c, Whole)
		return
	}
	l.recv(c)
}

// missed acts on a deadline that has passed.
func (l *loop) missed(c *conn, d deadline) {
	switch {
	case d == stallDeadline && !l.stalled(c):
	case d == headerDeadline && c.in.buffer != none:
		c.state = tooLate
		l.engine.Cancel(c.token)
	case c.state == responding && l.unsent(c) && l.bodies.at(c.exchange).reading == none:
		l.refuse(c, message.StatusUnavailable) // no buffer came free
	default:
		l.abandon(c, Stalled)
	}
}

// abandon ends the connection without another byte, as soon as the engine is
// done with its buffers. What is left of its exchanges has this outcome.
func (l *loop) abandon(c *conn, o Outcome) {
	c.state, c.outcome = closing, o
	l.deadlines.disarm(c.slot())
	if c.exchange != none {
		l.bodies.at(c.exchange).quit = true
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
	l.endExchanges(c)
	l.inputs.keep(&c.in, nil)
	l.engine.Close(c.token)
	c.state = free
	l.open--
}

// begin starts an exchange for what has been received of a request: see
// exchanges.begin.
func (l *loop) begin(c *conn, received []byte, r *message.Request) *exchange {
	i := l.exchanges.begin(c.token, c.listener, c.headAt, received, r)
	if c.exchange != none {
		l.exchanges.at(c.exchange).next = i
	} else {
		c.oldest = i
	}
	c.exchange = i
	return l.exchanges.at(i)
}

// current is the exchange at hand.
func (l *loop) current(c *conn) *exchange { return l.exchanges.at(c.exchange) }

// endOldest ends the connection's oldest exchange. Its body has been left.
func (l *loop) endOldest(c *conn, o Outcome) {
	if c.oldest = l.exchanges.end(c.oldest, o); c.oldest == none {
		c.exchange = none
	}
}

// endExchanges ends all exchanges of a connection that is being closed, and
// gives back what they hold.
func (l *loop) endExchanges(c *conn) {
	l.releaseOut(c)
	if c.exchange != none {
		if !c.piece.empty() {
			l.bodies.sent(c.exchange, &c.piece)
		}
		l.bodies.leave(c.exchange)
	}
	for c.oldest != none {
		l.endOldest(c, c.outcome)
	}
}

// takeNotes takes what the makers of bodies have to say.
func (l *loop) takeNotes() {
	for _, n := range l.bodies.made.pool.Collect() {
		i, e := l.bodies.made.note(&n)
		if e == failed {
			l.notMade(i, &n)
			continue
		}
		l.bodyEvent(i, e, 0)
	}
}

// bodyEvent acts on what has become of a body. n is what the read yielded that
// brought it about.
func (l *loop) bodyEvent(i int32, e event, n int) {
	if e == nothing {
		return
	}
	c := l.connOf(i)
	if n > 0 && e != failed && l.bodies.at(i).left == 0 && !l.allRead(i) {
		return
	}
	switch e {
	case failed:
		l.readFailed(i, n)
	case moved:
		l.progress(c)
	case ready:
		if n > 0 {
			l.progress(c)
		}
		if c.exchange == i && !c.has(sending) {
			l.proceed(c)
		}
	}
}

// readFailed ends a response whose file could not be read, or ended early.
func (l *loop) readFailed(i int32, n int) {
	file := l.bodies.at(i).file
	if n >= 0 {
		l.warnFile(file, errShrunk)
		l.unfinished(i, Shrunk, message.StatusInternalError)
	} else {
		l.warnFile(file, unix.Errno(-n))
		l.unfinished(i, Failed, message.StatusInternalError)
	}
}

// notMade ends a response whose body could not be made. A folder may be gone
// since it was opened.
func (l *loop) notMade(i int32, n *note) {
	status := message.StatusInternalError
	if errno := unix.Errno(0); l.bodies.made.makers[n.maker].listing != nil && errors.As(n.err, &errno) {
		status = files.StatusOf(errno)
	}
	if status != message.StatusNotFound {
		l.warn("making the body of a response", n.err)
	}
	l.unfinished(i, Failed, status)
}

// unsent says that no byte of the response at hand has been sent, so that there
// can still be another one.
func (l *loop) unsent(c *conn) bool {
	return c.out.len() > 0 && !c.has(sending) && l.current(c).sent == 0
}

// unfinished ends a response whose body cannot be had: by another response, of
// this status, if there still can be one.
func (l *loop) unfinished(i int32, o Outcome, status int) {
	c := l.connOf(i)
	if l.unsent(c) {
		l.refuse(c, status)
	} else {
		l.abandon(c, o)
	}
}

// progress notes that a transfer or a request body has moved.
func (l *loop) progress(c *conn) {
	c.stall.progress()
	l.deadlines.arm(c.slot(), stallDeadline, l.now())
}

// stalled says that nothing has moved for the whole stall timeout, of which
// another part has passed. What the client has acknowledged counts too, looked
// at only now, when there is time.
func (l *loop) stalled(c *conn) bool {
	acknowledged := c.has(sending) && c.stall.acknowledged(l.engine.Unacked(c.token))
	if acknowledged || !c.stall.stalled() {
		l.deadlines.arm(c.slot(), stallDeadline, l.now())
		return false
	}
	return true
}

// sendFailed ends a connection to which nothing can be sent any more. Peers
// go away all the time; anything else is worth a word.
func (l *loop) sendFailed(c *conn, n int) {
	switch errno := unix.Errno(-n); errno {
	case unix.EPIPE, unix.ECONNRESET, unix.ETIMEDOUT, unix.ECANCELED,
		unix.ENOTCONN, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ENETDOWN:
		l.abandon(c, ClientGone)
	default:
		l.warn("sending failed", errno)
		l.abandon(c, Failed)
	}
}
