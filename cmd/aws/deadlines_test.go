package main_test

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// Deadlines: that they come, and to whom. When they come no test says, but
// that it is in a time that a test can wait for.

func TestHeaderTimeout(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--header-timeout=300ms")

		silent := s.dial(t)
		silent.ends()

		partial := s.dial(t)
		partial.send("GET /static/" + small + " HTTP/1.1\r\nHo")
		if !partial.refusal(http.StatusRequestTimeout).Close {
			t.Error("the answer does not say that the connection ends")
		}
		partial.ends()

		second := s.dial(t)
		second.goesOn()
		second.send("G")
		second.refusal(http.StatusRequestTimeout)
		second.ends()
	})
}

// A head that trickles in gains no time with each byte.
func TestHeaderTimeoutTrickle(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--header-timeout=300ms")
		c := s.dial(t)
		over := make(chan struct{})
		go func() {
			defer close(over)
			for {
				if _, err := io.WriteString(c, "a"); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
		c.refusal(http.StatusRequestTimeout)
		_ = c.Close()
		<-over
	})
}

func TestIdleTimeout(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--idle-timeout=300ms", "--header-timeout=1h")
		c := s.dial(t)
		c.goesOn()
		c.goesOn()
		c.ends()
	})
}

// A reader that reads no more loses its connection; so does one that promises
// a body and sends none.
func TestStallTimeout(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--stall-timeout=500ms")
		for _, tree := range trees {
			c := s.dial(t)
			c.send(get(tree + sparse))
			c.head("GET")
			s.wantNoConnections(t)
			c.breaksOff(sparseSize)
		}
		c := s.dial(t)
		c.send(get("/static/"+small, "Content-Length: 10") + "half")
		c.ends()
	})
}

// A reader that is slow, but reads, loses nothing.
func TestStallTimeoutProgress(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--stall-timeout=1s")
		for _, tree := range trees {
			c := s.dial(t)
			c.send(get(tree + large))
			for range 40 {
				if _, err := io.CopyN(io.Discard, c.in, 256<<10); err != nil {
					t.Fatal(err)
				}
				time.Sleep(50 * time.Millisecond)
			}
		}
	})
}
