// Clients of a soak that keep to the protocol, fast and slow. Each is the life of
// one connection. What they ask for has to come, whole and right.

package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// anyHabit are all habits, and oneVersion those whose answers are always of one
// version, and end no connection.
var (
	anyHabit   = []habit{steady, replaced, rewritten, truncated, grown, coming, inFolder, inRelease}
	oneVersion = []habit{steady, replaced, coming, inFolder, inRelease}
)

// onOne opens a connection for a few requests, one after the other.
func (c *soakClient) onOne(most int, next func(*visit) error) error {
	v, err := c.dial(0)
	if err != nil {
		return err
	}
	defer v.Close()
	for range 1 + c.random.IntN(most) {
		if err := next(v); err != nil || v.over {
			return err
		}
	}
	return nil
}

func (c *soakClient) wholeFiles() error {
	return c.onOne(6, func(v *visit) error {
		_, err := v.get(c.ask(anyHabit...))
		return err
	})
}

func (c *soakClient) connectionClose() error {
	return c.onOne(1, func(v *visit) error {
		a := c.ask(oneVersion...)
		a.fields, a.closes = []string{"Connection: close"}, true
		if _, err := v.get(a); err != nil {
			return err
		}
		return v.ends()
	})
}

func (c *soakClient) http10() error {
	return c.onOne(1, func(v *visit) error {
		a := c.ask(oneVersion...)
		a.old, a.closes = true, true
		if c.random.IntN(2) == 0 { // the end of the connection ends what is compressed
			a.coded, a.fields = true, []string{"Accept-Encoding: gzip"}
		}
		if _, err := v.get(a); err != nil {
			return err
		}
		return v.ends()
	})
}

func (c *soakClient) heads() error {
	return c.onOne(6, func(v *visit) error {
		a := c.ask(anyHabit...)
		a.method = "HEAD"
		_, err := v.get(a)
		return err
	})
}

// spans makes up ranges that every version of a file has: up to most of them, in
// order and apart, the last perhaps counted from the end.
func (c *soakClient) spans(f *soakFile, most int) (spans []span, spec string) {
	var specs []string
	at := int64(0)
	for range 1 + c.random.IntN(most) {
		room := f.base - at
		if room < 4 {
			break
		}
		first := at + c.random.Int64N(room/2)
		last := first + c.random.Int64N(room/2)
		spans, specs = append(spans, span{first, last}), append(specs, fmt.Sprintf("%d-%d", first, last))
		at = last + 2
	}
	if len(spans) == 0 || len(spans) == 1 && c.random.IntN(3) == 0 {
		n := 1 + c.random.Int64N(f.base)
		return []span{{-n, 0}}, fmt.Sprint(-n)
	}
	return spans, strings.Join(specs, ",")
}

func (c *soakClient) ranges(most int) error {
	return c.onOne(4, func(v *visit) error {
		a := c.ask(oneVersion...)
		if a.file.base == 0 {
			return nil
		}
		var spec string
		a.spans, spec = c.spans(a.file, most)
		a.fields = []string{"Range: bytes=" + spec}
		_, err := v.get(a)
		return err
	})
}

func (c *soakClient) oneRange() error      { return c.ranges(1) }
func (c *soakClient) severalRanges() error { return c.ranges(5) }

// conditions fetches a file, and then again if it has changed. The tag, the date
// and the version have to agree.
func (c *soakClient) conditions() error {
	return c.onOne(3, func(v *visit) error {
		a := c.ask(oneVersion...)
		before, err := v.get(a)
		if err != nil || before.status != http.StatusOK || v.over {
			return err
		}
		tag := before.header.Get("Etag")
		again := &ask{file: a.file, method: a.method, target: a.target, status: http.StatusNotModified,
			fields: []string{"If-None-Match: " + tag}}
		after, err := v.get(again)
		switch same := after.version == before.version || after.status == http.StatusNotModified; {
		case err != nil || after.status == http.StatusNotFound:
			return err
		case after.status == http.StatusNotModified && before.version < again.since.version,
			after.status == http.StatusOK && same && before.version != 0 && a.file.base > 0:
			return fmt.Errorf("%v: %d, version %d; before, version %d had that tag", again, after.status, after.version, before.version)
		case same && tag != after.header.Get("Etag"):
			return fmt.Errorf("%v: tag %s for the same version", again, after.header.Get("Etag"))
		}
		other := &ask{file: a.file, method: a.method, target: a.target, status: http.StatusPreconditionFailed,
			fields: []string{`If-Match: "another"`}}
		_, err = v.get(other)
		return err
	})
}

// compressed fetches files that are compressed on the way, and the one that has a
// compressed form beside it.
func (c *soakClient) compressed() error {
	return c.onOne(3, func(v *visit) error {
		a := c.ask(steady, replaced, inFolder, inRelease)
		for !strings.HasSuffix(a.file.name, ".css") {
			a = c.ask(steady, replaced, inFolder, inRelease)
		}
		if c.random.IntN(4) == 0 {
			a.file = c.soak.world.sidecar()
			a.target = a.file.urls[c.random.IntN(2)]
		}
		a.coded, a.fields = true, []string{"Accept-Encoding: gzip;q=1, identity;q=0.5"}
		g, err := v.get(a)
		if err == nil && a.file.name == sidecar && g.header.Get("Content-Encoding") != "gzip" {
			err = fmt.Errorf("%v: not compressed: %v", a, g.header)
		}
		return err
	})
}

