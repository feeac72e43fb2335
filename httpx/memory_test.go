package httpx

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
)

// withMemory is a server with this much memory for all clients. It lists folders.
func withMemory(root string, n int64, connections int, log *bytes.Buffer) setup {
	return setup{root: root, adjust: func(c *Config) {
		c.Memory, c.Connections, c.Sites[0].Autoindex = n, connections, true
		c.Log = slog.New(slog.NewTextHandler(log, nil))
	}}
}

// A listing for which there is no memory is a 503, whether that shows before it is
// begun or while its folder is read. It leaves nothing counted.
func TestListingWithoutMemoryIs503(t *testing.T) {
	tree := map[string]int{"static/few/a": 1}
	for i := range 300 {
		tree[fmt.Sprintf("static/many/a-name-that-takes-some-bytes-%d", i)] = 1
	}
	root := httpxtest.Tree(t, tree)
	var log bytes.Buffer
	h := withMemory(root, 32<<20, 8, &log).open(t)
	for _, c := range []struct {
		path   string
		left   int64 // of the heap's part
		status int
	}{
		{"/static/many/", listingHeap - 1, 503},
		{"/static/many/", listingHeap + 5<<10, 503},
		{"/static/few/", listingHeap + 5<<10, 200},
		{"/static/many/", listingHeap + 100<<10, 200},
	} {
		others := h.memory.heap.limit - c.left
		if !h.memory.takeHeap(others) {
			t.Fatal("the memory is not free")
		}
		log.Reset()
		if a := h.response(h.dial(get(c.path))); a.status != c.status {
			t.Errorf("%s with %d bytes left: status %d, want %d", c.path, c.left, a.status, c.status)
		}
		h.until("the maker to end", func() bool { return !h.bodies.made.busy() })
		if said := strings.Contains(log.String(), "--memory"); said != (c.status == 503) {
			t.Errorf("%s with %d bytes left: the log says %q", c.path, c.left, &log)
		}
		h.memory.giveHeap(others)
		h.warned = time.Time{} // so that the next warning is logged
	}
	h.end()
}

// Stream buffers keep to the budget. Who gets none waits for one, then gets a 503,
// and a client that needs none is served meanwhile.
func TestStreamBuffersKeepToBudget(t *testing.T) {
	const clients = 80
	var log bytes.Buffer
	h := withMemory(httpxtest.Tree(t, connFiles), leastBudget, 2*clients, &log).open(t)
	for range clients {
		h.deaf(get("/dynamic/large"))
	}
	h.until("some to wait for memory", func() bool { return h.waiters() > clients/4 })
	check := func() {
		t.Helper()
		most := ownStreams + int(h.memory.held.limit/bufferSize)
		if n, used := h.bodies.buffers.arena.Dirty(), h.memory.held.used.Load(); n > most || used > h.memory.held.limit {
			t.Fatalf("%d buffers hold memory, %d bytes are counted: want at most %d and %d", n, used, most, h.memory.held.limit)
		}
	}
	check()
	if a := h.response(h.dial(get("/static/large"))); a.status != 200 {
		t.Errorf("a client that needs no buffer got %d", a.status)
	}
	h.until("the others to end", func() bool { check(); return h.open == 1 })
	for _, c := range h.clients[:clients] { // most have had a buffer in turn
		c.pace = everything
		h.until("the client to see the end", func() bool { return c.err != nil })
	}
	if !strings.Contains(log.String(), "--memory") {
		t.Errorf("the log says %q", &log)
	}
	h.end()
}

// leastBudget is the least memory that the command takes.
const leastBudget = 8 << 20

// Who waits for memory gets it also when another loop gives it back.
func TestMemoryOfOtherLoopsIsWaitedFor(t *testing.T) {
	h := withMemory(httpxtest.Tree(t, connFiles), leastBudget, 16, &bytes.Buffer{}).open(t)
	others := h.memory.held.limit
	h.memory.held.used.Add(others)
	for range ownStreams + 3 {
		h.deaf(get("/dynamic/large"))
	}
	h.until("all but the loop's own to wait", func() bool { return h.waiters() == 3 })
	h.memory.held.used.Add(-others)
	h.until("all to have a buffer", func() bool { return h.waiters() == 0 })
	if now := h.sim.Now(); now > 2*time.Second {
		t.Errorf("that took %v", now)
	}
	h.end()
}

