// An exchange: one request and its response, whatever version of HTTP and
// whatever wire carries them.
//
//	begin ─► first byte ─► end
//
// It begins when the head of the request is there, or enough of it to refuse
// it. It ends exactly once: when the kernel has taken the last byte of the
// response, or with its connection. On HTTP/1 one exchange of a connection is
// at hand; those before it, whose responses were composed into the same buffer
// and are not yet sent, end in their order as that buffer goes out.

package httpx

import (
	"aws/backend"
	"aws/httpx/message"
)

// Outcome is how an exchange has ended.
type Outcome uint8

const (
	// UnderWay is the zero value: the exchange has not ended.
	UnderWay Outcome = iota
	// Whole: all of the response is with the kernel.
	Whole
	// ClientGone: the client has closed or reset the connection.
	ClientGone
	// Stalled: the client has neither sent nor taken anything for the stall
	// timeout.
	Stalled
	// Shrunk: the file has become shorter than the response had promised.
	Shrunk
	// Failed: the body could not be read or made, or the socket has failed.
	Failed
	// Drained: the server has ended before the response has.
	Drained
)

func (o Outcome) String() string {
	return [...]string{"under way", "whole", "client gone", "stalled", "shrunk", "failed", "drained"}[o]
}

// exchangeFlag is one bit of what is known of a request and its response.
type exchangeFlag uint8

const (
	keepAlive   exchangeFlag = 1 << iota // the connection goes on after this response
	http10                               // the request is HTTP/1.0
	headOnly                             // the request is HEAD
	unread                               // the client may be sending what we will not read
	sendsNoMore                          // the client has said that this request is its last
	headOpen                             // the head does not yet say where the body ends
	inChunks                             // the body is chunked
)

// exchange is an element of a mapped array, so it holds no pointers. HTTP/1
// uses the one of its connection's slot, and more from the loop's pool while
// responses wait to be sent.
type exchange struct {
	slot    int32 // of the connection
	next    int32 // of the same connection, begun after this one; or none
	end     int32 // where in the connection's out its response ends, once that has been composed whole
	status  uint16
	method  message.Method
	flags   exchangeFlag
	open    bool // begun and not ended
	outcome Outcome
	start   int64 // when the first byte of the request arrived, by the loop's clock
	sent    int64 // bytes of the response that the kernel has taken, head and framing included
	body    body
}

func (x *exchange) has(f exchangeFlag) bool { return x.flags&f != 0 }

// maxGathered is how many exchanges a loop has beyond one for each slot: for
// responses that were composed before others and are not yet sent.
const maxGathered = 1024

// exchanges are those of a loop.
type exchanges struct {
	all   []exchange
	slots int     // the first so many belong to a slot
	spare []int32 // free ones of the others
}

func newExchanges(slots int) (e exchanges, err error) {
	e.slots = slots
	e.all, err = backend.MapArray[exchange](slots + maxGathered)
	e.spare = make([]int32, maxGathered)
	for i := range e.spare {
		e.spare[i] = int32(slots + maxGathered - 1 - i)
	}
	return e, err
}

// at is exchange i.
func (e *exchanges) at(i int32) *exchange { return &e.all[i] }

// take returns a free exchange for a connection, its slot's own if that is
// free, or none.
func (e *exchanges) take(slot int32) int32 {
	if !e.all[slot].open {
		return slot
	}
	n := len(e.spare) - 1
	if n < 0 {
		return none
	}
	i := e.spare[n]
	e.spare = e.spare[:n]
	return i
}

// canTake says that take will find one.
func (e *exchanges) canTake(slot int32) bool { return !e.all[slot].open || len(e.spare) > 0 }

// give gives an exchange back.
func (e *exchanges) give(i int32) {
	if int(i) >= e.slots {
		e.spare = append(e.spare, i)
	}
}

// current is the exchange at hand.
func (l *loop) current(c *conn) *exchange { return l.exchanges.at(c.exchange) }

// begin starts an exchange for what has been received of a request. Where r is
// nil, the request could not be understood, and only its method is relied on.
func (l *loop) begin(c *conn, received []byte, r *message.Request) *exchange {
	i := l.exchanges.take(c.slot())
	backend.Assert(i != none, "httpx: a request without an exchange")
	x := l.exchanges.at(i)
	*x = exchange{slot: c.slot(), next: none, open: true, start: c.headAt, body: emptyBody}
	if c.exchange != none {
		l.exchanges.at(c.exchange).next = i
	} else {
		c.oldest = i
	}
	c.exchange = i
	switch {
	case r != nil:
		x.method = r.Method
	case message.IsHEAD(received):
		x.method = message.MethodHead
	}
	if x.method == message.MethodHead {
		x.flags |= headOnly
	}
	if l.observer != nil {
		l.keepLine(i, received)
		l.observer.Begun(Exchange{l, x, i})
	}
	return x
}

// credit counts n bytes of the exchange at hand that the kernel has taken.
func (l *loop) credit(i int32, n int64) {
	x := l.exchanges.at(i)
	first := x.sent == 0 && n > 0
	x.sent += n
	if first && l.observer != nil {
		l.observer.FirstByte(Exchange{l, x, i})
	}
}

// creditOut counts n bytes from the start of what was composed, and ends the
// exchanges whose responses have gone with them.
func (l *loop) creditOut(c *conn, n int32) {
	at := c.out.from
	for n > 0 && c.oldest != c.exchange {
		i := c.oldest
		x := l.exchanges.at(i)
		taken := min(n, x.end-at)
		l.credit(i, int64(taken))
		at += taken
		n -= taken
		if at < x.end {
			return
		}
		l.endOldest(c, Whole)
	}
	l.credit(c.exchange, int64(n))
}

// endOldest ends the connection's oldest exchange. Its body has been left.
func (l *loop) endOldest(c *conn, o Outcome) {
	i := c.oldest
	x := l.exchanges.at(i)
	backend.Assert(x.open, "httpx: an exchange ends twice")
	c.oldest = x.next
	if c.oldest == none {
		c.exchange = none
	}
	x.outcome = o
	if l.observer != nil {
		l.observer.Ended(Exchange{l, x, i})
	}
	x.open = false
	l.exchanges.give(i)
}
