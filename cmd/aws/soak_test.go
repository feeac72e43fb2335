// The soak: for as long as one likes, all kinds of clients fetch files that change
// all the time, from servers of both engines, with and without --fault. Every
// answer is looked at, and in the end nothing may be left.
//
//	soak_test.go         the run: clients, quarters, what is wanted in the end
//	soakgood_test.go     clients that keep to the protocol
//	soakbad_test.go      clients that do not
//	soakvisit_test.go    a connection: requests, and whether the answers are right
//	soaktrace_test.go    whether bytes are those of a version of a file
//	soakfiles_test.go    the files, and what may be in them
//	soakchanges_test.go  what happens to the files
//	soakwatch_test.go    what the servers hold
//	soaklog_test.go      what they log
//	soaktable_test.go    the figures

package main_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// soakTime is how long a soak lasts that nobody has asked for.
const soakTime = 4 * time.Second

const (
	soakClients = 40 // of each server
	soakPause   = 60 * time.Millisecond
	quarters    = 4
	mostWrong   = 10 // after so many wrong answers the soak ends
)

// soak is one run. All servers serve the same world.
type soak struct {
	t       *testing.T
	seed    uint64
	world   *world
	servers []*soaked
	pulse   pulse
	wrong   atomic.Int64

	mu     sync.Mutex
	closed chan struct{} // of this quarter: clients are to leave
}

// kinds are the kinds of clients, and how often they come.
var kinds = []struct {
	name   string
	weight int
	visit  func(*soakClient) error
}{
	{"whole files", 30, (*soakClient).wholeFiles},
	{"connection: close", 10, (*soakClient).connectionClose},
	{"http/1.0", 5, (*soakClient).http10},
	{"head", 8, (*soakClient).heads},
	{"one range", 15, (*soakClient).oneRange},
	{"several ranges", 10, (*soakClient).severalRanges},
	{"conditions", 15, (*soakClient).conditions},
	{"compressed", 6, (*soakClient).compressed},
	{"listings", 5, (*soakClient).listings},
	{"pipelined", 10, (*soakClient).pipelined},
	{"deeply pipelined", 1, (*soakClient).deeplyPipelined},
	{"half-closing", 8, (*soakClient).halfClosing},
	{"slow readers", 6, (*soakClient).slowReader},
	{"slow heads", 5, (*soakClient).slowHeads},
	{"request bodies", 8, (*soakClient).bodies},
	{"refused", 8, (*soakClient).refused},
	{"garbage", 10, (*soakClient).garbage},
	{"gone in request", 8, (*soakClient).inRequest},
	{"gone in answer", 12, (*soakClient).inAnswer},
	{"never reading", 2, (*soakClient).neverReading},
	{"saying nothing", 2, (*soakClient).saysNothing},
}

// soakClient is somebody who visits a server again and again.
type soakClient struct {
	soak   *soak
	server *soaked
	random *rand.Rand
	buffer []byte
	kind   int // of this visit
}

func (c *soakClient) tally() *tally { return &c.server.tallies[c.kind] }

// TestSoak lasts for SOAK_DURATION. SOAK_SEED repeats the choices of a run, though
// not their timing.
func TestSoak(t *testing.T) {
	duration, seed := soakSettings(t)
	t.Logf("make soak DURATION=%v SEED=%d repeats this", duration, seed)
	s := &soak{t: t, seed: seed, world: makeWorld(t)}
	for _, backend := range backends {
		s.start(raw(backend))
		s.start(faulty(backend, "faults", fmt.Sprintf("eagain=0.2,eintr=0.2,short=0.4,delay=500us,seed=%d", seed)))
	}
	stop := make(chan struct{})
	go s.pulse.run(stop)
	defer close(stop)
	s.open()
	s.close()
	for _, server := range s.servers {
		server.warmUp(s)
	}
	begun := time.Now()
	for quarter := range quarters {
		s.quarter(quarter, duration/quarters)
		s.settle()
		if t.Failed() {
			break
		}
	}
	for _, server := range s.servers {
		server.wantStable(t)
		server.wantAllKinds(s)
		server.drain(s)
	}
	t.Logf("\n%s", s.table(time.Since(begun)))
}

