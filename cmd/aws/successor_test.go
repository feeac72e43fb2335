package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// A stray byte after the last request does not cost the client the end of its
// answer.
func TestUnreadInputAtTheEnd(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture)
		for _, tree := range trees {
			c := s.dial(t)
			c.send("GET " + tree + medium + " HTTP/1.0\r\n\r\n")
			standstill(c.TCPConn, children.Deadline(t)) // the answer has filled the buffers
			c.send("\r\n")
			children.Eventually(t, "the stray byte's arrival", func() bool { return queued(c.TCPConn, unix.TIOCOUTQ) == 0 })
			standstill(c.TCPConn, children.Deadline(t))
			c.file(medium)
			c.ends()
		}
	})
}

// While a server drains, another one can take over its unix socket, and keeps it.
func TestSuccessorKeepsItsSocket(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		socket := filepath.Join(t.TempDir(), "socket")
		first := start(t, w, fixture, "--listen=127.0.0.1:0", "--listen=unix:"+socket)
		c := first.dial(t)
		c.send(get("/static/" + large)) // keeps the first one draining
		c.head("GET")
		first.signal(unix.SIGTERM)
		children.Eventually(t, "the release of the socket", func() bool {
			_, err := os.Lstat(socket)
			return err != nil
		})
		start(t, w, fixture, "--listen=unix:"+socket)
		_ = c.Close()
		first.wait(t)
		curl(t, "--unix-socket", socket, "http://test/static/"+small)
	})
}
