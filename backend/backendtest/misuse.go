package backendtest

import (
	"fmt"
	"strings"
	"testing"

	"aws/backend"
)

var misuseTests = []test{
	{"InFlight", testMisuseInFlight},
	{"Arguments", testMisuseArguments},
	{"StaleToken", testMisuseStale},
	{"Options", testMisuseOptions},
}

// mistake is something that no caller may do.
type mistake struct {
	name string
	make func(h *harness, c *conn)
}

// provoke makes each mistake on an engine of its own, which must fail an
// assertion.
func provoke(t *testing.T, s *suite, mistakes []mistake) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			h := s.start(t, slots)
			c := h.connect()
			defer func() {
				if said := fmt.Sprint(recover()); !strings.HasPrefix(said, "assertion failed") {
					t.Errorf("want a failed assertion, got %s", said)
				}
			}()
			m.make(h, c)
		})
	}
}

// A second operation in a lane or of a read's number, and an end while
// something is in flight.
func testMisuseInFlight(t *testing.T, s *suite) {
	b := pages(backend.Align)
	recv := func(h *harness, c *conn) {
		h.recv(c)
		h.settle()
	}
	send := func(h *harness, c *conn) { h.jam(c) }
	sendFile := func(h *harness, c *conn) { h.fill(c, fileOf("file", 0, 1<<20), h.file(1, 4<<20)) }
	provoke(t, s, []mistake{
		{"RecvAndRecv", func(h *harness, c *conn) { recv(h, c); h.recv(c) }},
		{"RecvAndRecvAtOnce", func(h *harness, c *conn) { h.recv(c); h.recv(c) }},
		{"RecvAndRecvWhileSending", func(h *harness, c *conn) { send(h, c); recv(h, c); h.recv(c) }},
		{"SendAndSend", func(h *harness, c *conn) { send(h, c); h.send(c, b) }},
		{"SendAndSendAtOnce", func(h *harness, c *conn) { h.send(c, b); h.send(c, b) }},
		{"SendAndSendWhileReceiving", func(h *harness, c *conn) { recv(h, c); send(h, c); h.send(c, b) }},
		{"SendAndSendFile", func(h *harness, c *conn) { send(h, c); h.sendFile(c, nil, h.file(1, 10), 0, 10) }},
		{"SendFileAndSend", func(h *harness, c *conn) { sendFile(h, c); h.send(c, b) }},
		{"SendAndCork", func(h *harness, c *conn) { send(h, c); h.Backend.Cork(c.token) }},
		{"SendFileAndCork", func(h *harness, c *conn) { sendFile(h, c); h.Backend.Cork(c.token) }},
		{"SendAndShutdown", func(h *harness, c *conn) { send(h, c); h.Backend.Shutdown(c.token) }},
		{"SendFileAndShutdown", func(h *harness, c *conn) { sendFile(h, c); h.Backend.Shutdown(c.token) }},
		{"ReadFileTwice", func(h *harness, _ *conn) {
			f := h.file(1, 10_000)
			h.readFile(1, b, f, 0)
			h.readFile(1, b, f, 0)
		}},
		{"CloseDuringRecv", func(h *harness, c *conn) { recv(h, c); h.close(c) }},
		{"CloseDuringSend", func(h *harness, c *conn) { send(h, c); h.close(c) }},
		{"CloseDuringSendFile", func(h *harness, c *conn) { sendFile(h, c); h.close(c) }},
		{"CloseDuringBoth", func(h *harness, c *conn) { recv(h, c); send(h, c); h.close(c) }},
		{"ResetDuringRecv", func(h *harness, c *conn) { recv(h, c); h.reset(c) }},
		{"ResetDuringSend", func(h *harness, c *conn) { send(h, c); h.reset(c) }},
	})
}

func testMisuseArguments(t *testing.T, s *suite) {
	b := pages(2 * backend.Align)
	f := &file{File: backend.File{FD: -1, Direct: -1}}
	provoke(t, s, []mistake{
		{"SendNothing", func(h *harness, c *conn) { h.send(c, nil) }},
		{"SendFileNothing", func(h *harness, c *conn) { h.sendFile(c, []byte("head"), f, 0, 0) }},
		{"SendFileNegativeOffset", func(h *harness, c *conn) { h.sendFile(c, nil, f, -1, 1) }},
		{"ReadFileNothing", func(h *harness, _ *conn) { h.readFile(0, nil, f, 0) }},
		{"ReadFileLength", func(h *harness, _ *conn) { h.readFile(0, b[:100], f, 0) }},
		{"ReadFileOffset", func(h *harness, _ *conn) { h.readFile(0, b, f, 512) }},
		{"ReadFileAddress", func(h *harness, _ *conn) { h.readFile(0, b[512:][:backend.Align], f, 0) }},
		{"ReadFileNumberBelow0", func(h *harness, _ *conn) { h.readFile(-1, b, f, 0) }},
		{"ReadFileNumberTooHigh", func(h *harness, _ *conn) { h.readFile(reads, b, f, 0) }},
	})
}

// A token after its connection's Close, with the slot free and taken again.
func testMisuseStale(t *testing.T, s *suite) {
	b := pages(backend.Align)
	f := &file{File: backend.File{FD: -1, Direct: -1}}
	uses := []mistake{
		{"Recv", func(h *harness, c *conn) { h.recv(c) }},
		{"Send", func(h *harness, c *conn) { h.send(c, b) }},
		{"SendFile", func(h *harness, c *conn) { h.sendFile(c, nil, f, 0, 1) }},
		{"Cancel", func(h *harness, c *conn) { h.cancel(c) }},
		{"CancelSend", func(h *harness, c *conn) { h.cancelSend(c) }},
		{"Cork", func(h *harness, c *conn) { h.Backend.Cork(c.token) }},
		{"Peer", func(h *harness, c *conn) { h.Backend.Peer(c.token) }},
		{"Unacked", func(h *harness, c *conn) { h.Backend.Unacked(c.token) }},
		{"Unread", func(h *harness, c *conn) { h.Backend.Unread(c.token) }},
		{"Shutdown", func(h *harness, c *conn) { h.Backend.Shutdown(c.token) }},
		{"Close", func(h *harness, c *conn) { h.Backend.Close(c.token) }},
		{"Reset", func(h *harness, c *conn) { h.Backend.Reset(c.token) }},
	}
	var mistakes []mistake
	for _, use := range uses {
		mistakes = append(mistakes,
			mistake{use.name + "AfterClose", func(h *harness, c *conn) {
				h.close(c)
				use.make(h, c)
			}},
			mistake{use.name + "AfterReuse", func(h *harness, c *conn) {
				h.close(c)
				h.connect()
				use.make(h, c)
			}})
	}
	provoke(t, s, mistakes)
}

// Counts of slots and reads that are out of range.
func testMisuseOptions(t *testing.T, s *suite) {
	for _, opts := range []backend.Options{
		{Slots: 0, Reads: 1}, {Slots: backend.MaxSlots + 1, Reads: 1},
		{Slots: 1, Reads: 0}, {Slots: 1, Reads: backend.MaxReads + 1},
	} {
		t.Run(fmt.Sprintf("Slots%dReads%d", opts.Slots, opts.Reads), func(t *testing.T) {
			defer func() {
				if said := fmt.Sprint(recover()); !strings.HasPrefix(said, "assertion failed") {
					t.Errorf("want a failed assertion, got %s", said)
				}
			}()
			s.open(t, opts)
		})
	}
}
