package backendtest

import (
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"aws/backend"
)

var resetTests = []test{
	{"Idle", testResetIdle},
	{"SlotReuse", testResetSlotReuse},
	{"AfterShutdown", testResetAfterShutdown},
	{"UnreadBytes", testResetUnread},
}

// The peer sees the end, in whatever form its network has.
func testResetIdle(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	h.reset(c)
	h.expectEnd(in)
}

// A slot is used again, with another generation, and nothing of the connection
// before reaches the next one.
func testResetSlotReuse(t *testing.T, s *suite) {
	h := s.start(t, 1)
	seen := map[backend.Token]bool{}
	for range 20 {
		c := h.connect()
		if seen[c.token] {
			t.Fatalf("token %v again", c.token)
		}
		seen[c.token] = true
		h.echo(c)
		_, _ = c.peer.Write([]byte("stale"))
		h.reset(c)
	}
}

// Reset is for a connection whose sending side has been shut down, too.
func testResetAfterShutdown(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	h.jam(c)
	h.cancel(c)
	h.take(c, backend.OpSend)
	h.Backend.Shutdown(c.token)
	h.reset(c)
	h.expectEnd(in)
	check(t, "peer", in.got, jamID, 0)
}

// What the peer has sent and nobody has received does not matter.
func testResetUnread(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	h.write(c.peer, []byte("nobody receives this"))
	h.reset(c)
	h.expectEnd(in)
}

// queueTests are about what the kernel holds of TCP connections.
var queueTests = []test{
	{"ResetFreesTheQueue", testResetFreesQueue},
	{"CloseKeepsTheQueue", testCloseKeepsQueue},
	{"Over", testOver},
}

// A connection is over when its peer has reset it, and not before.
func testOver(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	h.jam(c)
	h.cancel(c)
	h.take(c, backend.OpSend)
	h.Backend.Shutdown(c.token)
	c.peer.(*socketPeer).CloseWrite()
	h.settle()
	if h.Backend.Over(c.token) {
		t.Error("a connection is over that has not been delivered")
	}
	c.peer.Reset()
	h.until("the connection to be over", func() bool { return h.Backend.Over(c.token) })
}

// boundTests need send buffers that are larger than what a peer takes unasked.
var boundTests = []test{{"BoundUnsent", testBoundUnsent}}

// A bound keeps the queue short, for bytes and for files, and everything arrives all
// the same. Without it the queue is long again.
func testBoundUnsent(t *testing.T, s *suite) {
	h := s.start(t, slots)
	f := h.file(1, 8<<20)
	queue := func(bound int, byFile bool) int {
		c := h.connect()
		in := &intake{peer: c.peer}
		h.Backend.BoundUnsent(c.token, 1<<10)
		h.Backend.BoundUnsent(c.token, bound)
		op, id := backend.OpSend, jamID
		if byFile {
			op, id = backend.OpSendFile, 1
			h.jamBy(c, op, func(sent int64) { h.sendFile(c, nil, f, sent, 256<<10) })
		} else {
			h.jamBy(c, op, func(sent int64) { h.send(c, content(jamID, sent, 256<<10)) })
		}
		n := queued(t, c)
		h.takeWhile(c, op, in.quickly()) // there is room again once the peer reads
		h.close(c)
		h.expectEOF(in)
		check(t, "peer", in.got, id, 0)
		return n
	}
	for _, byFile := range []bool{false, true} {
		// What has left and is not acknowledged counts as queued, too: as much as the
		// peer's receive buffer holds.
		free, bounded := queue(0, byFile), queue(16<<10, byFile)
		if most := 16<<10 + 64<<10 + 2*bufferSize; bounded > most || free < 2*most {
			t.Errorf("by file: %v: %d bytes are queued with a bound of 16 KiB, %d without", byFile, bounded, free)
		}
	}
}

// After Reset the kernel holds nothing of what the peer has not taken, and the
// peer is told.
func testResetFreesQueue(t *testing.T, s *suite) {
	h := s.start(t, slots)
	for _, byFile := range []bool{false, true} {
		c := h.connect()
		in := &intake{peer: c.peer}
		if byFile {
			f := h.file(1, 8<<20) // more than the kernel ever queues: tcp_wmem, and what the peer receives
			h.jamBy(c, backend.OpSendFile, func(sent int64) { h.sendFile(c, nil, f, sent, f.size-sent) })
			h.cancel(c)
			h.take(c, backend.OpSendFile)
		} else {
			h.jam(c)
			h.cancel(c)
			h.take(c, backend.OpSend)
		}
		if queued(t, c) == 0 {
			t.Fatal("nothing is queued before Reset")
		}
		h.reset(c)
		if n := queued(t, c); n != 0 {
			t.Errorf("%d bytes are queued after Reset", n)
		}
		h.expectEnd(in)
		if in.err == io.EOF {
			t.Error("the peer sees an orderly end of what was cut")
		}
	}
}

// Close leaves to the kernel what is on its way, and the peer gets all of it.
func testCloseKeepsQueue(t *testing.T, s *suite) {
	h := s.start(t, slots)
	c := h.connect()
	in := &intake{peer: c.peer}
	_, sent := h.jam(c)
	h.cancel(c)
	if r := h.take(c, backend.OpSend); r.n > 0 {
		sent += int64(r.n)
	}
	h.close(c)
	if queued(t, c) == 0 {
		t.Error("nothing is queued after Close")
	}
	h.expectEOF(in)
	if int64(len(in.got)) != sent {
		t.Errorf("the peer got %d of %d bytes", len(in.got), sent)
	}
}

// queued returns how many bytes the kernel holds to send to c's peer, by the
// tables of TCP sockets in proc(5): tx_queue, of sockets with and without an
// owner.
func queued(t *testing.T, c *conn) (n int) {
	t.Helper()
	p := c.peer.(*socketPeer)
	return QueuedTo(t, Connection{Server: p.server, Client: p.address.AddrPort().Port()})
}

// Connection is a TCP connection by the ports of its ends.
type Connection struct{ Server, Client uint16 }

// QueuedTo returns how many bytes the servers of these connections hold in their
// send queues (proc(5), /proc/net/tcp: tx_queue). Sockets that no process owns any
// more count as well.
func QueuedTo(t testing.TB, connections ...Connection) (n int) {
	t.Helper()
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line) // number, local and remote address, state, tx_queue:rx_queue
			if len(fields) < 5 || fields[0] == "sl" {
				continue
			}
			server, err1 := hexAfter(fields[1], ":")
			client, err2 := hexAfter(fields[2], ":")
			tx, err3 := hexAfter(strings.Split(fields[4], ":")[0], "")
			if err := errors.Join(err1, err2, err3); err != nil {
				t.Fatalf("%s: %q: %v", table, line, err)
			}
			if slices.Contains(connections, Connection{uint16(server), uint16(client)}) {
				n += int(tx)
			}
		}
	}
	return n
}

// hexAfter parses what follows the separator in s, or all of s.
func hexAfter(s, separator string) (uint64, error) {
	if _, after, found := strings.Cut(s, separator); found && separator != "" {
		s = after
	}
	return strconv.ParseUint(s, 16, 32)
}
