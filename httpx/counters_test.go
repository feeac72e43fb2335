package httpx

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"aws/backend/simio"
	"aws/httpx/httpxtest"
	"aws/httpx/stats"
)

// figures are the loop's figures, as a snapshot has them.
func (h *harness) figures() stats.Figures {
	a := newAnswer(0, len(h.sites.All()), nil)
	if h.destroyed {
		h.counters.turnEnds(&h.clock)
		a.count(&h.counters, h.sim.Counters(), h.files.Counts())
	} else {
		h.loop.answer(a)
	}
	return h.server.figures(a)
}

// checkCounted checks that every exchange that the observer was told of, which have
// all ended, counts once in each way, with the bytes that were sent.
func (h *harness) checkCounted() {
	h.t.Helper()
	f := h.figures()
	codes, outcomes, classes, methods := map[string]uint64{}, map[string]uint64{}, map[string]uint64{}, map[string]uint64{}
	var ended, first, sent, refused uint64
	for _, all := range h.told.begun {
		for _, o := range all {
			ended++
			sent += uint64(o.sent)
			if o.first {
				first++
			}
			switch o.status {
			case 400, 401, 405, 408, 414, 429, 431, 501, 503, 505:
				refused++
			case 403: // or the file's own
				if len(h.sites.At(0).Access) > 0 {
					refused++
				}
			}
			codes[strconv.Itoa(o.status)]++
			outcomes[strings.ReplaceAll(o.outcome.String(), " ", "_")]++
			classes[classNames[o.status/100]]++
			methods[methodNames[o.method]]++
		}
	}
	counted := uint64(0)
	for _, n := range f.Refusals {
		counted += n
	}
	countedClasses, countedMethods := map[string]uint64{}, map[string]uint64{}
	for _, r := range f.Requests {
		countedClasses[r.Class] += r.Count
		countedMethods[r.Method] += r.Count
	}
	for _, of := range []struct {
		name      string
		got, want map[string]uint64
	}{
		{"codes", f.Codes, codes}, {"outcomes", f.Outcomes, outcomes},
		{"classes", countedClasses, classes}, {"methods", countedMethods, methods},
		{"sums", map[string]uint64{
			"durations": f.Duration.Count, "first bytes": f.ToFirst.Count, "sizes": f.Size.Count,
			"bytes of responses": f.Size.Sum, "bytes sent": f.Sent, "open": f.Held.Exchanges,
			"refusals": counted,
		}, map[string]uint64{
			"durations": ended, "first bytes": first, "sizes": ended, "bytes of responses": sent, "bytes sent": sent,
			"refusals": refused,
		}},
	} {
		drop := func(_ string, n uint64) bool { return n == 0 }
		maps.DeleteFunc(of.got, drop)
		maps.DeleteFunc(of.want, drop)
		if !maps.Equal(of.got, of.want) {
			h.t.Errorf("%s: %v are counted, the observer was told of %v", of.name, of.got, of.want)
		}
	}
	for _, b := range []*stats.Histogram{&f.Duration, &f.ToFirst, &f.Size} {
		in := uint64(0)
		for _, n := range b.Buckets {
			in += n
		}
		if in != b.Count {
			h.t.Errorf("the buckets of a histogram have %d values, not %d", in, b.Count)
		}
	}
}

