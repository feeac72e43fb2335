// Deadlines: that they strike, and whom. No test says when they strike. Where a
// client must act before one does, the timeout grows until the machine is fast
// enough for that.

package main_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"aws/backend/backendtest/children"
)

// withTimeouts tries something with a server's timeout that grows. It has to
// succeed with one of them.
func withTimeouts(t *testing.T, try func(timeout time.Duration) error) {
	t.Helper()
	for timeout := 300 * time.Millisecond; ; timeout *= 4 {
		err := try(timeout)
		if err == nil {
			return
		}
		if timeout > time.Minute {
			t.Fatalf("with a timeout of %v: %v", timeout, err)
		}
		t.Logf("with a timeout of %v, which may be too short here: %v", timeout, err)
	}
}

// talk is a connection whose failures are errors.
type talk struct {
	net.Conn
	in *bufio.Reader
}

// connect opens a connection that ends with the test, or before.
func (s *server) connect(t *testing.T) (*talk, error) {
	conn, err := net.Dial("tcp", s.addrs[0])
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &talk{conn, bufio.NewReader(conn)}, conn.SetDeadline(children.Deadline(t))
}

// fetch asks for the small file, which must come.
func (c *talk) fetch() error {
	if _, err := io.WriteString(c, get("/static/"+small)); err != nil {
		return err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return err
	}
	if body, err := io.ReadAll(answer.Body); err != nil || !bytes.Equal(body, contents[small]) {
		return fmt.Errorf("%d bytes, not those of %s, %v", len(body), small, err)
	}
	return nil
}

// isTimedOut reads the answer 408, which must be all that comes.
func (c *talk) isTimedOut() error {
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	body, err := io.ReadAll(answer.Body)
	const text = "408 Request Timeout\n"
	if err != nil || answer.StatusCode != http.StatusRequestTimeout || string(body) != text || !answer.Close ||
		answer.ContentLength != int64(len(text)) || answer.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		return fmt.Errorf("%s, %v, closing: %v, %q, %v", answer.Status, answer.Header, answer.Close, cut(body), err)
	}
	return c.isOver()
}

// isOver wants the end of the connection.
func (c *talk) isOver() error {
	if b, err := io.ReadAll(c.in); err != nil || len(b) > 0 {
		return fmt.Errorf("%q and %v, want the end of the connection", cut(b), err)
	}
	return nil
}

func TestHeaderTimeout(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--header-timeout=300ms")
		s.dial(t).ends() // without an answer, since nothing came

		withTimeouts(t, func(timeout time.Duration) error {
			s := start(t, w, fixture, fmt.Sprint("--header-timeout=", timeout))
			c, err := s.connect(t)
			if err != nil {
				return err
			}
			if _, err := io.WriteString(c, "GET /static/"+small+" HTTP/1.1\r\nHo"); err != nil {
				return err
			}
			return c.isTimedOut()
		})
		withTimeouts(t, func(timeout time.Duration) error {
			s := start(t, w, fixture, fmt.Sprint("--header-timeout=", timeout))
			c, err := s.connect(t)
			if err != nil {
				return err
			}
			if err := c.fetch(); err != nil {
				return err
			}
			if _, err := io.WriteString(c, "G"); err != nil {
				return err
			}
			return c.isTimedOut()
		})
	})
}

// A head that trickles in gains no time with each byte.
func TestHeaderTimeoutTrickle(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		withTimeouts(t, func(timeout time.Duration) error {
			s := start(t, w, fixture, fmt.Sprint("--header-timeout=", timeout))
			c, err := s.connect(t)
			if err != nil {
				return err
			}
			return c.tricklesUntil(timeout/15, c.isTimedOut)
		})
	})
}

// tricklesUntil sends a byte at a time, with pauses, until what is to happen has
// happened. Then it closes the connection.
func (c *talk) tricklesUntil(pause time.Duration, happens func() error) error {
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			if _, err := io.WriteString(c, "a"); err != nil {
				return
			}
			time.Sleep(pause)
		}
	}()
	err := happens()
	_ = c.Close()
	<-over
	return err
}

func TestIdleTimeout(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		withTimeouts(t, func(timeout time.Duration) error {
			s := start(t, w, fixture, fmt.Sprint("--idle-timeout=", timeout))
			c, err := s.connect(t)
			if err != nil {
				return err
			}
			return errors.Join(c.fetch(), c.fetch(), c.isOver())
		})
	})
}

// A client that stops reading loses its connection. One that promises a body and does
// not send it is told so.
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
		c.refusal(http.StatusRequestTimeout)
		c.ends()
	})
}

// A body that trickles in gains no time with each byte.
func TestBodyTimeoutTrickle(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for _, framing := range []string{"Content-Length: 1000000", "Transfer-Encoding: chunked"} {
			withTimeouts(t, func(timeout time.Duration) error {
				s := start(t, w, fixture, fmt.Sprint("--body-timeout=", timeout))
				c, err := s.connect(t)
				if err != nil {
					return err
				}
				if _, err := io.WriteString(c, get("/static/"+small, framing)+"ffff\r\n"); err != nil {
					return err
				}
				return c.tricklesUntil(timeout/15, c.isTimedOut)
			})
		}
	})
}

// A client that reads slowly loses nothing, however long it takes.
func TestStallTimeoutProgress(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for _, tree := range trees {
			withTimeouts(t, func(timeout time.Duration) error {
				c := start(t, w, fixture, fmt.Sprint("--stall-timeout=", timeout)).dial(t)
				c.send(get(tree + large))
				for range 40 {
					if n, err := io.CopyN(io.Discard, c.in, 256<<10); err != nil {
						return fmt.Errorf("after %d bytes: %w", n, err)
					}
					time.Sleep(timeout / 20)
				}
				return nil
			})
		}
	})
}
