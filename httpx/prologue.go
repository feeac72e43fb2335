// The wire's prologue: what a proxy sends before HTTP begins, to say whom the connection
// is for.
//
//	headReceived (http1request.go) ─► takePrologue ─► what comes after it: the first head
//	                                      └─► 400, and the end
//
// It belongs to the first head: the deadline is the same, and so is where it is saved
// while it comes in pieces.

package httpx

import (
	"aws/backend"
	"aws/httpx/message"
	"aws/httpx/proxyproto"
)

// expectPrologue has a connection that has been accepted begin with a prologue, if its
// listener is for proxies.
func (l *loop) expectPrologue(c *conn) {
	if l.clients.proxies(c.listener) != nil {
		c.flags |= prologue
	}
	if l.clients.named != nil {
		l.clients.name(c.token, backend.Address{})
	}
}

// takePrologue takes the PROXY header at the start of b, the saved input or lent bytes,
// and returns what follows. There is nothing to serve yet if that is empty.
func (l *loop) takePrologue(c *conn, b []byte) (rest []byte) {
	h, n, problem := proxyproto.Parse(b)
	if !l.clients.proxies(c.listener).Contains(l.engine.Peer(c.token)) {
		problem = proxyproto.NotFromProxy
	}
	switch {
	case problem != proxyproto.NoProblem:
		l.refusePrologue(c, b, problem)
		return nil
	case n == 0:
		l.awaitHead(c, b)
		return nil
	}
	c.flags &^= prologue
	l.clients.name(c.token, h.Source)
	if l.limits != nil && !l.arrives(c) {
		l.abandon(c, Drained)
		return nil
	}
	if rest = b[n:]; len(rest) == 0 {
		l.inputs.keep(&c.in, nil)
		l.recv(c)
		return nil
	}
	c.headAt = l.now()
	return rest
}

// refusePrologue ends a connection that does not begin as it has to. The operator hears
// of a proxy that does it wrong, not of others.
func (l *loop) refusePrologue(c *conn, b []byte, problem proxyproto.Problem) {
	c.flags &^= prologue
	if problem != proxyproto.NotFromProxy {
		l.warn("refused a connection from the proxy "+l.engine.Peer(c.token).String(), problem)
	}
	l.refuseHead(c, b, message.StatusBadRequest, badPrologue+reason(problem)-1)
}
