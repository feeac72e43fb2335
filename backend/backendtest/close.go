package backendtest

import (
	"os"
	"testing"

	"aws/backend"
)

var closeTests = []test{
	{"PeerSeesTheEnd", testClosePeerSees},
	{"SlotReuse", testCloseSlotReuse},
	{"StaleEvents", testCloseStaleEvents},
	{"StaleEventsInBatch", testCloseStaleInBatch},
	{"DestroyIdle", testDestroyIdle},
	{"DestroyInFlight", testDestroyInFlight},
	{"DescriptorLeak", testDescriptorLeak},
}

func testClosePeerSees(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	h.sendAll(c, content(1, 0, 1000), func() {})
	h.close(c)
	h.expectEOF(in)
	check(t, "peer", in.got, 1, 0)
}

// A slot is used again, with another generation.
func testCloseSlotReuse(t *testing.T, s *suite) {
	h := s.start(t, 1)
	seen := map[backend.Token]bool{}
	for range 50 {
		c := h.connect()
		if seen[c.token] {
			t.Fatalf("token %v again", c.token)
		}
		seen[c.token] = true
		h.echo(c)
		h.close(c)
	}
}

// Nothing that peers do around Close reaches the slot's next connection.
func testCloseStaleEvents(t *testing.T, s *suite) {
	h := s.start(t, 1)
	deeds := []func(Peer){
		func(p Peer) { _, _ = p.Write([]byte("stale")) },
		Peer.CloseWrite,
		Peer.Close,
		Peer.Reset,
		func(p Peer) { _, _ = p.Write([]byte("stale")); p.Close() },
	}
	for round := range 4 * len(deeds) {
		deed, variant := deeds[round%len(deeds)], round/len(deeds)
		c := h.connect()
		if variant%2 == 1 {
			h.settle()
		}
		if variant < 2 {
			deed(c.peer)
			h.close(c)
		} else {
			h.close(c)
			deed(c.peer)
		}
		next := h.connect()
		h.recv(next)
		h.settle()
		if len(next.done) != 0 {
			t.Fatalf("recv: %s, which is not this connection's", outcome(next.done[backend.OpRecv].n))
		}
		h.write(next.peer, []byte("fresh"))
		got := h.take(next, backend.OpRecv).data
		equal(t, "recv", append(got, h.receiveAll(next, 5-len(got), func() {})...), []byte("fresh"))
		h.close(next)
	}
}

// A connection is closed while the engine holds an event for it that came in
// the same batch, and its slot is taken again in that batch or the next.
func testCloseStaleInBatch(t *testing.T, s *suite) {
	h := s.start(t, 2)
	for range 20 {
		a, b := h.connect(), h.connect()
		h.recv(a)
		h.recv(b)
		h.settle()
		h.cancel(b)
		h.take(b, backend.OpRecv)
		newcomer := h.dial()
		h.write(a.peer, []byte("x"))
		h.write(b.peer, []byte("stale"))
		b.peer.Close()
		h.seen = func(c *conn, done backend.Completion) {
			if c == a && done.Op == backend.OpRecv {
				h.close(b)
			}
		}
		c := h.accept()
		h.seen = nil
		c.peer = newcomer
		h.recv(c)
		h.settle()
		if len(c.done) != 0 {
			t.Fatalf("recv: %s, which is not this connection's", outcome(c.done[backend.OpRecv].n))
		}
		h.cancel(c)
		h.take(c, backend.OpRecv)
		h.close(a)
		h.close(c)
	}
}

func testDestroyIdle(t *testing.T, s *suite) {
	h := s.start(t, slots)
	h.destroy()
}

// Destroy with connections in every state: all peers see the end, and reads no
// longer write into their buffers.
func testDestroyInFlight(t *testing.T, s *suite) {
	h := s.start(t, slots)
	var peers []*intake
	var buffers [][]byte
	f := h.file(1, 4<<20).cool()
	for i := range slots - 1 {
		c := h.connect()
		peers = append(peers, &intake{peer: c.peer})
		if i%2 == 0 {
			h.recv(c)
		}
		switch i / 2 % 4 {
		case 0:
			h.send(c, content(2, 0, 4<<20))
		case 1:
			h.sendFile(c, nil, f, 0, f.size)
		case 2:
			h.sendFile(c, []byte("head"), f, 0, 1000)
		}
		b := pages(1 << 20)
		h.readFile(int32(i), b, f, 0)
		buffers = append(buffers, b)
	}
	peers = append(peers, &intake{peer: h.dial()}) // in the backlog
	h.destroy()
	for _, b := range buffers {
		clear(b)
	}
	for _, in := range peers {
		for in.err == nil {
			h.checkDeadline("the peers to see the end of Destroy")
			in.step(1 << 20)
		}
	}
	for _, b := range buffers {
		equal(t, "buffer after Destroy", b, make([]byte, len(b)))
	}
}

// Open, use, Destroy: as many descriptors as before.
func testDescriptorLeak(t *testing.T, s *suite) {
	use := func() {
		h := s.start(t, slots)
		f := h.file(1, 100_000)
		var peers []Peer
		for i := range slots {
			c := h.connect()
			peers = append(peers, c.peer)
			h.readRange(f.cool(), 0, 100*backend.Align)
			h.echo(c)
			if i%2 == 0 {
				h.close(c)
			}
		}
		for range slots {
			peers = append(peers, h.dial())
		}
		h.settle()
		h.destroy()
		for _, p := range peers {
			p.Close()
		}
		f.close()
		h.files = nil
	}
	use() // the first time may open something that stays, such as the runtime's poller
	before := descriptors(t)
	use()
	if after := descriptors(t); after != before {
		t.Fatalf("%d descriptors are open, %d before", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
