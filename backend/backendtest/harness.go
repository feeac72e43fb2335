package backendtest

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"aws/backend"
	"aws/backend/backendtest/children"
)

const (
	// tick is how long a Wait may last while the peers have a part to play.
	tick = time.Millisecond
	// endless is a batch longer than any engine has reason to make.
	endless = 100_000
	// slots and reads are enough for most tests.
	slots = 16
	reads = 2 * slots
)

// harness drives one engine. It keeps account of what is in flight, and checks
// each completion against that.
type harness struct {
	t *testing.T
	Env
	opts     backend.Options
	deadline time.Time
	conns    map[backend.Token]*conn
	accepted []*conn // not yet taken by accept
	reads    []read  // by number
	files    []*file
	// seen, if set, is called for each completion inside the batch; c is nil for
	// a file read.
	seen      func(c *conn, done backend.Completion)
	completed *bool // the test has run to its end: nothing has panicked
}

// conn is one connection with both its ends.
type conn struct {
	token    backend.Token
	listener int
	peer     Peer
	asked    map[backend.Op]int64  // in flight, and the most it may move
	done     map[backend.Op]result // completed and not yet taken
	sending  []byte                // held until the next one, as Send demands
}

// read is one number's file read.
type read struct {
	asked  int64 // in flight: the length of the buffer; 0 if not
	done   bool  // completed and not yet taken
	result result
}

// result is a completion that outlives its batch.
type result struct {
	n    int
	data []byte
	cold bool
}

// start opens an engine with n slots, which the end of the test destroys.
func (s *suite) start(t *testing.T, n int) *harness {
	return s.startWith(t, backend.Options{Slots: n, Reads: reads})
}

func (s *suite) startWith(t *testing.T, opts backend.Options) *harness {
	OneThread(t)
	opts.Faults = s.faults
	opts.Warn = func(msg string, err error) { t.Logf("warning: %s: %v", msg, err) }
	h := &harness{
		t:        t,
		opts:     opts,
		Env:      s.open(t, opts),
		deadline: children.Deadline(t),
		conns:    map[backend.Token]*conn{},
		reads:    make([]read, reads),

		completed: s.completed,
	}
	t.Cleanup(h.finish)
	return h
}

// finish closes all connections in good order and destroys the engine, unless
// the test has already.
func (h *harness) finish() {
	if h.Backend != nil && *h.completed && !h.t.Failed() {
		for _, c := range h.conns {
			h.cancel(c)
		}
		h.until("all is cancelled", func() bool { return h.idle() })
		for _, c := range h.conns {
			h.close(c)
		}
		if n := h.Backend.Counters(); n.Opened != n.Closed {
			h.t.Errorf("counters: %d opened, %d closed, all are closed", n.Opened, n.Closed)
		} else if n.ReadsInFlight != 0 {
			h.t.Errorf("counters: %d reads in flight, all are done", n.ReadsInFlight)
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
	for i := range h.reads {
		if h.reads[i].asked > 0 {
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

// untilDeadline is how long a Wait may last that only the engine can end.
func (h *harness) untilDeadline() time.Duration { return max(0, time.Until(h.deadline)) }

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
	for i := range h.reads {
		if h.reads[i].asked > 0 {
			inFlight = append(inFlight, fmt.Sprintf("readfile %d", i))
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
	switch done.Op {
	case backend.OpAccept:
		h.recordAccept(done)
		return
	case backend.OpReadFile:
		h.recordRead(done)
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
	case done.Read != 0 || done.Cold:
		h.t.Fatalf("%v for %v has what only a readfile has: %+v", done.Op, c.token, done)
	}
	delete(c.asked, done.Op)
	c.done[done.Op] = result{n: done.N, data: append([]byte(nil), done.Data...)}
	if h.seen != nil {
		h.seen(c, done)
	}
}

func (h *harness) recordRead(done backend.Completion) {
	h.t.Helper()
	if done.Token != 0 || done.Data != nil || done.Read < 0 || int(done.Read) >= len(h.reads) {
		h.t.Fatalf("readfile: %+v", done)
	}
	r := &h.reads[done.Read]
	switch {
	case r.asked == 0:
		h.t.Fatalf("readfile %d completed, where none is in flight", done.Read)
	case int64(done.N) > r.asked:
		h.t.Fatalf("readfile %d: N is %d, more than the %d asked for", done.Read, done.N, r.asked)
	case done.N == -int(syscall.EAGAIN) || done.N == -int(syscall.EINTR) || done.N == -int(syscall.ECANCELED):
		h.t.Fatalf("readfile %d: %v reached the caller", done.Read, syscall.Errno(-done.N))
	}
	*r = read{done: true, result: result{n: done.N, cold: done.Cold}}
	if h.seen != nil {
		h.seen(nil, done)
	}
}

func (h *harness) recordAccept(done backend.Completion) {
	h.t.Helper()
	t := done.Token
	if done.N < 0 || done.N >= h.Listeners || done.Data != nil {
		h.t.Fatalf("accept: listener %d of %d, %d bytes of data", done.N, h.Listeners, len(done.Data))
	}
	if int(t.Slot()) >= h.opts.Slots || t.Generation() == 0 {
		h.t.Fatalf("accept: bad token %v", t)
	}
	for other := range h.conns {
		if other.Slot() == t.Slot() {
			h.t.Fatalf("accept: token %v while %v is open", t, other)
		}
	}
	c := &conn{token: t, listener: done.N, asked: map[backend.Op]int64{}, done: map[backend.Op]result{}}
	h.conns[t] = c
	h.accepted = append(h.accepted, c)
	if h.seen != nil {
		h.seen(c, done)
	}
}
