package main_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// begin asks for a file and reads its first bytes; the rest waits in the server.
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

// wantRefused waits until the server refuses connections: it has seen the signal.
func (s *server) wantRefused(t *testing.T) {
	t.Helper()
	children.Eventually(t, "the end of listening", func() bool {
		conn, err := net.Dial("tcp", s.addrs[0])
		if err == nil {
			_ = conn.Close()
		}
		return errors.Is(err, unix.ECONNREFUSED)
	})
}

// A transfer that has begun is finished.
func TestSignalFinishesTransfers(t *testing.T) {
	for name, sig := range map[string]unix.Signal{"SIGTERM": unix.SIGTERM, "SIGINT": unix.SIGINT} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, w way) {
				for _, tree := range trees {
					s := start(t, w, fixture)
					c, body, first := s.begin(t, tree)
					s.signal(sig)
					s.wantRefused(t)
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

// A transfer that takes too long is cut. The log says which, and the exit code
// that something is missing.
func TestDrainTimeout(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		for _, tree := range trees {
			w.says = append(w.says, "cut off", "finishing what is being sent")
			s := start(t, w, fixture, "--drain-timeout=300ms", "--workers=2")
			s.begin(t, tree)
			s.signal(unix.SIGTERM)
			if code := s.wait(t); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			if log := s.stderr.String(); !strings.Contains(log, large) || !strings.Contains(log, "aws: 1 response was cut off") {
				t.Errorf("the log says %q", log)
			}
		}
	})
}

// The second signal ends the server at once.
func TestSecondSignal(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--drain-timeout=24h")
		s.begin(t, "/static/")
		s.begin(t, "/dynamic/")
		children.Eventually(t, "the end", func() bool {
			s.signal(unix.SIGTERM) // again and again: two at once count as one
			return s.hasExited()
		})
	})
}

// Connections without a request do not delay the end.
func TestSignalWithIdleConnections(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--drain-timeout=24h")
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

// SIGUSR1 logs the counters of each loop's engine, and what the process has.
func TestReport(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		w.says = []string{"msg=counters", "msg=process"}
		s := start(t, w, fixture, "--workers=2")
		s.wantFile(t, "curl", "/dynamic/", medium)
		s.signal(unix.SIGUSR1)
		children.Eventually(t, "three lines", func() bool { return strings.Count(s.stderr.String(), "\n") == 3 })
		loops := 0
		for line := range strings.Lines(s.stderr.String()) {
			want := []string{"goroutines=", "heap="}
			if strings.Contains(line, "msg=counters") {
				loops++
				want = []string{"engine.opened=", "connections=", "held.streams="}
			}
			for _, part := range want {
				if !strings.Contains(line, part) {
					t.Errorf("no %q on stderr: %s", part, line)
				}
			}
		}
		if loops != 2 || strings.Count(s.stderr.String(), "cachedreads=0 engine.directreads=0 engine.otherreads=0") == 2 {
			t.Errorf("%d lines of counters, or no read is counted:\n%s", loops, &s.stderr)
		}
	})
}
