package main_test

import (
	"io"
	"testing"
)

// The limit on connections is one of all loops: wherever the kernel sends a client,
// it is served while there is room, and one that comes too late is served when a
// transfer has ended, in whichever loop.
func TestConnectionsAreOneBudget(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		const connections = 50
		s := start(t, w, fixture, "--workers=2", "--max-connections=50")
		request := "GET /static/" + small + " HTTP/1.1\r\nHost: test\r\n\r\n"
		var open []io.Reader
		for range connections {
			_, body, _ := s.begin(t, "/static/")
			open = append(open, body)
		}
		var late []*client
		for range connections {
			c := s.dial(t)
			c.send(request)
			late = append(late, c)
		}
		for _, body := range open {
			if _, err := io.Copy(io.Discard, body); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range late {
			c.answer("GET", 200)
		}
	})
}
