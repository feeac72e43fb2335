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
}

// mistake is a thing that no caller may do.
type mistake struct {
	name string
	make func(h *harness, c *conn)
}

// provoke makes each mistake on an engine of its own, which has to answer
// with a failed assertion.
func provoke(t *testing.T, s *suite, mistakes []mistake) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			h := s.start(t, slots)
			c := h.connect()
			defer func() {
				h.broken = true
				if said := fmt.Sprint(recover()); !strings.HasPrefix(said, "assertion failed") {
					t.Errorf("want a failed assertion, got %s", said)
				}
			}()
			m.make(h, c)
		})
	}
}

// A second operation of a kind, and an end while something is in flight.
func testMisuseInFlight(t *testing.T, s *suite) {
	b := pages(backend.Align)
	recv := func(h *harness, c *conn) {
		h.recv(c)
		h.settle()
	}
	send := func(h *harness, c *conn) { h.jam(c) }
	provoke(t, s, []mistake{
		{"RecvAndRecv", func(h *harness, c *conn) { recv(h, c); h.recv(c) }},
		{"RecvAndRecvAtOnce", func(h *harness, c *conn) { h.recv(c); h.recv(c) }},
		{"RecvAndSend", func(h *harness, c *conn) { recv(h, c); h.send(c, b) }},
		{"RecvAndSendFile", func(h *harness, c *conn) { recv(h, c); h.sendFile(c, nil, h.file(1, 10), 0, 10) }},
		{"SendAndSend", func(h *harness, c *conn) { send(h, c); h.send(c, b) }},
		{"SendAndRecv", func(h *harness, c *conn) { send(h, c); h.recv(c) }},
		{"SendAndCork", func(h *harness, c *conn) { send(h, c); h.Backend.Cork(c.token) }},
		{"SendAndShutdown", func(h *harness, c *conn) { send(h, c); h.Backend.Shutdown(c.token) }},
		{"ReadFileTwice", func(h *harness, c *conn) {
			f := h.file(1, 10_000)
			h.readFile(c, b, f, 0)
			h.readFile(c, b, f, 0)
		}},
		{"CloseDuringRecv", func(h *harness, c *conn) { recv(h, c); h.close(c) }},
		{"CloseDuringSend", func(h *harness, c *conn) { send(h, c); h.close(c) }},
		{"CloseDuringReadFile", func(h *harness, c *conn) {
			h.readFile(c, b, h.file(1, 10_000), 0)
			h.close(c)
		}},
	})
}

func testMisuseArguments(t *testing.T, s *suite) {
	b := pages(2 * backend.Align)
	f := &file{File: backend.File{FD: -1, Direct: -1}}
	provoke(t, s, []mistake{
		{"SendNothing", func(h *harness, c *conn) { h.send(c, nil) }},
		{"SendFileNothing", func(h *harness, c *conn) { h.sendFile(c, []byte("head"), f, 0, 0) }},
		{"ReadFileNothing", func(h *harness, c *conn) { h.readFile(c, nil, f, 0) }},
		{"ReadFileLength", func(h *harness, c *conn) { h.readFile(c, b[:100], f, 0) }},
		{"ReadFileOffset", func(h *harness, c *conn) { h.readFile(c, b, f, 512) }},
		{"ReadFileAddress", func(h *harness, c *conn) { h.readFile(c, b[512:][:backend.Align], f, 0) }},
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
		{"ReadFile", func(h *harness, c *conn) { h.readFile(c, b, f, 0) }},
		{"Cancel", func(h *harness, c *conn) { h.cancel(c) }},
		{"Cork", func(h *harness, c *conn) { h.Backend.Cork(c.token) }},
		{"Shutdown", func(h *harness, c *conn) { h.Backend.Shutdown(c.token) }},
		{"Close", func(h *harness, c *conn) { h.Backend.Close(c.token) }},
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
