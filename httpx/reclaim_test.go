package httpx

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"aws/backend"
	"aws/backend/simio"
	"aws/httpx/httpxtest"
)

// crawl dials clients that take a little now and then, until every stream buffer is
// taken and somebody waits for one.
func (h *harness) crawl(n int, request string) (all []*sipper) {
	h.t.Helper()
	for range n {
		all = append(all, h.sips(request, 2<<10, 4*time.Second))
	}
	h.until("the stream buffers to be taken", func() bool { return h.bodies.buffers.arena.Free() == 0 && h.waiters() > 0 })
	return all
}

// serves fetches a path as a client that reads all, while others crawl. It returns how
// long that took, and the response.
func (h *harness) serves(request string, crawlers []*sipper) (took time.Duration, a parsedResponse) {
	h.t.Helper()
	start := h.sim.Now()
	c := h.dial(request)
	h.until("a response", func() bool {
		for _, s := range crawlers {
			s.step(h.sim.Now())
		}
		got, _, err := parseResponses(c.got, "GET")
		if err == nil {
			a = got[0]
		}
		return err == nil || c.err != nil
	})
	return h.sim.Now() - start, a
}

// hurry makes crawling clients read all, and checks what they get.
func (h *harness) hurry(crawlers []*sipper, name string) {
	h.t.Helper()
	for i, s := range crawlers {
		s.pace = everything
		if a := h.response(s.client); a.status != 200 || !bytes.Equal(a.body, httpxtest.Content(name, largeSize)) {
			h.t.Errorf("crawler %d: status %d, %d bytes", i, a.status, len(a.body))
		}
	}
}

// Clients that crawl do not keep stream buffers from others, of whatever kind of file,
// however many they are and however long it takes; and they get the right bytes.
func TestCrawlersDoNotHoldStreamBuffers(t *testing.T) {
	ranges := "GET /dynamic/large HTTP/1.1\r\nHost: a\r\nRange: bytes=0-199999,250000-\r\n\r\n"
	for _, c := range []struct {
		name, request string
		wrap          func(*simio.Engine) backend.Backend
		trouble       simio.Probabilities
	}{
		{"dynamic", get("/dynamic/large"), nil, simio.Probabilities{}},
		{"static without sendfile", get("/static/large"), refuseSendFile, simio.Probabilities{}},
		{"ranges", ranges, nil, simio.Probabilities{}},
		{"cancelled too late", get("/dynamic/large"), nil, simio.Probabilities{Late: 1}},
		{"slow reads", get("/dynamic/large"), nil, simio.Probabilities{SlowRead: 1, ShortSend: 0.5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := setup{root: httpxtest.Tree(t, connFiles), wrap: c.wrap, trouble: c.trouble, adjust: func(config *Config) {
				config.Connections, config.MinRate = 64, 0
			}}.open(t)
			h.beat = time.Second / 2
			h.limitStreams(8)
			crawlers := h.crawl(24, c.request)
			for round := range 20 {
				for _, path := range []string{"small", "other", "large"} {
					took, a := h.serves(get("/dynamic/"+path), crawlers)
					if size := connFiles["dynamic/"+path]; a.status != 200 || !bytes.Equal(a.body, httpxtest.Content(path, size)) {
						t.Fatalf("round %d: %s: status %d, %d bytes", round, path, a.status, len(a.body))
					}
					if took > 5*time.Second {
						t.Errorf("round %d: %s took %v", round, path, took)
					}
				}
				for start := h.sim.Now(); h.sim.Now() < start+10*time.Second; {
					_ = h.turn()
					for _, s := range crawlers {
						s.step(h.sim.Now())
					}
				}
			}
			if c.name != "ranges" {
				h.hurry(crawlers, "large")
			}
			for i, s := range crawlers {
				s.pace = everything
				if a := h.response(s.client); c.name == "ranges" {
					large := httpxtest.Content("large", largeSize)
					if want := slices.Concat(large[:200000], large[250000:]); !bytes.Equal(a.joined(), want) {
						t.Errorf("crawler %d: %d bytes of ranges", i, len(a.joined()))
					}
				}
			}
			h.end()
		})
	}
}

