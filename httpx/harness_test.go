package httpx

import (
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"testing"
	"time"

	"aws/backend"
	"aws/backend/backendtest/children"
	"aws/backend/simio"
	"aws/httpx/files"
	"aws/httpx/httpxtest"
	"aws/httpx/site"
)

// harness is one loop over an engine in memory, with its clients. Everything runs
// on the test's goroutine and in virtual time, and repeats for the same seed.
//
//	h := setup{root: root}.open(t)
//	c := h.dial("GET /static/a HTTP/1.1\r\nHost: a\r\n\r\n")
//	h.until("a response", func() bool { return len(c.got) > 0 })
//
// Time passes in ticks while anything happens, and otherwise leaps to the next
// deadline.
type harness struct {
	t testing.TB
	*loop
	server  *Server
	sim     *simio.Engine
	clients []*client
	told    *recorder // its observer

	beat      time.Duration // the most that a wait takes, if not 0
	destroyed bool
}

// setup configures a harness. Zero values are defaults.
type setup struct {
	root      string
	seed      uint64
	trouble   simio.Probabilities
	faults    *backend.Faults
	listeners []*backend.Listener
	adjust    func(*Config)
	addresses int                                 // of which clients of scripts come; 0: as many as clients
	wrap      func(*simio.Engine) backend.Backend // wraps the engine in another
}

// testConfig is for one loop and a few clients, with the defaults of the command
// line.
func testConfig(root string) Config {
	return Config{
		Sites: []site.Config{{Root: root, Mounts: site.DefaultMounts()}}, Loops: 1, Crew: 2, Connections: 8, OpenFiles: 16,
		HeaderTimeout: 10 * time.Second, BodyTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second,
		StallTimeout: 30 * time.Second, LookUpTimeout: 10 * time.Second, DrainTimeout: 10 * time.Second,
		OpenFileIdle: 20 * time.Second, MinRate: 1 << 10,
		Log: slog.New(slog.DiscardHandler),
	}
}

func (s setup) open(t testing.TB) *harness {
	t.Helper()
	h := &harness{t: t, told: newRecorder(t)}
	config := testConfig(s.root)
	config.Observer = h.told
	config.Open = func(o backend.Options) (backend.Backend, error) {
		o.Faults = s.faults
		h.sim = simio.Open(o, s.seed, s.trouble)
		if s.wrap != nil {
			return &patient{Backend: s.wrap(h.sim), h: h}, nil
		}
		return &patient{Backend: h.sim, h: h}, nil
	}
	if s.seed%2 == 1 { // both ways of sending small files
		config.CopyBelow = MaxCopy
	}
	if s.adjust != nil {
		s.adjust(&config)
	}
	if p := s.trouble; p.ColdLookUp > 0 {
		config.trouble = &files.Trouble{Cold: func() bool { return h.sim.ColdLookUp() }, Fault: func() *files.Fault {
			wait, errno := h.sim.LookUp()
			return &files.Fault{Wait: wait, Errno: errno}
		}}
	}
	server, err := New(config, s.listeners)
	if err != nil {
		t.Fatal(err)
	}
	h.server, h.loop = server, server.loops[0]
	t.Cleanup(h.destroy)
	h.clock.start(func() time.Time { return httpxtest.Epoch.Add(h.sim.Now()) })
	h.sim.Clients = h.stepClients
	return h
}

// patient is an engine that lets time pass slowly while goroutines make bodies,
// as they know nothing of virtual time. Any call after Destroy panics.
type patient struct {
	backend.Backend
	h     *harness
	waits int // during which goroutines worked
}

// slowly is the most virtual time that passes in such a wait: a stall timeout then
// takes seconds of real time.
const slowly = 200 * time.Microsecond

func (p *patient) Destroy() error {
	err := p.Backend.Destroy()
	p.Backend = nil
	return err
}

func (p *patient) Wait(timeout time.Duration) error {
	beat := p.h.beat
	switch {
	case beat > 0 && !p.h.awaitsGoroutine():
		if timeout < 0 || timeout > beat {
			timeout = beat // the clients have something to do then
		}
	case p.h.loop != nil && p.h.goroutinesWork():
		if p.waits++; p.waits%8 == 0 {
			time.Sleep(20 * time.Microsecond)
		} else {
			runtime.Gosched()
		}
		if timeout < 0 || timeout > slowly {
			timeout = slowly
		}
	}
	return p.Backend.Wait(timeout)
}

// awaitsGoroutine says that a connection may wait for a goroutine, as nothing is being
// sent on it.
func (h *harness) awaitsGoroutine() bool {
	return h.loop != nil && h.goroutinesWork() &&
		slices.ContainsFunc(h.conns[:h.used], func(c conn) bool {
			return (c.state == responding || c.state == lookingUp) && !c.has(sending)
		})
}

// goroutinesWork says that goroutines work for the loop.
func (h *harness) goroutinesWork() bool {
	return h.bodies.made.busy() || h.files.Calling() || h.guard != nil && h.guard.busy()
}

// destroy frees what the loop holds. A test may call it early.
func (h *harness) destroy() {
	if !h.destroyed {
		h.destroyed = true
		h.server.destroy()
	}
}

// wantDescriptors waits until so many descriptors are open. A goroutine that was looking
// a file up when its loop was destroyed closes its own.
func wantDescriptors(t testing.TB, n int) {
	t.Helper()
	children.Eventually(t, "the other descriptors to be closed", func() bool { return httpxtest.OpenDescriptors(t) == n })
}

// limitStreams leaves the loop at most n stream buffers.
func (h *harness) limitStreams(n int) { h.t.Helper(); h.resizeStreams(n, streamSize) }

