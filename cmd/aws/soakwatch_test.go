// What the servers of a soak hold while clients are there, and when nobody is.

package main_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// soaked is a server in a soak.
type soaked struct {
	*server
	log     *logReader
	tallies []tally // by kind
	storms  int     // of signals, while nobody read the log
	before  figures // without connections, before the first
	quiet   []figures
	peak    figures
}

// figures are what a server holds.
type figures struct {
	memory, heap, descriptors, threads, goroutines int
}

const (
	soakWorkers  = 2
	soakFileIdle = "300ms"
)

// start starts a server.
func (s *soak) start(w way) {
	s.t.Helper()
	log := &logReader{}
	w.reads = log.between
	w.says = append(w.says, soakSays...)
	args := append(s.world.arguments(), "--workers="+fmt.Sprint(soakWorkers), "--open-file-idle="+soakFileIdle,
		"--header-timeout=10s", "--idle-timeout=15s", "--stall-timeout=10s", "--drain-timeout=60s")
	server := &soaked{log: log, tallies: make([]tally, len(kinds))}
	server.server = start(s.t, w, s.world.dir+"/site", args...)
	s.servers = append(s.servers, server)
}

// look takes the figures that /proc has.
func (s *soaked) look() (f figures) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		number, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "VmRSS":
			f.memory = number << 10
		case "Threads":
			f.threads = number
		}
	}
	open, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.pid))
	f.descriptors = len(open)
	return f
}

// all is look with what the server reports itself.
func (s *soaked) all(t *testing.T) figures {
	t.Helper()
	_, process := s.report(t)
	f := s.look()
	f.goroutines, _ = strconv.Atoi(figure(process, "goroutines"))
	f.heap, _ = strconv.Atoi(figure(process, "heap"))
	return f
}

// warmUp has a server do a bit of everything, and notes what it holds after that.
func (s *soaked) warmUp(soak *soak) {
	soak.t.Helper()
	c := &soakClient{soak: soak, server: s, random: rand.New(rand.NewPCG(0, 0)), buffer: make([]byte, 32<<10)}
	for _, visit := range []func(*soakClient) error{(*soakClient).wholeFiles, (*soakClient).compressed, (*soakClient).listings} {
		if err := visit(c); err != nil {
			soak.t.Error(err)
		}
	}
	s.wantNothingHeld(soak.t)
	s.before = s.all(soak.t)
}

// settle waits until all that a quarter's connections held has been given back,
// and notes what is left. Memory is given back once a second, if the loops turn:
// reports make them.
func (s *soak) settle() {
	s.t.Helper()
	for _, server := range s.servers {
		server.settle(s)
	}
	for range 3 {
		time.Sleep(400 * time.Millisecond)
		for _, server := range s.servers {
			f, now := server.all(s.t), &server.quiet[len(server.quiet)-1]
			now.memory, now.heap, now.threads = min(now.memory, f.memory), min(now.heap, f.heap), f.threads
		}
	}
}

// settle is the first part of that, for one server.
func (s *soaked) settle(soak *soak) {
	soak.t.Helper()
	if s.hasExited() {
		soak.t.Fatalf("seed %d: %s has ended:\n%s", soak.seed, s.way.name, &s.stderr)
	}
	s.wantNoConnections(soak.t)
	s.wantNothingHeld(soak.t)
	children.Eventually(soak.t, "as few descriptors as before", func() bool { return s.look().descriptors <= s.before.descriptors })
	var now figures
	children.Eventually(soak.t, "as few goroutines as before", func() bool {
		now = s.all(soak.t)
		return now.goroutines <= s.before.goroutines
	})
	s.quiet = append(s.quiet, now)
}

// nothing are the figures of a report that have to be 0.
var nothing = []string{
	"connections", "held.exchanges", "held.inputs", "held.outs", "held.streams", "held.makers", "held.parts",
	"held.pinned", "held.descriptors", "engine.readsinflight",
}

// wantNothingHeld waits until the loops say that they hold nothing.
func (s *soaked) wantNothingHeld(t *testing.T) {
	t.Helper()
	var last string
	defer func() {
		if t.Failed() && last != "" {
			t.Logf("%s: still held: %s", s.way.name, last)
		}
	}()
	children.Eventually(t, "the end of all that is held", func() bool {
		loops, _ := s.report(t)
		last = ""
		for _, line := range loops {
			for _, key := range nothing {
				if got := figure(line, key); got != "0" {
					last += key + "=" + got + " "
				}
			}
			if opened, closed := figure(line, "engine.opened"), figure(line, "engine.closed"); opened != closed || opened == "" {
				last += "opened=" + opened + " closed=" + closed + " "
			}
		}
		return last == ""
	})
}

const (
	// memoryGrowth and threadGrowth are by how much more a server may hold in the
	// second half than in the first. In a short run the first half does not use all
	// that stays warm: a loop keeps 64 free buffers of each kind, which are 11 MiB,
	// and the Go heap depends on when it was last collected.
	memoryGrowth = 32 << 20
	threadGrowth = 8
)

