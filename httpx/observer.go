package httpx

import (
	"time"

	"aws/backend"
	"aws/httpx/message"
)

// Observer is told of every exchange: logs, metrics and limits stand on it. Its
// methods are called on the loops' threads, for each exchange in this order and
// each once but FirstByte, which an exchange that ends before may miss. They
// must not wait; loops call them at the same time.
type Observer interface {
	// Begun: the head of the request is there, or enough of it to refuse it.
	Begun(Exchange)
	// FirstByte: the kernel has taken the first byte of the response.
	FirstByte(Exchange)
	// Ended: Outcome says how. The exchange must not be used afterwards.
	Ended(Exchange)
}

// maxLine is how much of a request line is kept for observers, in bytes.
const maxLine = 1 << 10

// requestLine is a request line as it was received, as far as it is kept.
type requestLine struct {
	length uint16
	text   [maxLine]byte
}

// keep keeps the request line at the start of what was received.
func (k *requestLine) keep(received []byte) {
	k.length = uint16(copy(k.text[:], message.RequestLine(received)))
}

// observedLoop is what exchanges have in common that are observed on a loop.
type observedLoop struct {
	number int
	clock  *clock
	engine backend.Backend
}

// Exchange is what an observer may know of a request and its response. It is
// good until the observer returns.
type Exchange struct {
	x     *exchange
	line  *requestLine
	loop  *observedLoop
	index int32
}

// Loop is the number of the loop that serves the exchange, from 0.
func (e Exchange) Loop() int { return e.loop.number }

// Index tells the exchanges under way on a loop apart: an index of one that has
// ended is used again.
func (e Exchange) Index() int { return int(e.index) }

// Line is the request line as it was received, up to 1 KiB of it. Its bytes
// are the client's: they may be anything, and are good until Ended.
func (e Exchange) Line() []byte { return e.line.text[:e.line.length] }

// Method is as much of the method as the server tells apart.
func (e Exchange) Method() message.Method { return e.x.method }

// Status is that of the response, 0 while it has not been decided on.
func (e Exchange) Status() int { return int(e.x.status) }

// Sent is how many bytes of the response the kernel has taken, with the head
// and the framing of the body.
func (e Exchange) Sent() int64 { return e.x.sent }

// Outcome is how the exchange has ended.
func (e Exchange) Outcome() Outcome { return e.x.outcome }

// Start is when the first byte of the request arrived, as far as the loop could
// tell: in the turn that received it, or for requests that came together with
// others when its turn came.
func (e Exchange) Start() time.Time { return e.loop.clock.epoch.Add(time.Duration(e.x.start)) }

// Now is the loop's time.
func (e Exchange) Now() time.Time { return e.loop.clock.epoch.Add(time.Duration(e.loop.clock.now())) }

// Peer is the client's address: see backend.Backend.
func (e Exchange) Peer() backend.Address { return e.loop.engine.Peer(e.x.token) }

// Listener is the number of the listener that the connection came by, in the
// order that New was given them.
func (e Exchange) Listener() int { return int(e.x.listener) }
