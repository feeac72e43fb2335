// What observers are told of exchanges, by exchanges.go.

package httpx

import (
	"time"

	"aws/backend"
	"aws/httpx/message"
)

// Observer is told of every exchange: logs, metrics and limits build on it. Its methods
// run on the threads of the loops, concurrently, and must not wait.
type Observer interface {
	// Ended: Outcome says how. It is called once for each exchange.
	Ended(Exchange)
}

// Follower is an Observer that is told more, before an exchange ends. For each exchange its
// methods are called in this order: Begun once, FirstByte at most once, Ended once.
type Follower interface {
	Observer
	// Begun: the head of the request has arrived, or enough of it to refuse it.
	Begun(Exchange)
	// FirstByte: the kernel has taken the first byte of the response.
	FirstByte(Exchange)
}

// observedLoop is what all exchanges of a loop have in common for an observer.
type observedLoop struct {
	number  int
	clock   *clock
	clients *clients
}

// Exchange is what an observer may know about a request and its response. It is
// valid until the observer's method returns. With more than four fields the compiler would
// copy it for each of its methods.
type Exchange struct {
	x       *exchange
	kept    *kept
	loop    *observedLoop
	outcome Outcome
}

// Loop is the number of the loop that serves the exchange, from 0.
func (e Exchange) Loop() int { return e.loop.number }

// Index tells the open exchanges of a loop apart. The index of one that has ended
// is used again.
func (e Exchange) Index() int { return int(e.kept.index) }

// Line is the request line as it was received, cut off after MaxLine bytes. Clients may
// put any bytes into it. It is valid as long as the Exchange is.
func (e Exchange) Line() []byte { return e.kept.texts.Of(message.LineText) }

// Host is the field of that name as it was received, cut off after MaxField bytes: empty
// without one, or if Config.Keep leaves it out. It is valid as long as the Exchange is.
func (e Exchange) Host() []byte { return e.kept.texts.Of(message.HostText) }

// Referer is as Host.
func (e Exchange) Referer() []byte { return e.kept.texts.Of(message.RefererText) }

// UserAgent is as Host.
func (e Exchange) UserAgent() []byte { return e.kept.texts.Of(message.UserAgentText) }

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
func (e Exchange) Start() time.Time { return e.Now().Add(-e.Took()) }

// Now is the time of the loop's turn.
func (e Exchange) Now() time.Time { return e.loop.clock.wall }

// Took is the time from Start to Now. It is 0 if all has happened in one turn.
func (e Exchange) Took() time.Duration { return time.Duration(e.loop.clock.now() - e.x.start) }

// FirstByteTook is the time from Start until the kernel had taken the first byte of the
// response. It means nothing before FirstByte.
func (e Exchange) FirstByteTook() time.Duration { return time.Duration(e.kept.first - e.x.start) }

// Source is where the bytes of a file came from.
func (e Exchange) Source() Source { return e.kept.source }

// Site is the site.Site.Number of the site that was asked.
func (e Exchange) Site() int { return int(e.x.site) }

// Client is the address that the request is from: Peer, or whom proxies name that are
// trusted.
func (e Exchange) Client() backend.Address { return e.loop.clients.of(e.kept.index, e.x, nil) }

// Peer is the address of the other end of the connection: see backend.Backend. Where a
// proxy has named another one by the PROXY protocol, it is that.
func (e Exchange) Peer() backend.Address { return e.loop.clients.peer(e.x.token) }

// Listener is the index, among those given to New, of the listener that the
// connection came in by.
func (e Exchange) Listener() int { return int(e.x.listener) }
