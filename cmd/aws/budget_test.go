package main_test

import (
	"strings"
	"testing"
)

// The limit on connections is one of all loops: wherever the kernel sends a client,
// it is served while there is room, and one that comes too late is served when a
// place has become free, in whichever loop.
func TestConnectionsAreOneBudget(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		const connections = 50
		s := start(t, w, fixture, "--workers=2", "--max-connections=50")
		request := "GET /static/" + small + " HTTP/1.1\r\nHost: test\r\n\r\n"
		var open []*client
		for range connections {
			c := s.dial(t)
			c.send(request)
			c.answer("GET", 200)
			open = append(open, c)
		}
		var late []*client
		for range connections {
			c := s.dial(t)
			c.send(request)
			late = append(late, c)
		}
		for _, c := range open {
			c.send(strings.Replace(request, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1))
			c.answer("GET", 200)
			c.ends()
		}
		for _, c := range late {
			c.answer("GET", 200)
		}
	})
}