// Once memory is used up nothing is saved of requests: half a head gets a 503, and a
// pipelined request is left to be asked again. Whole heads are answered.
func TestNothingIsSavedWithoutMemory(t *testing.T) {
	h := withMemory(httpxtest.Tree(t, connFiles), leastBudget, 8, &bytes.Buffer{}).open(t)
	others := h.memory.all
	h.memory.held.used.Add(others)
	h.countMemory(false)
	half, two, whole := h.dial("GET /sta"), h.dial(get("/static/small")+get("/static/small")), h.dial(get("/static/small"))
	h.until("two to end", func() bool { return half.err != nil && two.err != nil })
	if got, rest, err := parseResponses(half.got, "GET"); err != nil || len(rest) > 0 || got[0].status != 503 || !got[0].close {
		t.Errorf("half a head: %v after %q", err, half.got)
	}
	if got, rest, err := parseResponses(two.got, "GET"); err != nil || len(rest) > 0 || got[0].status != 200 || !got[0].close {
		t.Errorf("two requests: %v after %q", err, two.got)
	}
	if a := h.response(whole); a.status != 200 || a.close {
		t.Errorf("a whole head: %d, close %v", a.status, a.close)
	}
	h.memory.held.used.Add(-others)
	h.end()
}

// Saved input counts in the budget, and is taken out of it again.
func TestSavedInputIsCounted(t *testing.T) {
	const clients = 400
	h := withMemory(httpxtest.Tree(t, connFiles), leastBudget, clients, &bytes.Buffer{}).open(t)
	for range clients {
		h.dial("GET /" + strings.Repeat("a", 7<<10))
	}
	h.until("all to be saved", func() bool { return h.inputs.Taken() == clients })
	h.until("them to be counted", func() bool { return h.held.counted > 0 })
	if got, want := h.held.counted, int64(clients*8<<10)/heldStep*heldStep; got != want {
		t.Errorf("%d bytes are counted, want %d", got, want)
	}
	for _, c := range h.clients {
		c.peer.Reset()
		c.over = true
	}
	h.until("them to go", func() bool { return h.open == 0 && h.held.counted == 0 })
	h.settle()
}

// bounds records what an engine is asked about send queues.
type bounds struct {
	*simio.Engine
	calls []int
}

func (b *bounds) BoundUnsent(t backend.Token, n int) {
	b.calls = append(b.calls, n)
	b.Engine.BoundUnsent(t, n)
}

// Send queues are left alone while they fit. Then each response more gets less, and
// all of them together little more than their share. When there is room again, a
// connection's next response is free.
func TestSendQueuesAreBounded(t *testing.T) {
	const fit, clients = 4, 40
	var asked *bounds
	most := mostQueue()
	s := withMemory(httpxtest.Tree(t, connFiles), 4*fit*most, 2*clients, &bytes.Buffer{})
	s.wrap = func(e *simio.Engine) backend.Backend { asked = &bounds{Engine: e}; return asked }
	h := s.open(t)
	for range fit {
		h.stuck(get("/static/large"))
	}
	if len(asked.calls) > 0 {
		t.Errorf("the first %d were bounded: %d", fit, asked.calls)
	}
	for i := fit; i < clients; i++ {
		h.stuck([]string{get("/static/large"), get("/dynamic/large")}[i%2])
	}
	total, last := int64(fit)*most, most
	for _, n := range asked.calls[:clients-fit] {
		if int64(n) > last || n < 1<<leastQueue {
			t.Errorf("a queue of %d bytes after one of %d", n, last)
		}
		last = int64(n)
		total += last
	}
	if total > 2*fit*most {
		t.Errorf("all queues together may hold %d bytes, the share is %d", total, fit*most)
	}
	if last > most/16 {
		t.Errorf("the last queue may hold %d bytes", last)
	}
	for _, c := range h.clients[:clients-1] {
		c.peer.Reset()
		c.over = true
	}
	h.until("all but one to go", func() bool { return h.open == 1 })
	c := h.clients[clients-1]
	c.pace = everything
	h.until("the response to end", func() bool { return len(h.told.open) == 0 })
	c.send(get("/static/large"))
	h.responses(c, 2)
	if n := asked.calls[len(asked.calls)-1]; n != 0 {
		t.Errorf("with room for all, the queue is bounded to %d bytes", n)
	}
	h.end()
	if h.queues.large != 0 {
		t.Errorf("%d connections are still counted", h.queues.large)
	}
}

// A connection that has taken its response is not counted for ever.
func TestTakenResponsesAreNotCounted(t *testing.T) {
	const fit, clients = 2, 10
	var asked *bounds
	s := withMemory(httpxtest.Tree(t, connFiles), 4*fit*mostQueue(), 2*clients, &bytes.Buffer{})
	s.wrap = func(e *simio.Engine) backend.Backend { asked = &bounds{Engine: e}; return asked }
	h := s.open(t)
	for range clients { // one after another, and all stay connected
		h.response(h.dial(get("/static/large")))
		h.queues.swept = h.now() - sweepPause // as if time had passed
	}
	if len(asked.calls) > 0 || h.queues.large > fit+1 {
		t.Errorf("%d connections count, and bounds were set: %d", h.queues.large, asked.calls)
	}
	h.end()
}
