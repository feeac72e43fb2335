// Whom requests are from: the other end of the connection, unless a proxy that is
// trusted says otherwise.
//
//	prologue.go ─► named ─┐
//	backend.Peer ─────────┴► peer ─► of: X-Forwarded-For, Forwarded (package forwarded)
//
// The fields are looked at once for a request, and only if somebody wants to know:
// admit.go for a rule that goes by networks, or an observer.

package httpx

import (
	"errors"

	"aws/backend"
	"aws/httpx/forwarded"
	"aws/httpx/message"
)

// clients are those of a loop.
type clients struct {
	engine    backend.Backend
	listeners []*backend.Listener
	trusted   backend.Networks // the proxies whose fields are believed

	named   []backend.Address // by slot: by a PROXY header, or zero; nil if no listener takes one
	origins []origin          // by exchange; nil if no proxy is trusted
}

// origin is whom a request is from, once that is known.
type origin struct {
	address backend.Address
	known   bool
}

func newClients(engine backend.Backend, listeners []*backend.Listener, trusted backend.Networks, slots, exchanges int) (c clients, err error) {
	c = clients{engine: engine, listeners: listeners, trusted: trusted}
	var errs [2]error
	for _, l := range listeners {
		if l.Proxies != nil && c.named == nil {
			c.named, errs[0] = backend.MapArray[backend.Address](slots)
		}
	}
	if len(trusted) > 0 {
		c.origins, errs[1] = backend.MapArray[origin](exchanges)
	}
	return c, errors.Join(errs[:]...)
}

func (c *clients) destroy() {
	backend.UnmapArray(c.named)
	backend.UnmapArray(c.origins)
}

// proxies are those that may connect to a listener, nil if anybody may.
func (c *clients) proxies(listener uint16) backend.Networks {
	if c.named == nil {
		return nil
	}
	return c.listeners[listener].Proxies
}

// name keeps what a PROXY header has said of a connection: the zero Address for nothing.
func (c *clients) name(t backend.Token, a backend.Address) { c.named[t.Slot()] = a }

// peer is the other end of a connection, or whom its PROXY header names.
func (c *clients) peer(t backend.Token) backend.Address {
	if c.named != nil {
		if a := c.named[t.Slot()]; a != (backend.Address{}) {
			return a
		}
	}
	return c.engine.Peer(t)
}

// begin forgets whom the exchange before this one was from.
func (c *clients) begin(i int32) {
	if c.origins != nil {
		c.origins[i] = origin{}
	}
}

// of is whom exchange i is from. r is its request, or nil. Then nobody has understood the
// head, and it is from the peer unless that is known already: half of a head may lack
// what the proxy has written.
func (c *clients) of(i int32, x *exchange, r *message.Request) backend.Address {
	if c.origins == nil {
		return c.peer(x.token)
	}
	if o := &c.origins[i]; !o.known {
		o.address = c.peer(x.token)
		// Of a TCP socket the address may be unknown: its client has gone.
		if r != nil && (o.address != (backend.Address{}) || c.onUnix(x.listener)) {
			o.address, o.known = forwarded.Client(r, o.address, c.trusted), true
		}
	}
	return c.origins[i].address
}

// onUnix says that a listener is a unix socket.
func (c *clients) onUnix(listener uint16) bool {
	return int(listener) < len(c.listeners) && c.listeners[listener].IsUnix()
}
