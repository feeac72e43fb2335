package backendtest

import (
	"testing"
	"time"

	"aws/backend"
)

var waitTests = []test{
	{"NothingToDo", testWaitNothing},
	{"WokenBefore", testWaitWokenBefore},
	{"WokenDuring", testWaitWokenDuring},
	{"DataEndsWait", testWaitDataEndsWait},
	{"Fairness", testFairness},
}

// wait is a Wait after which there may be no completion.
func (h *harness) wait(timeout time.Duration) {
	h.t.Helper()
	if err := h.Backend.Wait(timeout); err != nil {
		h.t.Fatalf("Wait(%v): %v", timeout, err)
	}
	if c, ok := h.Backend.Next(); ok {
		h.t.Fatalf("Next: %v of %v, with nothing in flight", c.Op, c.Token)
	}
}

// At 0 Wait never blocks, and with a timeout it ends.
func testWaitNothing(t *testing.T, s *suite) {
	h := s.start(t, slots)
	h.connect()
	for range 1000 {
		h.wait(0)
	}
	for range 3 {
		h.wait(time.Millisecond)
	}
}

// A Wake with no Wait under way ends the next one, and is no completion. Many
// are as good as one.
func testWaitWokenBefore(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	for wakes := range 5 {
		for range wakes + 1 {
			if err := h.Backend.Wake(); err != nil {
				t.Fatalf("Wake: %v", err)
			}
		}
		h.wait(-1)
	}
	h.echo(c)
}

func testWaitWokenDuring(t *testing.T, s *suite) {
	h := s.start(t, slots)
	if h.Virtual != "" {
		t.Skip(h.Virtual)
	}
	b, rounds, failed := h.Backend, make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(failed)
		for range rounds {
			// Now and then the Wait is asleep before the Wake comes.
			time.Sleep(100 * time.Microsecond)
			if err := b.Wake(); err != nil {
				failed <- err
			}
		}
	}()
	for range 200 {
		rounds <- struct{}{}
		h.wait(time.Until(h.deadline))
		h.checkDeadline("Wake to end a Wait")
	}
	close(rounds)
	if err := <-failed; err != nil {
		t.Fatalf("Wake: %v", err)
	}
}

// A Wait that sleeps without a timeout ends when a peer sends.
func testWaitDataEndsWait(t *testing.T, s *suite) {
	h := s.start(t, slots)
	if h.Virtual != "" {
		t.Skip(h.Virtual)
	}
	c := h.connect()
	for i := range 20 {
		h.recv(c)
		wrote := make(chan error)
		go func() {
			time.Sleep(time.Millisecond)
			_, err := c.peer.Write([]byte{byte(i)})
			wrote <- err
		}()
		for len(c.done) == 0 {
			h.turn(-1)
		}
		if err := <-wrote; err != nil {
			t.Fatalf("peer: write: %v", err)
		}
		equal(t, "recv", h.take(c, backend.OpRecv).data, []byte{byte(i)})
	}
}

// A connection that always has something to do, submitted within the batch,
// does not keep the others from their turn.
func testFairness(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 1<<20)
	kinds := []struct {
		name string
		op   backend.Op
		more func(c *conn, in *intake)
	}{
		{"recv", backend.OpRecv, func(c *conn, _ *intake) {
			_, _ = c.peer.Write(content(1, 0, backend.RecvSize))
			h.recv(c)
		}},
		{"send", backend.OpSend, func(c *conn, in *intake) {
			in.step(1 << 20)
			h.send(c, content(1, 0, 8192))
		}},
		{"sendfile", backend.OpSendFile, func(c *conn, in *intake) {
			in.step(1 << 20)
			h.sendFile(c, nil, f, 0, f.size)
		}},
		{"readfile", backend.OpReadFile, func(c *conn, _ *intake) {
			h.readFile(0, pages(backend.Align), f, 0)
		}},
	}
	for _, kind := range kinds {
		busy, other := h.connect(), h.connect()
		in := &intake{peer: busy.peer}
		h.recv(other)
		h.settle()
		rounds := 0
		h.seen = func(c *conn, done backend.Completion) {
			if c == busy || c == nil {
				delete(busy.done, done.Op)
				rounds++
				kind.more(busy, in)
				in.got = in.got[:0]
			}
		}
		kind.more(busy, in)
		h.until("the busy connection to get going", func() bool { return rounds > 10 })
		h.write(other.peer, []byte("x"))
		h.until("the other connection's turn during "+kind.name, func() bool { return len(other.done) > 0 })
		h.seen = nil
		equal(t, "recv", h.take(other, backend.OpRecv).data, []byte("x"))
	}
}
