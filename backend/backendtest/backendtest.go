// Package backendtest holds every engine to the contract of package backend:
// one suite, run by each engine's own tests.
//
//	func TestConformance(t *testing.T) {
//		backendtest.RunSockets(t, func(opts backend.Options) (backend.Backend, error) { … })
//	}
//
// A test drives the engine and plays all its peers on one thread, in turns:
// peers act, Wait, Next until the batch is over. Peers never wait, so no order
// of events depends on a scheduler. No test asserts a time; a distant deadline
// turns a hang into a failure that says what was in flight.
package backendtest

import (
	"slices"
	"testing"
	"time"

	"aws/backend"
)

// Peer is the client's end of a connection. It never waits.
type Peer interface {
	// Write sends as much of b as fits now: 0 and no error while nothing
	// does. An error means that the connection has ended.
	Write(b []byte) (int, error)
	// Read takes what has arrived: 0 and no error while nothing has. The end
	// is io.EOF, a broken connection any other error.
	Read(b []byte) (int, error)
	// CloseWrite ends what the client sends.
	CloseWrite()
	Close()
	// Reset breaks the connection. A unix socket has no reset: there the client
	// must have left bytes unread.
	Reset()
	// Address is what the engine is to say of the peer: zero on a unix socket.
	Address() backend.Address
}

// Env is an engine with the world around it.
type Env struct {
	Backend backend.Backend
	// Listeners is the number of listeners, at least 2.
	Listeners int
	// Dial connects a new client to a listener.
	Dial func(listener int) Peer
	// Release frees, after Destroy, what Open has made besides the engine. It
	// may be nil.
	Release func()
	// Virtual says why the engine's Wait never sleeps, if it does not. The tests
	// of sleeping are skipped with these words.
	Virtual string
}

// Open makes an engine for one test. It fails t if it cannot. Listeners are
// Open's to make and are missing in opts.
type Open func(t *testing.T, opts backend.Options) Env

// suite is what the tests of one sub-run share.
type suite struct {
	open   Open
	faults *backend.Faults
	bulk   int64 // the size of large bodies: many socket buffers' worth

	completed *bool // the current test has run to its end
}

// group is all tests of one subject. Groups that carry data run again with
// faults, which may not change a byte.
type group struct {
	name  string
	data  bool
	tests []test
}

type test struct {
	name string
	run  func(t *testing.T, s *suite)
}

// alone are the tests that look at something of the whole process: its descriptors,
// its allocations. The others of a group run at the same time, since most of their
// time they wait.
var alone = []string{"Attached", "DescriptorLeak", "NoAllocations"}

var groups = []group{
	{"Accept", false, acceptTests},
	{"Budget", false, budgetTests},
	{"Peer", false, peerTests},
	{"Recv", true, recvTests},
	{"Send", true, sendTests},
	{"SendFile", true, sendFileTests},
	{"Lanes", true, laneTests},
	{"ReadFile", true, readFileTests},
	{"Cancel", true, cancelTests},
	{"Close", true, closeTests},
	{"Reset", true, resetTests},
	{"Wait", false, waitTests},
	{"Misuse", false, misuseTests},
	{"Churn", true, churnTests},
}

// Run tests the engines that open makes, and again with faults: with -short, of
// one kind only.
func Run(t *testing.T, open Open) {
	Plain(t, open)
	faults := []struct {
		name string
		backend.Faults
	}{
		{"Split", backend.Faults{Split: true, Eagain: 0.3, Eintr: 0.3, Seed: 1}},
		{"Short", backend.Faults{Eagain: 0.2, Eintr: 0.2, Short: 0.3, Seed: 2}},
		{"Delay", backend.Faults{Delay: time.Millisecond, Seed: 3}},
	}
	if testing.Short() {
		faults = faults[:1]
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			broken := suite{open: open, faults: &f.Faults, bulk: 192 << 10}
			for _, g := range groups {
				if g.data {
					t.Run(g.name, func(t *testing.T) { broken.run(t, g) })
				}
			}
		})
	}
}

// Plain tests the engines that open makes, without faults. It leaves out the
// tests that do not apply, named "Group/Test".
func Plain(t *testing.T, open Open, except ...string) {
	whole := suite{open: open, bulk: 3 << 19}
	for _, g := range groups {
		g.tests = slices.DeleteFunc(slices.Clone(g.tests), func(c test) bool {
			return slices.Contains(except, g.name+"/"+c.name)
		})
		t.Run(g.name, func(t *testing.T) { whole.run(t, g) })
	}
}

// run runs a group: first the tests that need the process for themselves.
func (s *suite) run(t *testing.T, g group) {
	for _, c := range g.tests {
		t.Run(c.name, func(t *testing.T) {
			if !slices.Contains(alone, c.name) {
				t.Parallel()
			}
			s := *s
			s.completed = new(bool)
			c.run(t, &s)
			*s.completed = true
		})
	}
}
