package httpx

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/backendtest/children"
	"aws/httpx/httpxtest"
	"aws/httpx/stats"
)

// running is a server with two loops on real sockets.
type running struct {
	*Server
	t     *testing.T
	addr  string
	ended chan error
}

// runServer starts a server with engines that open opens, and ends it with the test.
func runServer(t *testing.T, root string, open func(backend.Options) (backend.Backend, error)) *running {
	t.Helper()
	listener, err := backend.Listen("127.0.0.1:0", 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	config := testConfig(root)
	config.Loops, config.Connections, config.Open = 2, 64, open
	server, err := New(config, []*backend.Listener{listener})
	if err != nil {
		t.Fatal(err)
	}
	address, err := unix.Getsockname(listener.FDs[0])
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Server: server, t: t, ended: make(chan error, 1)}
	r.addr = (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: address.(*unix.SockaddrInet4).Port}).String()
	go func() { r.ended <- server.Run() }()
	t.Cleanup(func() { server.Stop(); <-r.ended })
	return r
}

// snapshot wants figures of loops that are not late.
func (r *running) snapshot() *stats.Snapshot {
	r.t.Helper()
	ctx, cancel := context.WithDeadline(context.Background(), children.Deadline(r.t))
	defer cancel()
	s, err := r.Snapshot(ctx)
	if err != nil || len(s.Loops) != 2 || s.Late() != nil {
		r.t.Fatalf("%v: %d loops, late %v", err, len(s.Loops), s.Late())
	}
	return &s
}

// converse sends requests and returns all that comes back, or with cut only the first
// bytes.
func (r *running) converse(requests string, cut bool) (got []byte) {
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.t.Error(err)
		return nil
	}
	defer c.Close()
	if _, err := io.WriteString(c, requests); err != nil {
		r.t.Error(err)
	}
	if cut {
		got = make([]byte, 100)
		_, err = io.ReadFull(c, got)
	} else {
		got, err = io.ReadAll(c)
	}
	if err != nil {
		r.t.Errorf("%.60q: %v", requests, err)
	}
	return got
}

// With both engines every request counts once, with the bytes that its client got:
// gathered, refused, in parts, and cut off. What a loop has counted outlives it.
func TestSnapshotOnSockets(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"static/small": 300, "dynamic/small": 300, "static/large": 64 << 20})
	last := strings.Replace(get("/static/small"), "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
	conversations := []struct {
		requests string
		cut      bool
		codes    []string
	}{
		{get("/static/small") + get("/dynamic/small") + get("/static/none") + last, false, []string{"200", "200", "404", "200"}},
		{"GET /dynamic/small HTTP/1.0\r\n\r\n", false, []string{"200"}},
		{"GET /static/small HTTP/1.0\r\nIf-None-Match: *\r\n\r\n", false, []string{"304"}},
		{"GET /static/small HTTP/1.0\r\nRange: bytes=1-9,20-\r\n\r\n", false, []string{"206"}},
		{"HEAD /static/large HTTP/1.0\r\n\r\n", false, []string{"200"}},
		{get("/static/small") + "GET / HTTP/1.1\r\n\r\n", false, []string{"200", "400"}},
		{get("/static/large"), true, []string{"200"}},
	}
	const times = 20
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			r := runServer(t, root, e.open)
			wanted, got := map[string]uint64{}, uint64(0)
			var all sync.WaitGroup
			var mu sync.Mutex
			for range times {
				for _, c := range conversations {
					for _, code := range c.codes {
						wanted[code]++
					}
					all.Go(func() {
						n := len(r.converse(c.requests, c.cut))
						mu.Lock()
						defer mu.Unlock()
						if !c.cut {
							got += uint64(n)
						}
					})
				}
			}
			all.Wait()
			var s *stats.Snapshot
			children.Eventually(t, "the last connection to be closed", func() bool { s = r.snapshot(); return s.Total.Open() == 0 })
			f := &s.Total
			if !maps.Equal(f.Codes, wanted) {
				t.Errorf("%v, want %v", f.Codes, wanted)
			}
			if gone, whole := f.Outcomes["client_gone"], f.Outcomes["whole"]; gone != times || gone+whole != f.Finished() || f.Refusals["host"] != times {
				t.Errorf("%v, refused %v", f.Outcomes, f.Refusals)
			}
			if n := f.Size.Count; n != f.Finished() || f.ToFirst.Count != n || f.Size.Sum != f.Sent {
				t.Errorf("%d sizes, %d first bytes, %d requests, %d bytes in responses of %d", n, f.ToFirst.Count, f.Finished(), f.Size.Sum, f.Sent)
			}
			if cutOff := f.Sent - got; cutOff < 100*times || cutOff > times*(64<<20) || f.Received == 0 {
				t.Errorf("%d bytes were sent, of which clients that stayed got %d; %d were received", f.Sent, got, f.Received)
			}
			for i, l := range s.Loops {
				if l.Number != i || l.Lag <= 0 || l.CPU == 0 || l.Turns == 0 || l.Ended {
					t.Errorf("loop %d: lag %v, %d ns of CPU, %d turns", l.Number, l.Lag, l.CPU, l.Turns)
				}
			}
			r.Drain()
			r.ended <- <-r.ended
			final := r.snapshot()
			if !final.Loops[0].Ended || !final.Loops[1].Ended || !maps.Equal(final.Total.Codes, wanted) || final.Total.Sent != f.Sent {
				t.Errorf("at the end: %v, %d bytes", final.Total.Codes, final.Total.Sent)
			}
		})
	}
}

// heldEngine is an engine whose Wait waits for the test.
type heldEngine struct {
	backend.Backend
	waits   chan struct{} // is told of the wait
	goingOn chan struct{} // closed
}

func (h *heldEngine) Wait(timeout time.Duration) error {
	err := h.Backend.Wait(timeout)
	select {
	case h.waits <- struct{}{}:
		<-h.goingOn
	default:
	}
	return err
}

// A loop that does not turn is late, and its last figures stand for it. The others are
// not: nobody waits for it longer than they want to.
func TestLateLoopInSnapshot(t *testing.T) {
	root := httpxtest.Tree(t, map[string]int{"static/small": 300, "dynamic/small": 300})
	held := &heldEngine{waits: make(chan struct{}), goingOn: make(chan struct{})}
	r := runServer(t, root, func(o backend.Options) (backend.Backend, error) {
		e, err := engines[0].open(o)
		if o.Loop == 1 {
			held.Backend = e
			return held, err
		}
		return e, err
	})
	before := r.snapshot()
	go r.wake()
	<-held.waits // the next turn does not end
	ctx, cancel := context.WithCancel(context.Background())
	answered := make(chan stats.Snapshot)
	go func() {
		s, err := r.Snapshot(ctx)
		if err != nil {
			t.Error(err)
		}
		answered <- s
	}()
	children.Eventually(t, "the other loop's answer", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.last[0].counters.turns > before.Loops[0].Turns
	})
	if _, err := r.Snapshot(cancelled()); !errors.Is(err, context.Canceled) {
		t.Errorf("while somebody asks: %v", err)
	}
	cancel()
	s := <-answered
	if late := s.Late(); len(late) != 1 || late[0] != 1 || s.Loops[1].Turns != before.Loops[1].Turns || s.Loops[0].Turns == before.Loops[0].Turns {
		t.Errorf("late: %v; %d turns, then %d", late, before.Loops[1].Turns, s.Loops[1].Turns)
	}
	close(held.goingOn)
	if s := r.snapshot(); s.Loops[1].Turns <= before.Loops[1].Turns {
		t.Error("the loop does not go on")
	}
}

// cancelled is a context that is over.
func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