func soakSettings(t *testing.T) (time.Duration, uint64) {
	t.Helper()
	duration, seed := soakTime, rand.Uint64()>>32
	var err error
	if text := os.Getenv("SOAK_DURATION"); text != "" {
		duration, err = time.ParseDuration(text)
		must(t, err)
	}
	if text := os.Getenv("SOAK_SEED"); text != "" {
		seed, err = strconv.ParseUint(text, 10, 64)
		must(t, err)
	}
	return duration, seed
}

// open begins a quarter, close ends it: clients are to leave, soon.
func (s *soak) open() {
	s.mu.Lock()
	s.closed = make(chan struct{})
	s.mu.Unlock()
}

func (s *soak) close() { close(s.closed) }

// closing is closed when clients are to leave.
func (s *soak) closing() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *soak) isClosing() bool {
	select {
	case <-s.closing():
		return true
	default:
		return false
	}
}

// quarter lasts for a time. In the first one everything happens once, however long
// that takes.
func (s *soak) quarter(number int, lasts time.Duration) {
	s.open()
	var first, others sync.WaitGroup
	others.Go(func() { s.write(number) })
	for i, server := range s.servers {
		others.Go(func() { s.disturb(server, number, i) })
		var all atomic.Int64 // the kinds of the first round
		if number > 0 {
			all.Store(int64(len(kinds)))
		} else {
			first.Add(len(kinds))
		}
		for j := range soakClients {
			c := &soakClient{soak: s, server: server, buffer: make([]byte, 32<<10),
				random: rand.New(rand.NewPCG(s.seed, uint64(number)<<32|uint64(i)<<16|uint64(j)))}
			others.Go(func() { c.live(&all, &first) })
		}
	}
	time.Sleep(lasts)
	first.Wait()
	s.close()
	others.Wait()
}

// live visits the server until the quarter is over. all counts the kinds that have
// had their first visit, or have begun it.
func (c *soakClient) live(all *atomic.Int64, first *sync.WaitGroup) {
	for c.soak.wrong.Load() < mostWrong {
		if kind := int(all.Add(1)) - 1; kind < len(kinds) {
			c.kind = kind
			first.Done()
			c.visit()
			continue
		}
		if c.soak.isClosing() {
			return
		}
		c.kind = c.anyKind()
		c.visit()
		c.pause(soakPause)
	}
	for int(all.Add(1))-1 < len(kinds) { // it ends early, and nobody is to wait for the rest
		first.Done()
	}
}

// anyKind picks a kind of client.
func (c *soakClient) anyKind() int {
	sum := 0
	for i := range kinds {
		sum += kinds[i].weight
	}
	n := c.random.IntN(sum)
	for i := range kinds {
		if n -= kinds[i].weight; n < 0 {
			return i
		}
	}
	return 0
}

// visit is one visit. A connection that ends too early is excused only if this
// machine stood still meanwhile, for so long that a timeout may have struck.
func (c *soakClient) visit() {
	begun := time.Now()
	c.tally().visits.Add(1)
	err := kinds[c.kind].visit(c)
	switch {
	case err == nil:
	case errors.Is(err, errCut):
		c.tally().cut.Add(1)
	case errors.Is(err, errEnded) && c.soak.pulse.missedSince(begun):
		c.tally().late.Add(1)
	default:
		c.tally().wrong.Add(1)
		c.soak.wrong.Add(1)
		c.soak.t.Errorf("seed %d, %s, %s, after %v: %v", c.soak.seed, c.server.way.name, kinds[c.kind].name, time.Since(begun), err)
	}
}

// write changes the files until the quarter is over; in the first one in every way
// at least once.
func (s *soak) write(number int) {
	w := &writer{world: s.world, made: number << 20, random: rand.New(rand.NewPCG(s.seed, uint64(number)<<32|1<<31))}
	change := func(h habit) {
		if err := w.change(h); err != nil {
			s.wrong.Add(1)
			s.t.Errorf("changing files: %s: %v", habitNames[h], err)
		}
	}
	if number == 0 {
		for h := range habits {
			change(h)
		}
	}
	for !s.isClosing() && s.wrong.Load() < mostWrong {
		change(w.any())
		select {
		case <-time.After(time.Duration(w.random.Int64N(int64(writerPause)))):
		case <-s.closing():
		}
	}
}
