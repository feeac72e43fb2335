package main_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// begin asks for a file and reads the first of it; the rest waits in the
// server.
func (s *server) begin(t *testing.T, tree string) (c *client, body io.Reader, first []byte) {
	t.Helper()
	c = s.dial(t)
	c.send(get(tree + large))
	body = c.head("GET").Body
	first = make([]byte, 1000)
	if _, err := io.ReadFull(body, first); err != nil {
		t.Fatal(err)
	}
	return c, body, first
}

// What is being sent is sent to its end.
func TestSignalFinishesTransfers(t *testing.T) {
	for name, sig := range map[string]unix.Signal{"SIGTERM": unix.SIGTERM, "SIGINT": unix.SIGINT} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, w way) {
				for _, tree := range trees {
					s := start(t, w, fixture, "--drain-timeout=1m")
					c, body, first := s.begin(t, tree)
					s.signal(sig)
					time.Sleep(50 * time.Millisecond) // it may have to see the signal first
					rest, err := io.ReadAll(body)
					if got := append(first, rest...); err != nil || !bytes.Equal(got, contents[large]) {
						t.Errorf("%d bytes and %v, want %s", len(got), err, large)
					}
					_ = c.Close()
					if code := s.wait(t); code != 0 {
						t.Errorf("exit code %d, want 0", code)
					}
				}
			})
		})
	}
}

// What takes too long is cut, and that is no failure.
func TestDrainTimeout(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		for _, tree := range trees {
			s := start(t, w, fixture, "--drain-timeout=300ms")
			s.begin(t, tree)
			s.signal(unix.SIGTERM)
			if code := s.wait(t); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
		}
	})
}

// The second signal ends the server at once.
func TestSecondSignal(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--drain-timeout=1h")
		s.begin(t, "/static/")
		s.begin(t, "/dynamic/")
		eventually(t, "the end", func() bool {
			s.signal(unix.SIGTERM) // two of them at once count as one
			time.Sleep(20 * time.Millisecond)
			return s.hasExited()
		})
	})
}

// Connections without a request hold nothing up.
func TestSignalWithIdleConnections(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--drain-timeout=1h")
		for range 10 {
			s.dial(t)
			c := s.dial(t)
			c.goesOn()
		}
		s.signal(unix.SIGTERM)
		if code := s.wait(t); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
	})
}

// SIGUSR1 logs what each loop's engine has counted.
func TestReport(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		w.says = []string{"msg=counters"}
		s := start(t, w, fixture, "--workers=2")
		s.wantFile(t, "curl", "/dynamic/", medium)
		s.signal(unix.SIGUSR1)
		eventually(t, "two lines of counters", func() bool { return strings.Count(s.stderr.String(), "\n") == 2 })
		for line := range strings.Lines(s.stderr.String()) {
			if !strings.Contains(line, "engine.opened=") || !strings.Contains(line, "connections=") {
				t.Errorf("on stderr: %s", line)
			}
		}
		if strings.Count(s.stderr.String(), "cachedreads=0 engine.directreads=0 engine.otherreads=0") == 2 {
			t.Errorf("no read is counted:\n%s", &s.stderr)
		}
	})
}
