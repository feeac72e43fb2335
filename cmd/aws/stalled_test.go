// Clients that take nothing: what is left of their connections.

package main_test

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// queuedFor is how many bytes the kernel holds to be sent to clients, whether their
// connections still have an owner or not.
func queuedFor(t *testing.T, clients ...*client) int {
	t.Helper()
	port := func(a net.Addr) uint16 { return uint16(a.(*net.TCPAddr).Port) }
	var connections []backendtest.Connection
	for _, c := range clients {
		connections = append(connections, backendtest.Connection{Server: port(c.RemoteAddr()), Client: port(c.LocalAddr())})
	}
	return backendtest.QueuedTo(t, connections...)
}

// stalledClients ask for a file each and read nothing.
func stalledClients(t *testing.T, s *server) (all []*client) {
	t.Helper()
	for _, tree := range trees {
		c := s.dial(t)
		c.send(get(tree + sparse))
		c.head("GET")
		standstill(c.TCPConn, children.Deadline(t))
		if queuedFor(t, c) == 0 {
			t.Fatalf("%s: nothing is queued for a client that does not read", tree)
		}
		all = append(all, c)
	}
	return all
}

// The kernel keeps nothing for a client that is cut because it has stalled.
func TestStalledClientLeavesNoQueue(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--stall-timeout=2s")
		all := stalledClients(t, s)
		s.wantNoConnections(t)
		for i, c := range all {
			if n := queuedFor(t, c); n > 0 {
				t.Errorf("%s: %d bytes are queued after the end of the connection", trees[i], n)
			}
			c.breaksOff(sparseSize)
		}
	})
}

// Nor does it for one that is cut at the end of a drain.
func TestDrainLeavesNoQueue(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		w.says = append(w.says[:len(w.says):len(w.says)], "cut off", "finishing what is being sent")
		s := start(t, w, fixture, "--drain-timeout=10ms")
		all := stalledClients(t, s)
		s.signal(unix.SIGTERM)
		if code := s.wait(t); code != 1 {
			t.Errorf("exit code %d, want 1", code)
		}
		for i, c := range all {
			if n := queuedFor(t, c); n > 0 {
				t.Errorf("%s: %d bytes are queued after the end of the process", trees[i], n)
			}
		}
	})
}
