package backendtest

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"aws/backend"
)

const (
	// patience is how long a test may take before it counts as hanging.
	patience = 60 * time.Second
	// tick is how long a Wait may last while the peers have a part to play.
	tick = time.Millisecond
	// endless is a batch longer than any engine has reason to make.
	endless = 100_000
	// slots is what tests use that do not care.
	slots = 16
)

// harness drives one engine. It keeps the books on what is in flight, and
// holds each completion against them.
type harness struct {
	t *testing.T
	Env
	opts     backend.Options
	deadline time.Time
	conns    map[backend.Token]*conn
	accepted []*conn // not yet taken by accept
	files    []*file
	// seen, if set, is called for each completion inside the batch.
	seen func(c *conn, done backend.Completion)
	// broken says that the engine has panicked on purpose: its books are off.
	broken bool
}

// conn is one connection with both its ends.
type conn struct {
	token backend.Token
	peer  Peer
	asked map[backend.Op]int64  // in flight, and the most it may move
	done  map[backend.Op]result // completed and not yet taken
}

// result is a completion that outlives its batch.
type result struct {
	n    int
	data []byte
}

// start opens an engine with n slots, which the end of the test destroys. The
// engine belongs to the thread, so the test keeps to one.
func (s *suite) start(t *testing.T, n int) *harness {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	opts := backend.Options{Slots: n, Reads: n, Faults: s.faults, Warn: func(msg string, err error) {
		t.Logf("warning: %s: %v", msg, err)
	}}
	h := &harness{t: t, opts: opts, Env: s.open(t, opts), deadline: time.Now().Add(patience), conns: map[backend.Token]*conn{}}
	t.Cleanup(h.finish)
	return h
}

// finish closes all connections in good order and destroys the engine, unless
// the test has done so.
func (h *harness) finish() {
	if h.Backend != nil && !h.t.Failed() && !h.broken {
		for _, c := range h.conns {
			h.cancel(c)
		}
		h.until("all is cancelled", func() bool { return h.idle() })
		for _, c := range h.conns {
			h.close(c)
		}
		if n := h.Backend.Counters(); n.Opened != n.Closed {
			h.t.Errorf("counters: %d opened, %d closed, all are closed", n.Opened, n.Closed)
		}
	}
	h.destroy()
	for _, f := range h.files {
		f.close()
	}
}

func (h *harness) destroy() {
	if h.Backend == nil {
		return
	}
	if err := h.Backend.Destroy(); err != nil {
		h.t.Errorf("Destroy: %v", err)
	}
	h.Backend = nil
	if h.Release != nil {
		h.Release()
	}
}

// idle says that nothing is in flight.
func (h *harness) idle() bool {
	for _, c := range h.conns {
		if len(c.asked) > 0 {
			return false
		}
	}
	return true
}

// turn is one Wait and its batch.
func (h *harness) turn(timeout time.Duration) {
	h.t.Helper()
	if err := h.Backend.Wait(timeout); err != nil {
		h.t.Fatalf("Wait: %v", err)
	}
	for range endless {
		c, ok := h.Backend.Next()
		if !ok {
			return
		}
		h.record(c)
	}
	h.t.Fatalf("Next returned true %d times: the batch never ends", endless)
}

// until takes turns until met, which may play the peers' part each time.
func (h *harness) until(what string, met func() bool) {
	h.t.Helper()
	for !met() {
		h.checkDeadline(what)
		h.turn(tick)
	}
}

// settle takes some turns in which nothing need happen.
func (h *harness) settle() {
	h.t.Helper()
	for range 10 {
		h.turn(tick)
	}
}

func (h *harness) checkDeadline(what string) {
	h.t.Helper()
	if time.Now().Before(h.deadline) {
		return
	}
	var inFlight []string
	for _, c := range h.conns {
		for op := range c.asked {
			inFlight = append(inFlight, fmt.Sprintf("%v %v", c.token, op))
		}
	}
	if h.Backend != nil {
		h.t.Logf("counters: %+v", *h.Backend.Counters())
	}
	h.t.Fatalf("hangs: waiting for %s; in flight: %s", what, strings.Join(inFlight, ", "))
}

// record checks a completion against what was asked for and keeps it.
func (h *harness) record(done backend.Completion) {
	h.t.Helper()
	if done.Op == backend.OpAccept {
		h.recordAccept(done)
		return
	}
	c := h.conns[done.Token]
	if c == nil {
		h.t.Fatalf("%v completed for %v, which is not open", done.Op, done.Token)
	}
	most, inFlight := c.asked[done.Op]
	switch {
	case !inFlight:
		h.t.Fatalf("%v completed for %v, where none is in flight", done.Op, c.token)
	case int64(done.N) > most:
		h.t.Fatalf("%v for %v: N is %d, more than the %d asked for", done.Op, c.token, done.N, most)
	case done.N == -int(syscall.EAGAIN) || done.N == -int(syscall.EINTR):
		h.t.Fatalf("%v for %v: %v reached the caller", done.Op, c.token, syscall.Errno(-done.N))
	case done.Op == backend.OpRecv && len(done.Data) != max(done.N, 0):
		h.t.Fatalf("recv for %v: N is %d with %d bytes of data", c.token, done.N, len(done.Data))
	case done.Op != backend.OpRecv && done.Data != nil:
		h.t.Fatalf("%v for %v has data", done.Op, c.token)
	case done.Op == backend.OpSend && done.N == 0:
		h.t.Fatalf("send for %v: N is 0", c.token)
	}
	delete(c.asked, done.Op)
	c.done[done.Op] = result{done.N, append([]byte(nil), done.Data...)}
	if h.seen != nil {
		h.seen(c, done)
	}
}

func (h *harness) recordAccept(done backend.Completion) {
	h.t.Helper()
	t := done.Token
	if done.N != 0 || done.Data != nil {
		h.t.Fatalf("accept: N is %d, %d bytes of data", done.N, len(done.Data))
	}
	if int(t.Slot()) >= h.opts.Slots || t.Generation() == 0 {
		h.t.Fatalf("accept: bad token %v", t)
	}
	for other := range h.conns {
		if other.Slot() == t.Slot() {
			h.t.Fatalf("accept: token %v while %v is open", t, other)
		}
	}
	c := &conn{token: t, asked: map[backend.Op]int64{}, done: map[backend.Op]result{}}
	h.conns[t] = c
	h.accepted = append(h.accepted, c)
	if h.seen != nil {
		h.seen(c, done)
	}
}
