package backendtest

import (
	"testing"

	"aws/backend"
)

var peerTests = []test{
	{"Address", testPeerAddress},
	{"AfterReset", testPeerAfterReset},
	{"Remembered", testPeerRemembered},
	{"SlotReuse", testPeerSlotReuse},
	{"NoAllocations", testPeerNoAllocations},
}

// wantPeer fails the test unless the engine knows c's client, however often it
// is asked.
func (h *harness) wantPeer(c *conn) {
	h.t.Helper()
	for range 2 {
		if got, want := h.Backend.Peer(c.token), c.peer.Address(); got != want {
			h.t.Fatalf("peer by listener %d: %v, want %v", c.listener, got, want)
		}
	}
}

// The clients of every listener are known by their own addresses.
func testPeerAddress(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for i := range slots {
		h.wantPeer(h.connectTo(i % h.Listeners))
	}
	for _, c := range h.conns {
		h.wantPeer(c)
		h.echo(c)
	}
}

// A client that has reset has its address or none, at the first call and later.
func testPeerAfterReset(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for listener := range h.Listeners {
		c := h.connectTo(listener)
		c.peer.Reset()
		h.settle()
		for range 2 {
			if got := h.Backend.Peer(c.token); got != c.peer.Address() && got != (backend.Address{}) {
				t.Fatalf("peer: %v, want %v or nothing", got, c.peer.Address())
			}
		}
		h.close(c)
	}
}

// An address once told stays known to the end of the connection.
func testPeerRemembered(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for listener := range h.Listeners {
		c := h.connectTo(listener)
		h.wantPeer(c)
		c.peer.Reset()
		h.settle()
		h.wantPeer(c)
		h.close(c)
	}
}

// The next connection of a slot has its own client's address.
func testPeerSlotReuse(t *testing.T, s *suite) {
	h := s.start(t, 1)
	for i := range 3 * h.Listeners {
		c := h.connectTo(i % h.Listeners)
		h.wantPeer(c)
		h.close(c)
	}
}

// To ask for a client's address allocates nothing.
func testPeerNoAllocations(t *testing.T, s *suite) {
	h := s.start(t, 1)
	c := h.connect()
	var got backend.Address
	if n := testing.AllocsPerRun(100, func() { got = h.Backend.Peer(c.token) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if want := c.peer.Address(); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}
