// What observers are told of exchanges, by exchanges.go.

package httpx

import (
	"time"

	"aws/backend"
	"aws/httpx/message"
)

// Observer is told of every exchange: logs, metrics and limits build on it. For
// each exchange its methods are called in this order, Begun and Ended once, and
// FirstByte at most once. They run on the threads of the loops, concurrently, and
// must not wait.
type Observer interface {
	// Begun: the head of the request has arrived, or enough of it to refuse it.
	Begun(Exchange)
	// FirstByte: the kernel has taken the first byte of the response.
	FirstByte(Exchange)
	// Ended: Outcome says how.
	Ended(Exchange)
}

// maxLine is how many bytes of a request line are kept for observers.
const maxLine = 1 << 10

// requestLine is the start of a request line, as it was received.
type requestLine struct {
	length uint16
	text   [maxLine]byte
}

// keep copies the request line at the start of what was received.
func (k *requestLine) keep(received []byte) {
	k.length = uint16(copy(k.text[:], message.RequestLine(received)))
}

// observedLoop is what all exchanges of a loop have in common for an observer.
type observedLoop struct {
	number int
	clock  *clock
	engine backend.Backend
}

// Exchange is what an observer may know about a request and its response. It is
// valid until the observer's method returns.
type Exchange struct {
	x     *exchange
	line  *requestLine
	loop  *observedLoop
	index int32

	outcome Outcome
}

// Loop is the number of the loop that serves the exchange, from 0.
func (e Exchange) Loop() int { return e.loop.number }

// Index tells the open exchanges of a loop apart. The index of one that has ended
// is used again.
func (e Exchange) Index() int { return int(e.index) }

// Line is the request line as it was received, cut off after 1 KiB. Clients may put
// any bytes into it. It is valid as long as the Exchange is.
func (e Exchange) Line() []byte { return e.line.text[:e.line.length] }

// Method is the method, as far as the server tells methods apart.
func (e Exchange) Method() message.Method { return e.x.method }

// Status is the status of the response, 0 until it has been decided.
func (e Exchange) Status() int { return int(e.x.status) }

// Sent is how many bytes of the response the kernel has taken, including the head
// and the framing of the body.
func (e Exchange) Sent() int64 { return e.x.sent }

// Outcome is how the exchange ended, UnderWay until then.
func (e Exchange) Outcome() Outcome { return e.outcome }

// Start is when the loop received the first byte of the request. For a request
// that arrived together with an earlier one, it is when the loop got to it.
func (e Exchange) Start() time.Time { return e.loop.clock.epoch.Add(time.Duration(e.x.start)) }

// Now is the time of the loop's turn.
func (e Exchange) Now() time.Time { return e.loop.clock.epoch.Add(time.Duration(e.loop.clock.now())) }

// Peer is the client's address: see backend.Backend.
func (e Exchange) Peer() backend.Address { return e.loop.engine.Peer(e.x.token) }

// Listener is the index, among those given to New, of the listener that the
// connection came in by.
func (e Exchange) Listener() int { return int(e.x.listener) }
