// Clients of a soak that are refused, that do not keep to the protocol, or that
// go away. Each is the life of one connection. What they do receive has to be
// right, and nothing of them may stay behind.

package main_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// refusedRequests are requests that are refused or sent elsewhere.
var refusedRequests = []struct {
	request string
	status  int
	ends    bool
}{
	{get("/static/nowhere"), 404, false},
	{get("/static/../../etc/passwd"), 404, false},
	{get("/live/static/steady"), 301, false},
	{get("/live/static/steady/100.dat", "Range: bytes=100-"), 416, false},
	{request("DELETE", "/static/"), 405, false},
	{request("OPTIONS", "*"), 204, false},
	{request("BREW", "/static/"), 501, false},
	{get("/%zz"), 400, false},
	{get("/static/", "Bad Name: x"), 400, true},
	{get("/static/", "Content-Length: +1"), 400, true},
	{get("/" + strings.Repeat("x", 9000)), 414, true},
	{get("/", "X-Long: "+strings.Repeat("x", 17000)), 431, true},
	{"GET / HTTP/2.0\r\n\r\n", 505, true},
}

func (c *soakClient) refused() error {
	return c.onOne(5, func(v *visit) error {
		r := refusedRequests[c.random.IntN(len(refusedRequests))]
		c.tally().requests.Add(1)
		if _, err := io.WriteString(v, r.request); err != nil {
			return fmt.Errorf("%w: %w", errEnded, err)
		}
		answer, err := http.ReadResponse(v.in, nil)
		if err != nil {
			return fmt.Errorf("%.80q: %w: %w", r.request, errEnded, err)
		}
		defer answer.Body.Close()
		if err := checkHead(answer); err != nil || answer.StatusCode != r.status {
			return fmt.Errorf("%.80q: %s %v: %w", r.request, answer.Status, answer.Header, err)
		}
		if err := v.text(&ask{method: "HEAD", file: c.soak.world.sidecar()}, answer); err != nil {
			return err
		}
		if v.over = answer.Close; r.ends && !v.over {
			return fmt.Errorf("%.80q: the connection goes on", r.request)
		}
		c.tally().complete.Add(1)
		return nil
	})
}

// garbage sends anything, closes its side, and reads to the end.
func (c *soakClient) garbage() error {
	v, err := c.dial(0)
	if err != nil {
		return err
	}
	defer v.Close()
	text, _ := converse(c.random, makeUp)
	b := []byte(text)
	for range c.random.IntN(20) {
		b[c.random.IntN(len(b))] = byte(c.random.Uint32())
	}
	if c.random.IntN(4) == 0 {
		for i := range b {
			b[i] = byte(c.random.Uint32())
		}
	}
	c.tally().requests.Add(1)
	go func() {
		_, _ = v.Write(b)
		_ = v.CloseWrite()
	}()
	heard, err := io.ReadAll(v)
	if err != nil {
		return fmt.Errorf("after %d bytes for %.300q: %w: %w", len(heard), b, errEnded, err)
	}
	if !strings.HasPrefix("HTTP/1.1 ", string(heard[:min(len(heard), 9)])) {
		return fmt.Errorf("%q for %.300q", cut(heard), b)
	}
	c.tally().complete.Add(1)
	return nil
}

// leave closes the connection, perhaps with a reset.
func (v *visit) leave() {
	v.c.tally().left.Add(1)
	if v.c.random.IntN(2) == 0 {
		v.reset()
		return
	}
	_ = v.Close()
}

// inRequest vanishes in the middle of a request.
func (c *soakClient) inRequest() error {
	v, err := c.dial(0)
	if err != nil {
		return err
	}
	defer v.leave()
	c.tally().requests.Add(1)
	a := c.ask(anyHabit...)
	if c.random.IntN(2) == 0 {
		a.fields = []string{"Content-Length: 100000"}
	}
	text := a.text() + strings.Repeat("x", c.random.IntN(1000))
	_, _ = io.WriteString(v, text[:c.random.IntN(len(text))])
	c.pause(50 * time.Millisecond)
	return nil
}

// inAnswer vanishes in the middle of an answer, with others perhaps on their way.
func (c *soakClient) inAnswer() error {
	v, err := c.dial(0)
	if err != nil {
		return err
	}
	defer v.leave()
	var first *ask
	for range 1 + c.random.IntN(3) {
		a := c.ask(anyHabit...)
		if c.random.IntN(3) == 0 {
			a.fields = []string{"Accept-Encoding: gzip"}
		}
		if first == nil {
			first = a
		}
		c.tally().requests.Add(1)
		_, _ = io.WriteString(v, a.text())
	}
	if c.random.IntN(4) == 0 {
		return nil
	}
	answer, err := http.ReadResponse(v.in, nil)
	if err != nil {
		return v.ended(first, err)
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Encoding") != "" {
		return nil
	}
	t := first.file.trace(0)
	_, err = io.CopyN(t, answer.Body, c.random.Int64N(max(answer.ContentLength, 1)))
	if err != nil && t.wrong == nil {
		return v.ended(first, err)
	}
	if _, err := t.verdict(first.since, -1); err != nil {
		return fmt.Errorf("%v: %s %v: the beginning: %w", first, answer.Status, answer.Header, err)
	}
	return nil
}

// patience is for how long a client waits for nothing at the most: sometimes for
// longer than the server does.
const patience = 15 * time.Second

// neverReading asks for more than fits into any buffer, and reads nothing. After
// some time the server, or the client, gives up.
func (c *soakClient) neverReading() error {
	v, err := c.dial(4 << 10)
	if err != nil {
		return err
	}
	defer v.leave()
	for range 1 + c.random.IntN(20) {
		a := c.ask(anyHabit...)
		if c.random.IntN(4) == 0 {
			a.fields = []string{"Accept-Encoding: gzip"}
		}
		c.tally().requests.Add(1)
		if _, err := io.WriteString(v, a.text()); err != nil {
			return nil
		}
	}
	c.pause(patience)
	return nil
}

// saysNothing connects, and perhaps begins a request. After some time it gets 408,
// or the end, or it leaves.
func (c *soakClient) saysNothing() error {
	v, err := c.dial(0)
	if err != nil {
		return err
	}
	defer v.leave()
	if c.random.IntN(2) == 0 {
		c.tally().requests.Add(1)
		_, _ = io.WriteString(v, "GET /static/ HTTP/1.1\r\nHost: te")
	}
	limit := time.AfterFunc(time.Duration(c.random.Int64N(int64(patience))), func() { _ = v.Close() })
	defer limit.Stop()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-c.soak.closing():
			_ = v.Close()
		case <-stop:
		}
	}()
	answer, err := http.ReadResponse(v.in, nil)
	if err == nil && answer.StatusCode != http.StatusRequestTimeout {
		err = errors.New(answer.Status)
		return fmt.Errorf("%w for half a request", err)
	}
	return nil
}
