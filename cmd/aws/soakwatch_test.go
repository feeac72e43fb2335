// What the servers of a soak are told and log, and what they hold when nobody is
// there.

package main_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
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

// soakSays is all that a server may log.
var soakSays = []string{
	"msg=counters", "msg=process", "SIGHUP has no effect", "lines were dropped here: nobody read them in time",
	"another folder is served now", "the file was written to while it was being sent",
	"the file has become shorter while it was being sent",
}

// logReader stands between a server and its log. It may stop reading, and it
// keeps the newest report.
type logReader struct {
	reading sync.Mutex // held while nobody reads
	out     io.Writer

	mu       sync.Mutex
	rest     []byte // of a line
	counters map[string]string
	process  string
	dropped  atomic.Int64 // lines
}

func (l *logReader) between(out io.Writer) io.Writer {
	l.out = out
	return l
}

func (l *logReader) Write(b []byte) (int, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return l.out.Write(b)
		}
		l.take(string(line))
		l.rest = rest
	}
}

func (l *logReader) take(line string) {
	var n int64
	switch {
	case strings.Contains(line, "msg=counters"):
		if l.counters != nil {
			l.counters[figure(line, "loop")] = line
		}
	case strings.Contains(line, "msg=process"):
		l.process = line
	default:
		if _, err := fmt.Sscanf(line, "aws: %d lines were dropped", &n); err == nil {
			l.dropped.Add(n)
		}
	}
}

// figure is the value of a key in a line of the log.
func figure(line, key string) string {
	match := regexp.MustCompile(`\b` + regexp.QuoteMeta(key) + `=(\S+)`).FindStringSubmatch(line)
	if match == nil {
		return ""
	}
	return match[1]
}

// report asks a server for a report, until it comes: one line of each loop and
// one of the process.
func (s *soaked) report(t *testing.T) (loops []string, process string) {
	t.Helper()
	s.log.mu.Lock()
	s.log.counters, s.log.process = map[string]string{}, ""
	s.log.mu.Unlock()
	asked := time.Time{}
	children.Eventually(t, "a report", func() bool {
		if time.Since(asked) > time.Second { // a line may have been dropped
			s.signal(unix.SIGUSR1)
			asked = time.Now()
		}
		s.log.mu.Lock()
		defer s.log.mu.Unlock()
		return len(s.log.counters) == soakWorkers && s.log.process != ""
	})
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	for _, line := range s.log.counters {
		loops = append(loops, line)
	}
	return loops, s.log.process
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
		if t.Failed() {
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
	// memoryGrowth, heapGrowth and threadGrowth are by how much more a server may
	// hold in the second half than in the first. In a short run the first half does
	// not use all that stays warm: a loop keeps 64 free buffers of each kind, which
	// are 11 MiB, and the compressors of the last bodies.
	memoryGrowth = 32 << 20
	heapGrowth   = 8 << 20
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
		{"bytes of heap", first.heap, second.heap, heapGrowth},
		{"threads", first.threads, second.threads, threadGrowth},
	} {
		if of.second > of.first+of.growth {
			t.Errorf("%s: %d %s after the second half, %d after the first: %+v", s.way.name, of.second, of.name, of.first, s.quiet)
		}
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
				s.storm(server, 200+random.IntN(1000))
			}
			next = time.Now().Add(time.Duration(random.Int64N(int64(5 * time.Second))))
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-s.closing():
		}
	}
}

// storm sends so many signals while nobody reads the log. A few hundred fill the
// pipe, and then the queue.
func (s *soak) storm(server *soaked, signals int) {
	server.log.reading.Lock()
	defer server.log.reading.Unlock()
	server.storms++
	for i := range signals {
		if i >= 200 && s.isClosing() {
			return
		}
		server.signal(unix.SIGHUP)
		server.signal(unix.SIGUSR1)
		time.Sleep(500 * time.Microsecond)
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