// resizeStreams leaves the loop at most n stream buffers, each for size bytes of a
// file.
func (h *harness) resizeStreams(n, size int) {
	h.t.Helper()
	n = min(n, len(h.bodies.reads))
	small, err := backend.NewArena(n, headRoom+size)
	if err != nil {
		h.t.Fatal(err)
	}
	h.memory.held.used.Add(-h.bodies.buffers.counted())
	_ = h.bodies.buffers.arena.Destroy()
	h.bodies.buffers.arena, h.bodies.reads, h.bodies.buffers.ahead = small, h.bodies.reads[:n], n/4+1
}

// stepClients is called by the engine while it waits. A busy client ends the wait,
// so that until sees what it did before time leaps.
func (h *harness) stepClients() (busy bool) {
	for _, c := range h.clients {
		busy = c.step() || busy
	}
	if busy {
		_ = h.sim.Wake()
	}
	return busy
}

// until turns the loop until done says so.
func (h *harness) until(what string, done func() bool) {
	h.t.Helper()
	const most = 4 << 20
	for range most {
		if done() {
			return
		}
		if err := h.turn(); err != nil {
			h.t.Fatalf("waiting for %s: %v", what, err)
		}
	}
	h.t.Fatalf("waiting for %s: %d turns were not enough", what, most)
}

// dial connects a client that sends request and reads all that arrives.
func (h *harness) dial(request string) *client { return h.dialTo(0, request) }

// dialTo is dial for a listener, an index.
func (h *harness) dialTo(listener int, request string) *client {
	c := &client{peer: h.sim.DialTo(listener), pieces: [][]byte{[]byte(request)}, pace: everything, breakAt: never}
	h.clients = append(h.clients, c)
	return c
}

// end closes the clients' connections and checks that nothing has leaked.
func (h *harness) end() {
	h.t.Helper()
	for _, c := range h.clients {
		c.peer.Close()
		c.over = true
	}
	h.settle()
}

// checkTold checks that every exchange has ended, that the clients got what the
// observer was told, and that the loop has counted it.
func (h *harness) checkTold() {
	h.t.Helper()
	if n := len(h.told.open); n > 0 {
		h.t.Errorf("%d exchanges have not ended", n)
	}
	for i, c := range h.clients {
		h.told.check(fmt.Sprint("client ", i), c)
	}
	h.checkCounted()
}

// readsInFlight is how many stream buffers are being read into.
func (h *harness) readsInFlight() (n int) {
	for _, r := range h.bodies.reads {
		if r != noReader {
			n++
		}
	}
	return n
}

// settle waits for the connections to end by themselves and checks that nothing
// has leaked.
func (h *harness) settle() {
	h.t.Helper()
	h.until("the last connection to end", func() bool {
		return h.open == 0 && !h.goroutinesWork() && h.readsInFlight() == 0
	})
	if len(h.bodies.parts.free) < len(h.bodies.parts.sets) {
		h.t.Error("leaked: the parts of a response")
	}
	if in, outs, streams := h.inputs.Taken(), h.outs.Taken(), h.bodies.buffers.arena.Taken(); in+outs+streams > 0 {
		h.t.Errorf("leaked: %d inputs, %d outputs, %d stream buffers", in, outs, streams)
	}
	if in, out, heap := h.inputs.pages, h.held.outPages, h.memory.heap.used.Load(); in != 0 || out != 0 || heap != 0 {
		h.t.Errorf("still counted: %d pages of input, %d of output, %d bytes of the heap", in, out, heap)
	}
	if got, want := h.memory.held.used.Load(), h.bodies.buffers.counted()+h.held.counted; got != want {
		h.t.Errorf("%d bytes are counted, want %d", got, want)
	}
	if pinned := h.files.Pinned(); len(pinned) > 0 {
		h.t.Errorf("leaked: pins of %q", pinned)
	}
	for i := range h.exchanges.all {
		if h.exchanges.all[i].open {
			h.t.Errorf("leaked: exchange %d", i)
		}
	}
	if n := h.exchanges.keeper.pages.Taken(); n > 0 {
		h.t.Errorf("leaked: the texts of %d requests", n)
	}
	if n := len(h.exchanges.spare); n != maxGathered {
		h.t.Errorf("leaked: %d spare exchanges", maxGathered-n)
	}
	h.checkTold()
	if !h.bodies.buffers.waiting.Empty() {
		h.t.Error("somebody still waits for a stream buffer")
	}
	h.checkLimits()
	if d := h.deadlines.untilNext(h.now()); d >= 0 {
		h.t.Errorf("a deadline is still armed, in %v", d)
	}
}

// responses waits for the first n responses to a client that sends GET requests.
func (h *harness) responses(c *client, n int) (all []parsedResponse) {
	h.t.Helper()
	// All of it is parsed once nothing more arrives, or much more has: a long response
	// arrives in many turns.
	parsed, before := 0, 0
	h.until("a response", func() (ok bool) {
		arrives := len(c.got) != before
		if before = len(c.got); c.err == nil && (arrives && before < parsed+parsed/8 || before == parsed && before > 0) {
			return false
		}
		parsed = before
		var err error
		if all, _, err = parseResponses(c.got, slices.Repeat([]string{"GET"}, n)...); err != nil && c.err != nil {
			h.t.Fatalf("the connection has ended with %v after %d responses, %v", c.err, len(all), err)
		}
		return err == nil
	})
	return all
}

// response waits for the client's first response.
func (h *harness) response(c *client) parsedResponse { h.t.Helper(); return h.responses(c, 1)[0] }

// get is a GET request that keeps the connection open.
func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n" }
