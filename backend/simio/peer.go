package simio

import (
	"encoding/binary"
	"io"
	"net/netip"
	"syscall"

	"aws/backend"
)

// Peer is the client's end of a connection. It never waits: what it cannot do
// now it does not do. It belongs to the engine's thread.
type Peer struct{ link *link }

// Dial connects a client to listener 0. The engine accepts it in a later Wait;
// the client may write before that.
func (e *Engine) Dial() *Peer { return e.DialTo(0) }

// DialTo connects a client to a listener, an index that its accept will name.
// Each client has another address, until SetAddress.
func (e *Engine) DialTo(listener int) *Peer {
	l := &link{}
	l.listener = int32(listener)
	l.address = generated(e.dialled)
	e.dialled++
	a := arrival{link: l, due: e.now}
	if e.chance(e.p.LateAccept) {
		a.due += e.delay()
	}
	e.backlog = append(e.backlog, a)
	return &Peer{l}
}

// generated returns the address of client n, of a network kept for tests (RFC
// 2544: 198.18.0.0/15).
func generated(n uint32) backend.Address {
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], 198<<24|18<<16|n%(1<<17))
	return backend.AddressFrom(netip.AddrPortFrom(netip.AddrFrom4(ip), uint16(49152+n%16384)))
}

// Address is what the engine says of the client.
func (p *Peer) Address() backend.Address { return p.link.address }

// SetAddress makes the client come from elsewhere, or, with the zero Address,
// from a unix socket.
func (p *Peer) SetAddress(a backend.Address) { p.link.address = a }

// Write sends as much of b as the connection has room for: 0 while it is
// full. The error is EPIPE once the connection has ended.
func (p *Peer) Write(b []byte) (int, error) {
	l := p.link
	if l.reset || l.up.fin {
		return 0, syscall.EPIPE
	}
	if l.serverClosed { // the server's kernel answers data for a closed socket with a reset
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

// Close closes the connection. As in TCP, that is a reset if the client has not
// read all that has arrived.
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
