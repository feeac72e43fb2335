package backendtest

import (
	"testing"

	"aws/backend"
)

var acceptTests = []test{
	{"Tokens", testAcceptTokens},
	{"Exhaustion", testAcceptExhaustion},
	{"StopAccepting", testStopAccepting},
	{"StopAcceptingWhileFull", testStopAcceptingWhileFull},
	{"GoneBeforeAccept", testGoneBeforeAccept},
}

// Open connections have tokens of their own, and all work.
func testAcceptTokens(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for range slots {
		h.connect() // record checks the token
	}
	for _, c := range h.conns {
		h.echo(c)
	}
}

// With all slots taken, clients wait; each Close lets in just one.
func testAcceptExhaustion(t *testing.T, s *suite) {
	h := s.start(t, 4)
	for range 8 {
		h.Dial()
	}
	open := make([]*conn, 0, 8)
	for range 4 {
		open = append(open, h.accept())
	}
	for len(open) < 8 {
		h.settle()
		if n := len(h.accepted); n != 0 {
			t.Fatalf("%d accepted while no slot is free", n)
		}
		old := open[len(open)-4]
		h.close(old)
		c := h.accept()
		if c.token.Slot() != old.token.Slot() {
			t.Fatalf("accepted %v, but only the slot of %v is free", c.token, old.token)
		}
		open = append(open, c)
	}
	h.settle()
	if n := len(h.accepted); n != 0 {
		t.Fatalf("%d accepted that nobody has dialled", n)
	}
}

func testStopAccepting(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	h.Backend.StopAccepting()
	h.Dial()
	h.settle()
	if n := len(h.accepted); n != 0 {
		t.Fatalf("%d accepted after StopAccepting", n)
	}
	h.echo(c)
}

// A slot that becomes free does not start accepting again.
func testStopAcceptingWhileFull(t *testing.T, s *suite) {
	h := s.start(t, 1)
	c := h.connect()
	h.Dial()
	h.settle()
	h.Backend.StopAccepting()
	h.close(c)
	h.settle()
	if n := len(h.accepted); n != 0 {
		t.Fatalf("%d accepted after StopAccepting", n)
	}
}

// A client that has gone before it was accepted is not accepted, or is a
// connection at its end; the next one is served.
func testGoneBeforeAccept(t *testing.T, s *suite) {
	h := s.start(t, slots)
	h.Dial().Reset()
	h.Dial().Close()
	h.settle()
	for _, c := range h.accepted {
		if r := h.receive(c); r.n > 0 {
			t.Fatalf("recv: %s from a client that sent nothing", outcome(r.n))
		}
		h.close(c)
	}
	h.accepted = nil
	c := h.connect()
	h.echo(c)
	if c.token.Slot() >= backend.MaxSlots {
		t.Fatalf("token %v", c.token)
	}
}