// listings reads listings. That of the steady files has to be right, the others to
// be whole.
func (c *soakClient) listings() error {
	return c.onOne(2, func(v *visit) error {
		h := []habit{steady, steady, replaced, coming, grown}[c.random.IntN(5)]
		asJSON := c.random.IntN(2) == 0
		accept := "Accept: text/html"
		if asJSON {
			accept = "Accept: application/json"
		}
		target := "/live/" + []string{"static/", "dynamic/"}[c.random.IntN(2)] + habitNames[h] + "/"
		c.tally().requests.Add(1)
		if _, err := io.WriteString(v, get(target, accept)); err != nil {
			return fmt.Errorf("%s: %w: %w", target, errEnded, err)
		}
		answer, err := http.ReadResponse(v.in, nil)
		if err != nil {
			return fmt.Errorf("%s: %w: %w", target, errEnded, err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s: %w: %w", target, answer.Status, errEnded, err)
		}
		if err := c.soak.world.checkListing(h, body, asJSON); err != nil {
			return fmt.Errorf("%s: %w in %q", target, err, body)
		}
		v.over = answer.Close
		c.tally().complete.Add(1)
		return nil
	})
}

// checkListing wants a listing to name all files but those that come and go.
func (w *world) checkListing(h habit, body []byte, asJSON bool) error {
	var listing struct{ Entries []listedEntry }
	if asJSON {
		if err := json.Unmarshal(body, &listing); err != nil {
			return err
		}
	} else if !strings.HasSuffix(strings.TrimSpace(string(body)), "</html>") {
		return errors.New("no end")
	}
	for _, f := range w.of[h] {
		named := strings.Contains(string(body), ">"+f.name+"<")
		if asJSON {
			named = slices.ContainsFunc(listing.Entries, func(e listedEntry) bool { return e.Name == f.name })
		}
		if !named && h != coming {
			return fmt.Errorf("no %s", f.name)
		}
	}
	return nil
}

// pipeline sends up to most requests before it reads an answer.
func (c *soakClient) pipeline(most int, shutDown bool) error {
	v, err := c.dial(0)
	if err != nil {
		return err
	}
	defer v.Close()
	var asks []*ask
	var text strings.Builder
	for range 1 + most/2 + c.random.IntN(most/2) {
		a := c.ask(oneVersion...)
		if most > 10 && a.file.base > 150_000 {
			continue
		}
		if c.random.IntN(5) == 0 {
			a.method = "HEAD"
		}
		asks = append(asks, a)
		text.WriteString(a.text())
	}
	go func() {
		_, _ = io.WriteString(v, text.String())
		if shutDown {
			_ = v.CloseWrite()
		}
	}()
	for i, a := range asks {
		a.closes = v.over
		if _, err := v.receive(a); err != nil {
			return fmt.Errorf("answer %d of %d: %w", i, len(asks), err)
		}
	}
	if shutDown {
		return v.ends()
	}
	return nil
}

func (c *soakClient) pipelined() error       { return c.pipeline(8, false) }
func (c *soakClient) deeplyPipelined() error { return c.pipeline(300, false) }
func (c *soakClient) halfClosing() error     { return c.pipeline(6, true) }

// slowReader takes an answer in small portions. It leaves at some time.
func (c *soakClient) slowReader() error {
	v, err := c.dial(8 << 10)
	if err != nil {
		return err
	}
	defer v.Close()
	v.in.Reset(&slowly{v, 1 + c.random.IntN(64<<10)})
	until := time.AfterFunc(time.Duration(c.random.IntN(6000))*time.Millisecond, func() { _ = v.Close() })
	defer until.Stop()
	among := [][]habit{anyHabit, {rewritten, truncated, grown}}[c.random.IntN(2)]
	a := c.ask(among...)
	if b := c.ask(among...); b.file.base > a.file.base { // a longer one takes longer
		a = b
	}
	_, err = v.get(a)
	if errors.Is(err, errEnded) && !until.Stop() || errors.Is(err, errEnded) && c.soak.isClosing() {
		c.tally().left.Add(1)
		return nil
	}
	return err
}

// slowly reads little at a time.
type slowly struct {
	*visit
	portion int
}

func (s *slowly) Read(b []byte) (int, error) {
	s.c.pause(10 * time.Millisecond)
	if s.c.soak.isClosing() {
		_ = s.Close()
	}
	return s.TCPConn.Read(b[:min(len(b), s.portion)])
}

// trickle sends text piece by piece.
func (v *visit) trickle(text string) error {
	for len(text) > 0 {
		n := 1 + v.c.random.IntN(min(len(text), 60))
		if _, err := io.WriteString(v, text[:n]); err != nil {
			return err
		}
		text = text[n:]
		v.c.pause(20 * time.Millisecond)
	}
	return nil
}

func (c *soakClient) slowHeads() error {
	return c.onOne(2, func(v *visit) error {
		a := c.ask(oneVersion...)
		if err := v.trickle(a.text()); err != nil {
			return v.ended(a, err)
		}
		_, err := v.receive(a)
		return err
	})
}

// bodies sends requests with bodies, some of them slowly.
func (c *soakClient) bodies() error {
	return c.onOne(3, func(v *visit) error {
		a := c.ask(oneVersion...)
		a.body = true
		if c.random.IntN(3) == 0 {
			a.method, a.status = "POST", http.StatusMethodNotAllowed
		}
		body := strings.Repeat(trap, 1+c.random.IntN(4)*c.random.IntN(100))
		framed := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
		a.fields = []string{"Transfer-Encoding: chunked"}
		if c.random.IntN(2) == 0 {
			a.fields, framed = []string{fmt.Sprint("Content-Length: ", len(body))}, body
		}
		write := func(text string) error { _, err := io.WriteString(v, text); return err }
		if len(body) < 1000 {
			write = v.trickle
		}
		if err := write(a.text() + framed); err != nil {
			return v.ended(a, err)
		}
		_, err := v.receive(a)
		return err
	})
}
