package httpx

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"aws/httpx/httpxtest"
)

// drip is a client that sends the start of a request and then a few bytes of its body
// now and then.
type drip struct {
	*client
	left  string
	bytes int
	every time.Duration
	next  time.Duration
}

// drips dials one that sends so many bytes every so often.
func (h *harness) drips(head, body string, bytes int, every time.Duration) *drip {
	return &drip{h.dial(head), body, bytes, every, h.sim.Now() + every}
}

// step sends what is due.
func (d *drip) step(now time.Duration) {
	if now >= d.next && len(d.left) > 0 {
		n := min(d.bytes, len(d.left))
		d.send(d.left[:n])
		d.left = d.left[n:]
		d.next += d.every
	}
}

// A request body has to come within a time in all, and at a minimum rate. A client
// that is too slow gets 408, whatever it sends in between, and the connection ends.
func TestSlowRequestBodyIsRefused(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name    string
		framing string
		bytes   int
		every   time.Duration
		timeout time.Duration
		rate    int
		at      time.Duration
	}{
		{"a byte now and then", "", 1, 20 * time.Second, 30 * time.Second, 1 << 10, 30 * time.Second},
		{"chunks now and then", "chunked", 1, 20 * time.Second, 30 * time.Second, 0, 30 * time.Second},
		{"much, and too long", "", 5000, time.Second, 45 * time.Second, 1 << 10, 45 * time.Second},
		{"below the rate", "", 1000, time.Second, 10 * time.Minute, 1 << 10, 30 * time.Second},
		{"chunks below the rate", "chunked", 1000, time.Second, 10 * time.Minute, 1 << 10, 30 * time.Second},
		{"nothing", "", 0, time.Second, 10 * time.Minute, 0, 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := setup{root: httpxtest.Tree(t, connFiles), adjust: func(config *Config) {
				config.BodyTimeout, config.MinRate = c.timeout, c.rate
			}}.open(t)
			h.beat = time.Second / 4
			head, body := fmt.Sprintf("GET /static/small HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", len(long)), long
			if c.framing != "" {
				head = "GET /static/small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
				body = fmt.Sprintf("%x\r\n%s", len(long), long)
			}
			slow := h.drips(head, body, c.bytes, c.every)
			h.until("the end", func() bool { slow.step(h.sim.Now()); return slow.err != nil })
			got, rest, err := parseResponses(slow.got, "GET")
			if err != nil || len(rest) > 0 || got[0].status != 408 || !got[0].close || slow.err != io.EOF {
				t.Fatalf("%v, %v after %q", err, slow.err, slow.got)
			}
			h.checkAt(c.at)
			h.settle()
		})
	}
}

// A body that keeps to the rate and comes in time is dropped, and the connection goes
// on. It may come in bursts.
func TestTimelyRequestBodyIsDropped(t *testing.T) {
	for _, c := range []struct {
		size, bytes int
		every       time.Duration
	}{{100, 10, 2 * time.Second}, {60000, 1100, time.Second}, {100000, 32000, 28 * time.Second}} {
		h := setup{root: httpxtest.Tree(t, connFiles), adjust: func(config *Config) { config.BodyTimeout = 10 * time.Minute }}.open(t)
		h.beat = time.Second / 4
		head := fmt.Sprintf("HEAD /static/small HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", c.size)
		slow := h.drips(head, strings.Repeat("x", c.size), c.bytes, c.every)
		h.until("the response", func() bool { slow.step(h.sim.Now()); return len(slow.got) > 0 })
		slow.send(get("/static/small"))
		h.until("the next response", func() bool {
			got, _, err := parseResponses(slow.got, "HEAD", "GET")
			return err == nil && got[0].status == 200 && got[1].status == 200
		})
		h.end()
	}
}

// An error that no body changes does not wait for it. Only a body that has come with
// the head keeps the connection.
func TestErrorDoesNotWaitForBody(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	for _, c := range []struct {
		method, target string
		status         int
	}{{"POST", "/static/small", 405}, {"BREW", "/", 501}, {"GET", "/nowhere", 404}, {"HEAD", "/nowhere", 404}, {"GET", "/static/%", 400}} {
		start := c.method + " " + c.target + " HTTP/1.1\r\nHost: a\r\n"
		for _, body := range []struct{ head, rest string }{
			{"Content-Length: 10\r\n\r\n", "0123456789"},
			{"Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n0\r\n\r\n"},
		} {
			for arrived := range len(body.rest) + 1 {
				h := setup{root: root}.open(t)
				client := h.dial(start + body.head + body.rest[:arrived])
				var a parsedResponse
				h.until("the response", func() bool {
					got, _, err := parseResponses(client.got, c.method)
					if err == nil {
						a = got[0]
					}
					return err == nil
				})
				h.checkAt(0)
				whole := arrived == len(body.rest)
				if a.status != c.status || a.close == whole {
					t.Errorf("%s%q with %d bytes of the body: %d, close %v", start, body.head, arrived, a.status, a.close)
				}
				client.send(body.rest[arrived:] + get("/static/small"))
				if whole {
					h.until("the next response", func() bool {
						got, _, err := parseResponses(client.got, c.method, "GET")
						return err == nil && got[1].status == 200
					})
					h.end()
				} else {
					h.until("the end", func() bool { return client.err != nil })
					if client.err != io.EOF || len(client.got) != a.end {
						t.Errorf("%s%q with %d bytes of the body: %v after %q", start, body.head, arrived, client.err, client.got)
					}
					h.settle()
				}
				h.destroy()
			}
		}
	}
}

// A process that was stopped does not take that time for its clients': what they have
// sent by then is taken first, and they get time for the rest.
func TestOwnDelayIsNotTheBodys(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	var jump time.Duration
	h.clock.read = func() time.Time { return httpxtest.Epoch.Add(h.sim.Now() + jump) }
	var clients []*client
	for range 4 {
		clients = append(clients, h.dial("GET /static/small HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234"))
	}
	h.until("all bodies to begin", func() bool {
		return !slices.ContainsFunc(h.conns[:len(clients)], func(c conn) bool { return c.state != readBody })
	})
	jump = time.Hour
	h.until("the loop to see what time it is", func() bool { return h.now() >= int64(jump) })
	for _, c := range clients {
		c.send("56789")
		if a := h.response(c); a.status != 200 {
			t.Errorf("status %d", a.status)
		}
	}
	h.end()
}

// A client that goes on sending after the response that ends its connection gains no
// time by that, and takes none from others.
func TestLingerEndsInTime(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	var passed time.Duration
	h.clock.read = func() time.Time { return httpxtest.Epoch.Add(passed) }
	senders := make([]*client, 6)
	for i := range senders {
		senders[i] = h.deaf("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")
	}
	flood := func() {
		for _, c := range senders {
			if len(c.pieces) == 0 {
				c.send(strings.Repeat("x", everything))
			}
		}
	}
	h.until("all to have their responses", func() bool {
		flood()
		return h.open == len(senders) && !slices.ContainsFunc(h.conns[:h.used], func(c conn) bool { return c.state != linger })
	})
	polite, turns := h.dial(get("/dynamic/large")), 0
	h.until("another's response", func() bool {
		flood()
		turns++
		return len(polite.got) > largeSize
	})
	if turns > 100 {
		t.Errorf("it took %d turns", turns)
	}
	h.until("the end of all", func() bool {
		flood()
		passed += 10 * time.Millisecond
		return h.open == 1
	})
	if most := lingerTimeout + maxPostponed*10*time.Millisecond + time.Second; passed < lingerTimeout || passed > most {
		t.Errorf("that took %v", passed)
	}
	h.end()
}