// A head that waits in the buffer for room in the socket is not lost with it.
func TestUnsentHeadSurvivesRecall(t *testing.T) {
	for _, room := range []int{0, 1, 100} {
		root := httpxtest.Tree(t, map[string]int{"dynamic/large": largeSize, "dynamic/small": 100, "static/fill": 1})
		h := setup{root: root}.open(t)
		h.limitStreams(1)
		h.fill(root+"/static/fill", simio.SocketBuffer-room)
		start := h.sim.Now()
		c := h.deaf(get("/static/fill") + get("/dynamic/large"))
		h.until("the buffer to be sent", func() bool { return !h.bodies.sends.list.Empty() })
		if a := h.response(h.dial(get("/dynamic/small"))); a.status != 200 {
			t.Errorf("another client gets %d", a.status)
		}
		if h.sim.Now() < start+time.Duration(reclaimAfter) {
			t.Error("no buffer has been recalled")
		}
		c.pace = everything
		if a := h.responses(c, 2)[1]; !bytes.Equal(a.body, httpxtest.Content("large", largeSize)) {
			t.Errorf("room for %d bytes: status %d with %d bytes", room, a.status, len(a.body))
		}
		h.end()
	}
}

// fill makes a file whose response has so many bytes, with its head.
func (h *harness) fill(file string, size int) {
	h.t.Helper()
	for missing := size; missing != 0; { // the length of a tag varies
		at, _ := os.Stat(file)
		httpxtest.Write(h.t, file, httpxtest.Content("fill", int(at.Size())+missing))
		c := h.dial(get("/static/fill"))
		h.response(c)
		missing = size - len(c.got)
	}
}

// What slow clients have read ahead goes back first, without a recall.
func TestReadAheadGoesBackFirst(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	h.limitStreams(8)
	slow := []*client{}
	for range 2 { // both read ahead
		slow = append(slow, h.stuck(get("/dynamic/large")))
		h.until("it to read ahead", func() bool { return h.bodies.buffers.arena.Taken() == 2*len(slow) && h.readsInFlight() == 0 })
	}
	var held []int32
	for h.bodies.buffers.arena.Free() > 0 {
		held = append(held, h.bodies.buffers.take())
	}
	for range 2 {
		if a := h.response(h.dial(get("/dynamic/small"))); a.status != 200 {
			t.Errorf("status %d", a.status)
		}
	}
	if h.bodies.sends.recalledAt != 0 {
		t.Error("a send was recalled")
	}
	for _, buffer := range held {
		h.bodies.give(buffer)
	}
	for _, c := range slow {
		c.pace = everything
		if a := h.response(c); !bytes.Equal(a.body, httpxtest.Content("large", largeSize)) {
			t.Errorf("%d bytes", len(a.body))
		}
	}
	h.end()
}

// A maker that found too few buffers finds them when its client comes again.
func TestRefusedMakerGetsBuffers(t *testing.T) {
	h := paceServer(httpxtest.Tree(t, connFiles), func(config *Config) { config.Connections = 64 }).open(t)
	h.limitStreams(16)
	for range 16 {
		h.deaf(get("/dynamic/large"))
	}
	h.until("all sockets to be full", func() bool { return h.bodies.buffers.arena.Free() == 0 })
	list := strings.Replace(get("/static/"), "Host: a", "Host: "+madeHost, 1)
	if a := h.response(h.dial(list)); a.status != 503 {
		t.Errorf("status %d, with no buffer free", a.status)
	}
	start := h.sim.Now()
	h.until("the buffers to be free", func() bool {
		return h.bodies.buffers.arena.Free() >= h.bodies.buffers.forMaker() || h.sim.Now() > start+5*time.Second
	})
	if a := h.response(h.dial(list)); a.status != 200 {
		t.Errorf("status %d, a moment later", a.status)
	}
	h.end()
}

// Clients that take nothing at all keep the loop no busier when others wait.
func TestRecallIsNoBusyLoop(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles), adjust: func(config *Config) { config.Connections = 64 }}.open(t)
	h.limitStreams(2)
	for range 30 {
		h.deaf(get("/dynamic/large"))
	}
	h.until("the first to hold all", func() bool { return h.waiters() > 0 })
	h.until("all to have their turn", func() bool { return h.waiters() == 0 })
	if now := h.sim.Now(); now < 10*time.Second || now > 20*time.Second {
		t.Errorf("that took %v, for 30 clients with 2 buffers", now)
	}
	if waits := h.sim.Counters().Waits; waits > 2000 {
		t.Errorf("%d waits", waits)
	}
	h.settle()
}