// Ten thousand random conversations count as what they were: gathered, cut off, refused,
// timed out, with HTTP/1.0, of ranges. Each harness checks it (checkCounted); here its
// clients do all of that, and it has to have happened.
func TestConversationsAreCounted(t *testing.T) {
	root := httpxtest.Tree(t, scriptTree())
	conversations, least := 0, 10_000
	if testing.Short() || httpxtest.RaceEnabled {
		least = 1000
	}
	var total stats.Snapshot
	for seed := uint64(1 << 20); conversations < least; seed++ {
		r := rand.New(rand.NewPCG(seed, 2))
		kind, faults := kindTrouble(r)
		rude := r.IntN(4) == 0
		if rude {
			kind.FailRead, kind.Reset = r.Float64()*0.2, r.Float64()*0.02
		}
		h := setup{root: root, seed: seed, trouble: kind, faults: faults, adjust: serveMade}.open(t)
		h.resizeStreams(1+r.IntN(6), scriptBuffer)
		made := r.IntN(6) == 0
		for range 12 { // more than there are connections
			playRandomly(h, r, made)
		}
		if !rude && r.IntN(5) == 0 { // in the middle of it
			n := r.IntN(100_000)
			h.until("bytes, or the end", func() bool { return h.counters.sent > uint64(n) || h.over() })
			pick(r, h.server.Drain, h.server.Stop)()
		} else {
			h.until("all clients to be done", h.over)
		}
		h.settle()
		conversations += len(h.clients)
		total.Loops = append(total.Loops, stats.Loop{Figures: h.figures()})
		h.destroy()
		if t.Failed() {
			t.Fatalf("seed %d has failed", seed)
		}
	}
	total.Sum()
	f := &total.Total
	for name, n := range map[string]uint64{
		"whole": f.Outcomes["whole"], "client gone": f.Outcomes["client_gone"], "stalled": f.Outcomes["stalled"],
		"failed": f.Outcomes["failed"], "drained": f.Outcomes["drained"],
		"206": f.Codes["206"], "304": f.Codes["304"], "404": f.Codes["404"], "400": f.Codes["400"], "408": f.Codes["408"],
		"refused for the host": f.Refusals["host"], "refused for a late head": f.Refusals["head_late"],
	} {
		if n == 0 {
			t.Errorf("nothing was %s: %v %v %v", name, f.Outcomes, f.Codes, f.Refusals)
		}
	}
	t.Logf("%d conversations: %d requests, %v", conversations, f.Finished(), f.Codes)
}

// over says that all clients are done.
func (h *harness) over() bool {
	return !slices.ContainsFunc(h.clients, func(c *client) bool { return !c.over && c.deafAt == 0 })
}

// playRandomly adds a client that follows a script, or that stops in the middle of what
// it sends or reads. Where bodies are made none does: time passes slowly then, and it
// would take seconds until such a client is late.
func playRandomly(h *harness, r *rand.Rand, made bool) {
	newScript(r, made).client(h)
	c := h.clients[len(h.clients)-1]
	if made {
		return
	}
	switch r.IntN(8) {
	case 0: // it stops reading
		c.deafAt = 1 + r.IntN(5000)
	case 1: // it sends a part of its last request
		if n := len(c.pieces); n > 0 {
			last := c.pieces[n-1]
			c.pieces[n-1], c.halfClose = last[:r.IntN(len(last))], false
		}
	}
}

// A refusal counts for its reason, once.
func TestRefusalsAreCounted(t *testing.T) {
	for _, c := range []struct{ request, reason string }{
		{"\x16\x03\x01\x00", "not_http"},
		{"GET /\r\n\r\n", "request_line"},
		{"GET / HTTP/2.0\r\n\r\n", "version"},
		{"GET / HTTP/1.1\r\n\r\n", "host"},
		{"GET /" + strings.Repeat("a", 9000) + " HTTP/1.1\r\nHost: a\r\n\r\n", "target_too_long"},
		{"GET / HTTP/1.1\r\nHost: a\r\nA: " + strings.Repeat("a", 17000), "head_too_long"},
		{"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "unknown_coding"},
		{"GET / HTTP/1.1\r\nHo", "head_late"},
		{"GET /static/small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", "body_late"},
		{"OPTIONS / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx", "body"},
		{"DELETE /static/small HTTP/1.1\r\nHost: a\r\n\r\n", "method"},
		{"BREW /static/small HTTP/1.1\r\nHost: a\r\n\r\n", "method"},
		{get("/static/none"), ""},
		{get("/static/small"), ""},
	} {
		h := setup{root: httpxtest.Tree(t, connFiles), trouble: simio.Probabilities{}}.open(t)
		client := h.dial(c.request)
		h.until("a response", func() bool { return bytes.Contains(client.got, []byte("\r\n\r\n")) })
		h.end()
		got := h.figures().Refusals
		maps.DeleteFunc(got, func(_ string, n uint64) bool { return n == 0 })
		want := map[string]uint64{c.reason: 1}
		if c.reason == "" {
			want = map[string]uint64{}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%.60q: refused for %v, want %v", c.request, got, want)
		}
	}
}
