package main_test

import (
	"io"
	"strconv"
	"testing"
)

// Connections that are only kept alive do not keep a newcomer out: the one that
// has been idle longest makes room, on whichever loop it is.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	const places, newcomers = 50, 20
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--workers=2", "--max-connections="+strconv.Itoa(places))
		for range places + newcomers {
			s.dial(t).goesOn() // and stays
		}
		_, body, first := s.begin(t, "/static/")
		for range newcomers {
			s.dial(t).goesOn()
		}
		rest := make([]byte, len(contents[large])-len(first))
		if n, err := io.ReadFull(body, rest); err != nil {
			t.Errorf("a transfer under way ends after %d bytes: %v", n, err)
		}
	})
}
