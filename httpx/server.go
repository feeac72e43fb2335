// Package httpx serves files over HTTP/1.1 through any engine that keeps the
// contract of package backend.
//
// The way of a request and its response:
//
//	server.go ─► loop.go ─► conn.go ─► http1request.go ─► plan.go ─► site, files
//	                          ▲                              │
//	                          │                            response
//	                          ▼                              ▼
//	             backend ◄─ wire.go ◄──────────────── http1response.go ◄─► bodies.go
//
// docs/architecture.md has the whole map.
package httpx

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"aws/backend"
	"aws/httpx/auth"
	"aws/httpx/files"
	"aws/httpx/offload"
	"aws/httpx/ownpages"
	"aws/httpx/site"
)

// Server serves files.
type Server struct {
	shared
	loops []*loop

	mu      sync.Mutex    // guards loop.gone, and last
	last    []*answer     // by loop: its last answer to Snapshot
	asking  chan struct{} // holds an element while somebody asks
	started time.Time
}

// New opens the document roots and an engine for each loop. Each engine accepts
// from one socket of every listener. The listeners stay the caller's.
func New(config Config, listeners []*backend.Listener) (*Server, error) {
	if config.Loops < 1 || config.Crew < 1 || config.Connections < config.Loops || config.OpenFiles < config.Loops {
		return nil, fmt.Errorf("%d workers need at least as many connections (%d) and open files (%d)",
			config.Loops, config.Connections, config.OpenFiles)
	}
	all, err := site.Parse(config.Sites)
	if err != nil {
		return nil, err
	}
	s := &Server{shared: shared{
		config: &config, listeners: listeners, sites: all, pages: ownpages.New(), crew: offload.NewCrew(config.Crew), mounts: files.WatchMounts(), hashes: files.NewHashes(),
		budget: backend.NewBudget(config.Connections), memory: newMemory(config.Memory),
	}}
	s.control.ending = make(chan struct{})
	s.asking, s.started = make(chan struct{}, 1), time.Now()
	s.allLimits, err = newAllLimits(&config.Limits, config.Connections)
	if err == nil {
		err = s.openPasswords()
	}
	if err != nil {
		s.destroy()
		return nil, err
	}
	for i := range config.Loops {
		fds := make([]int, len(listeners))
		for j, listener := range listeners {
			fds[j] = listener.FDs[i]
		}
		l, err := newLoop(&s.shared, i, fds)
		if err != nil {
			s.destroy()
			return nil, err
		}
		s.loops = append(s.loops, l)
		s.last = append(s.last, newAnswer(i, len(s.sites.All()), nil))
	}
	return s, nil
}

// openPasswords reads the password files of all sites.
func (s *Server) openPasswords() error {
	for _, path := range s.sites.PasswordFiles {
		f, err := auth.Open(path, s.memory.heap.limit, s.config.Log)
		if err != nil {
			return err
		}
		s.passwords = append(s.passwords, f)
	}
	s.checker = auth.NewChecker(auth.CPUs(s.config.Crew), s.memory.takeHeap, s.memory.giveHeap)
	return nil
}

// Run serves until Drain or Stop ends it, or an engine fails, which stops all
// loops. Then it frees all that the server holds. A Server runs once.
func (s *Server) Run() error {
	go site.LoadSystemTypes()
	errs := make([]error, len(s.loops))
	var running sync.WaitGroup
	for i, l := range s.loops {
		running.Go(func() { errs[i] = s.runLoop(l) })
	}
	running.Wait()
	s.mounts.Close()
	return errors.Join(errs...)
}

// runLoop runs a loop and frees it, on a thread of its own from the first turn to
// the last. So the kernel's knowledge of the thread, such as its CPU and its ring,
// stays valid, and the scheduler never has to place it.
func (s *Server) runLoop(l *loop) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := l.run()
	if err != nil {
		s.Stop()
	}
	s.mu.Lock()
	l.gone = true
	s.mu.Unlock()
	counted := l.engine.Counters()
	l.destroy()
	s.keepFigures(l, counted)
	return err
}

// keepFigures keeps the final figures of a loop that is gone, and hands them to who has
// asked. It holds nothing any more.
func (s *Server) keepFigures(l *loop, engine *backend.Counters) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := l.asked.Swap(nil)
	if a == nil {
		a = newAnswer(l.number, len(s.sites.All()), nil)
	}
	l.counters.turnEnds(&l.clock)
	a.count(&l.counters, engine, l.files.Counts())
	a.engine.ReadsInFlight, a.ended = 0, true
	if s.last[l.number] = a; a.done != nil {
		a.done <- a
	}
}

// Drain stops accepting, and ends Run once the responses under way are finished,
// after Config.DrainTimeout at the latest. Any goroutine may call it during Run.
func (s *Server) Drain() {
	s.control.drain.Store(true)
	s.control.tellMakers()
	s.wake()
}

// Left is how many connections a drain still waits for.
func (s *Server) Left() int { return int(s.control.left.Load()) }

// Cut is how many responses were cut off when the drain timeout had passed, or by
// Stop.
func (s *Server) Cut() int { return int(s.control.cut.Load()) }

// Stop cuts all connections and ends Run. Any goroutine may call it during Run.
func (s *Server) Stop() {
	s.control.stop.Store(true)
	s.control.tellMakers()
	s.wake()
}

// wake makes every loop look at control, and at who asks.
func (s *Server) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.loops {
		if l.gone {
			continue
		}
		if err := l.engine.Wake(); err != nil {
			s.config.Log.Error("waking a loop", "err", err)
		}
	}
}

// destroy frees a server that is not running.
func (s *Server) destroy() {
	for _, l := range s.loops {
		l.destroy()
	}
	s.mounts.Close()
}
