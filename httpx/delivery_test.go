package httpx

import (
	"bytes"
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/httpx/httpxtest"
)

// owing is a client that has read part of a response, so that the kernel could
// take the rest of it, and reads no more.
func (h *harness) owing(request string, halfClose bool) *client {
	h.t.Helper()
	c := h.dial(request)
	c.halfClose, c.pace = halfClose, 4096
	h.until("most to be read", func() bool { return len(c.got) > largeSize-32<<10 })
	c.pace = 0
	h.until("the response to end", func() bool { return len(h.told.open) == 0 })
	return c
}

// A client that takes nothing any more is reset, whatever its connection waits
// for, so that the kernel keeps nothing for it.
func TestStalledClientIsReset(t *testing.T) {
	const stall, idle = 30 * time.Second, 60 * time.Second
	const large = "GET /static/large HTTP/1.1\r\nHost: a\r\n"
	for _, c := range []struct {
		name   string
		client func(*harness) *client
		at     time.Duration // when it is reset
	}{
		{"in the middle", func(h *harness) *client { return h.stuck(get("/static/large")) }, stall},
		{"in the middle, through buffers", func(h *harness) *client { return h.stuck(get("/dynamic/large")) }, stall},
		{"idle", func(h *harness) *client { return h.owing(get("/static/large"), false) }, idle + stall},
		{"half closed", func(h *harness) *client { return h.owing(get("/static/large"), true) }, stall},
		{"closing", func(h *harness) *client { return h.owing(large+"Connection: close\r\n\r\n", false) }, lingerTimeout + stall},
		{"closing, half closed", func(h *harness) *client { return h.owing(large+"Connection: close\r\n\r\n", true) }, stall},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
			client := c.client(h)
			h.until("the end of the connection", func() bool { return h.open == 0 })
			if now := h.sim.Now(); now < c.at || now > c.at+h.deadlines.after[stallDeadline]+time.Second {
				t.Errorf("at %v, want %v", now, c.at)
			}
			client.pace = everything
			h.until("the client to see it", func() bool { return client.err != nil })
			if client.err != unix.ECONNRESET {
				t.Errorf("the connection ended with %v, want a reset", client.err)
			}
			h.settle()
		})
	}
}

// A client that takes its time gets all of a response that has ended for the
// server, and then an orderly end.
func TestSlowClientGetsAllAfterTheEnd(t *testing.T) {
	for _, halfClose := range []bool{false, true} {
		for _, fields := range []string{"", "Connection: close\r\n"} {
			h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
			c := h.owing("GET /static/large HTTP/1.1\r\nHost: a\r\n"+fields+"\r\n", halfClose)
			for i := time.Duration(1); len(c.got) < largeSize; i++ { // a little in each 20 s
				h.until("time to pass", func() bool { return h.sim.Now() > i*20*time.Second || c.err != nil })
				c.pace = 4096
				before := len(c.got)
				h.until("the client to read", func() bool { return len(c.got) > before || c.err != nil })
				c.pace = 0
				if c.err != nil {
					break
				}
			}
			c.pace = everything
			h.until("the end", func() bool { return c.err != nil })
			got, rest, err := parseResponses(c.got, "GET")
			if c.err != io.EOF || err != nil || len(rest) > 0 || !bytes.Equal(got[0].body, httpxtest.Content("large", largeSize)) {
				t.Errorf("half closed: %v, with %q: %v, %v after %d bytes", halfClose, fields, c.err, err, len(c.got))
			}
			h.settle()
		}
	}
}

// A client that has closed its side finds the end as soon as it has read everything,
// and its slot is free soon after that.
func TestHalfClosedClientIsLetGo(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles), adjust: func(c *Config) { c.StallTimeout = 24 * time.Hour }}.open(t)
	c := h.owing(get("/static/large"), true)
	c.pace = everything
	h.until("the end", func() bool { return c.err != nil })
	h.checkAt(0)
	if got, rest, err := parseResponses(c.got, "GET"); c.err != io.EOF || err != nil || len(rest) > 0 {
		t.Errorf("%v, %v, %d responses", c.err, err, len(got))
	}
	h.settle()
	if now := h.sim.Now(); now > 2*deliveryLook {
		t.Errorf("the slot is free at %v", now)
	}
}

// What a drain cuts at its end is reset. What has been sent whole is the kernel's.
func TestDrainResetsWhatItCuts(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	whole, closed := h.owing(get("/static/large"), false), h.owing(get("/static/large"), true)
	half := h.stuck(get("/static/large"))
	h.server.Drain()
	h.until("the others to be left to the kernel", func() bool { return h.open == 1 })
	h.checkAt(0)
	h.until("the end of all connections", func() bool { return h.open == 0 })
	h.checkAt(10 * time.Second)
	for _, c := range []*client{whole, closed, half} {
		c.pace = everything
	}
	h.until("the clients to see it", func() bool { return whole.err != nil && closed.err != nil && half.err != nil })
	for _, c := range []*client{whole, closed} {
		if got, _, err := parseResponses(c.got, "GET"); c.err != io.EOF || err != nil {
			t.Errorf("a whole response: %v, %v, %d responses", c.err, err, len(got))
		}
	}
	if half.err != unix.ECONNRESET {
		t.Errorf("the cut response: %v, want a reset", half.err)
	}
	h.settle()
}
