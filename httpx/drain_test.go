package httpx

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"aws/backend/simio"
	"aws/httpx/httpxtest"
)

// A drain closes idle connections and lets the others finish.
func TestDrainClosesIdleAndFinishesBusy(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	fresh, idle := h.dial(""), h.dial(get("/static/small"))
	h.response(idle)
	half := h.dial("GET /static/small HTTP/1.1\r\n")
	var busy []*client
	for _, request := range []string{get("/static/large"), get("/dynamic/large"), get("/static/large") + get("/static/small")} {
		busy = append(busy, h.stuck(request))
	}
	h.until("all to be connected", func() bool { return h.open == 6 })
	h.server.Drain()
	h.until("the loop to know", func() bool { return h.draining })
	h.sim.Dial() // stays in the backlog
	for _, c := range busy {
		c.pace = everything
	}
	half.send("Host: a\r\n\r\n")
	h.until("all to end", func() bool { return h.open == 0 && busy[2].over })
	h.checkAt(0)
	if len(fresh.got) > 0 || fresh.err != io.EOF || idle.err != io.EOF {
		t.Errorf("idle connections ended with %v and %v", fresh.err, idle.err)
	}
	if got, rest, err := parseResponses(half.got, "GET"); err != nil || got[0].status != 200 || !got[0].close || len(rest) > 0 {
		t.Errorf("a request that had begun got %q", half.got)
	}
	for i, c := range busy {
		methods := []string{"GET", "GET"}[:1+i/2]
		got, rest, err := parseResponses(c.got, methods...)
		if err != nil || !bytes.Equal(got[0].body, httpxtest.Content("large", largeSize)) || len(rest) > 0 || c.err != io.EOF {
			t.Errorf("transfer %d: %d responses, %v, %v", i, len(got), err, c.err)
		}
		if i == 2 && !got[1].close {
			t.Error("the last response does not say that it is the last")
		}
	}
	if !h.loop.ended() {
		t.Error("the loop goes on")
	}
	h.settle()
}

// The drain timeout cuts what is not finished. Stop cuts at once.
func TestDrainTimeoutAndStopCut(t *testing.T) {
	for _, c := range []struct {
		command func(*Server)
		at      time.Duration
	}{
		{(*Server).Drain, 10 * time.Second},
		{(*Server).Stop, 0},
		{func(s *Server) { s.Drain(); s.Stop() }, 0},
	} {
		h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
		h.stuck(get("/static/large"))
		h.stuck(get("/dynamic/large"))
		h.dial("GET /")
		h.until("all to be connected", func() bool { return h.open == 3 })
		c.command(h.server)
		h.settle()
		h.checkAt(c.at)
		if !h.loop.ended() {
			t.Error("the loop goes on")
		}
	}
}

// A send that is cancelled too late may complete its response. The observer is told
// that the response is whole.
func TestResponseCompletedDespiteCancelIsWhole(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	for _, c := range []struct{ path, fields string }{
		{"/static/small", ""}, {"/dynamic/small", ""}, {"/static/none", ""}, {"/static/", ""}, {"/dynamic/large", ""}, {"/dynamic/made", ""},
		{"/static/small", "Range: bytes=1-2,5-6\r\n"}, {"/dynamic/small", "Range: bytes=1-2,5-6\r\n"},
	} {
		wholes := 0
		for sends := 1; wholes == 0 && sends < 50; sends++ {
			s := processed(root, repeater{times: 1, only: "/dynamic/made"})
			s.trouble.Late = 1 // completions come late
			h := s.open(t)
			client := h.dial("GET " + c.path + " HTTP/1.1\r\nHost: a\r\n" + c.fields + "\r\n")
			counters := h.sim.Counters()
			h.until("this send in flight", func() bool {
				return h.told.outcome(client) == Whole || counters.Sends+counters.Sendfiles+1 >= uint64(sends) && h.conns[0].has(sending)
			})
			if err := h.sim.Wait(0); err != nil { // the send happens
				t.Fatal(err)
			}
			if !h.conns[0].has(sending) {
				continue
			}
			h.server.Stop()
			h.obey()
			h.until("the end", func() bool { return client.err != nil })
			h.settle()
			_, rest, err := parseResponses(client.got, "GET")
			whole := err == nil && len(rest) == 0
			if got := h.told.outcome(client); (got == Whole) != whole {
				t.Errorf("%s: whole: %v, but %v was told after %d bytes", c.path, whole, got, len(client.got))
			}
			if whole {
				wholes++
			}
		}
		if wholes == 0 {
			t.Errorf("%s was never whole", c.path)
		}
	}
}

// inTheMiddle is a server after some turns of random conversations.
func inTheMiddle(t *testing.T, root string, seed uint64, r *rand.Rand) *harness {
	made := r.IntN(2) == 0
	s := setup{root: root, seed: seed, adjust: func(c *Config) {
		serveMade(c)
		c.Memory = pick(r, 0, int64(leastBudget))
	}}
	s.trouble, s.faults = kindTrouble(r)
	h := s.open(t)
	h.resizeStreams(1+r.IntN(8), scriptBuffer)
	for range 1 + r.IntN(12) {
		newScript(r, made).client(h)
	}
	for range r.IntN(60) {
		if errors.Is(h.turn(), simio.ErrDeadlock) { // all connections have ended
			break
		}
	}
	return h
}

// A drain or a stop at any time ends everything and leaks nothing.
func TestDrainAtAnyTime(t *testing.T) {
	root := httpxtest.Tree(t, scriptTree())
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 2))
		h := inTheMiddle(t, root, seed, r)
		pick(r, h.server.Drain, h.server.Stop)()
		h.until("the loop to end", h.loop.ended)
		h.settle()
		h.destroy()
		if t.Failed() {
			t.Fatalf("seed %d has failed", seed)
		}
	}
}

// A loop may be destroyed at any time, for example after its engine has failed. It
// ends every exchange, leaves no descriptor open, and does not use the engine
// afterwards.
func TestDestroyAtAnyTime(t *testing.T) {
	root := httpxtest.Tree(t, scriptTree())
	before := httpxtest.OpenDescriptors(t)
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 3))
		h := inTheMiddle(t, root, seed, r)
		h.destroy()
		h.checkTold()
		if t.Failed() {
			t.Fatalf("seed %d has failed", seed)
		}
	}
	wantDescriptors(t, before)
}

// A loop leaves no descriptor open if it is destroyed while the engine still holds
// buffers of abandoned connections.
func TestDestroyWhileClosing(t *testing.T) {
	root := httpxtest.Tree(t, connFiles)
	before := httpxtest.OpenDescriptors(t)
	s := setup{root: root}
	s.trouble.SlowRead = 1
	h := s.open(t)
	h.deaf(get("/static/large"))
	h.deaf(get("/dynamic/large"))
	h.dial(get("/static/small"))
	gone := h.dial(get("/dynamic/other"))
	h.until("all to be connected", func() bool { return h.open == 4 })
	h.until("a read in flight", func() bool { c := &h.conns[3]; return c.exchange != none && h.bodies.at(c.exchange).reading != none })
	gone.peer.Reset()
	h.server.Stop()
	h.obey() // abandons all, and some wait for the engine
	h.destroy()
	wantDescriptors(t, before)
}
