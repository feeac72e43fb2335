package simio

import (
	"io"
	"syscall"
)

// Peer is the client's end of a connection. It never waits: what it cannot do
// now it does not do. It belongs to the engine's thread.
type Peer struct{ link *link }

// Dial connects a client. The engine accepts it in a later Wait; the client
// may write before.
func (e *Engine) Dial() *Peer {
	l := newLink()
	a := arrival{link: l, due: e.now}
	if e.chance(e.p.LateAccept) {
		a.due += e.delay()
	}
	e.backlog = append(e.backlog, a)
	return &Peer{l}
}

// Write sends as much of b as the connection has room for: 0 while it is
// full. The error is EPIPE once the connection has ended.
func (p *Peer) Write(b []byte) (int, error) {
	l := p.link
	if l.reset || l.up.fin {
		return 0, syscall.EPIPE
	}
	if l.serverClosed { // the server's kernel answers data for nobody with a reset
		l.reset = true
		return len(b), nil
	}
	return l.up.write(b), nil
}

// Read takes what has arrived: 0 and no error while there is nothing, io.EOF
// after the last byte, or ECONNRESET.
func (p *Peer) Read(b []byte) (int, error) {
	l := p.link
	if n := l.down.read(b); n > 0 || len(b) == 0 {
		return n, nil
	}
	switch {
	case l.reset:
		return 0, syscall.ECONNRESET
	case l.down.fin:
		return 0, io.EOF
	}
	return 0, nil
}

// CloseWrite ends what the client sends; it can still read.
func (p *Peer) CloseWrite() { p.link.up.fin = true }

// Close closes the connection. As in TCP that is a reset if there are bytes
// that the client has not read.
func (p *Peer) Close() {
	l := p.link
	if l.clientClosed {
		return
	}
	l.clientClosed, l.up.fin = true, true
	if l.down.unread() > 0 {
		l.abort()
	}
}

// Reset breaks the connection; bytes under way are lost.
func (p *Peer) Reset() {
	p.link.clientClosed = true
	p.link.abort()
}

// Corked says whether the server has used Cork, which changes nothing here.
func (p *Peer) Corked() bool { return p.link.corked }