// wantStable wants the second half to have left no more than the first.
func (s *soaked) wantStable(t *testing.T) {
	t.Helper()
	if len(s.quiet) < quarters {
		return
	}
	first, second := most(s.quiet[:quarters/2]), most(s.quiet[quarters/2:])
	for _, of := range []struct {
		name                  string
		first, second, growth int
	}{
		{"bytes of memory", first.memory, second.memory, memoryGrowth},
		{"threads", first.threads, second.threads, threadGrowth},
	} {
		if of.second > of.first+of.growth {
			t.Errorf("%s: %d %s after the second half, %d after the first: %+v", s.way.name, of.second, of.name, of.first, s.quiet)
		}
	}
}

// wantAllKinds wants every kind of client to have been there, and everything to
// have happened.
func (s *soaked) wantAllKinds(soak *soak) {
	soak.t.Helper()
	for i := range kinds {
		if s.tallies[i].visits.Load() == 0 {
			soak.t.Errorf("%s: no client of the kind %q", s.way.name, kinds[i].name)
		}
	}
	for h := range habits {
		if soak.world.changes[h].Load() == 0 {
			soak.t.Errorf("no file that is %s has changed", habitNames[h])
		}
	}
	if s.storms == 0 {
		soak.t.Errorf("%s: the log was read all the time", s.way.name)
	}
}

// drain ends a server while clients still receive files and others idle. The files
// arrive whole, and the exit code is 0.
func (s *soaked) drain(soak *soak) {
	t := soak.t
	t.Helper()
	if s.hasExited() {
		return
	}
	c := &soakClient{soak: soak, server: s, random: rand.New(rand.NewPCG(soak.seed, 1<<29)), buffer: make([]byte, 32<<10)}
	long := slices.MaxFunc(soak.world.of[steady], func(f, g *soakFile) int { return int(f.base - g.base) })
	var visits []*visit
	var asks []*ask
	for i := range 6 {
		v, err := c.dial(8 << 10)
		must(t, err)
		defer v.Close()
		if i%3 == 2 {
			continue // it says nothing
		}
		a := &ask{file: long, method: "GET", target: long.urls[i%3]}
		_, err = io.WriteString(v, a.text())
		must(t, err)
		_, err = v.in.Peek(1) // it has begun
		must(t, err)
		visits, asks = append(visits, v), append(asks, a)
	}
	s.signal(unix.SIGTERM)
	s.wantRefused(t)
	for i, v := range visits {
		if _, err := v.receive(asks[i]); err != nil {
			t.Errorf("seed %d, %s, after SIGTERM: %v", soak.seed, s.way.name, err)
		}
		_ = v.Close()
	}
	if code := s.wait(t); code != 0 {
		t.Errorf("seed %d, %s: exit code %d after SIGTERM, want 0", soak.seed, s.way.name, code)
	}
}

// most is the most of each figure.
func most(all []figures) (m figures) {
	for _, f := range all {
		m = figures{max(m.memory, f.memory), max(m.heap, f.heap), max(m.descriptors, f.descriptors),
			max(m.threads, f.threads), max(m.goroutines, f.goroutines)}
	}
	return m
}

// disturb sends a server signals now and then, stops reading what it logs, and
// watches what it holds.
func (s *soak) disturb(server *soaked, quarter, number int) {
	random := rand.New(rand.NewPCG(s.seed, uint64(quarter)<<32|1<<30|uint64(number)))
	next := time.Now()
	for turn := 0; turn == 0 || !s.isClosing(); turn++ {
		if f := server.look(); f.memory > 0 {
			server.peak = most([]figures{server.peak, f})
		}
		if time.Now().After(next) {
			server.signal([]unix.Signal{unix.SIGHUP, unix.SIGUSR1}[random.IntN(2)])
			if turn == 0 && quarter == 0 || random.IntN(8) == 0 {
				s.storm(server, stormLeast+random.IntN(1000))
			}
			next = time.Now().Add(time.Duration(random.Int64N(int64(5 * time.Second))))
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-s.closing():
		}
	}
}

// pulse notices when this machine stands still.
type pulse struct{ missed atomic.Int64 } // when that was last seen, in nanoseconds since 1970

// stillstand is what is too long to be excused by nothing. It is less than all
// timeouts.
const stillstand = 2 * time.Second

func (p *pulse) run(stop <-chan struct{}) {
	for last := time.Now(); ; last = time.Now() {
		select {
		case <-stop:
			return
		case <-time.After(20 * time.Millisecond):
		}
		if time.Since(last) > stillstand {
			p.missed.Store(time.Now().UnixNano())
		}
	}
}

func (p *pulse) missedSince(t time.Time) bool { return p.missed.Load() > t.UnixNano() }
