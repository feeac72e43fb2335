// Package httpx serves files over HTTP/1.1 through any engine that keeps the
// contract of package backend.
//
// A request's way down, and its response's way back:
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

	"aws/backend"
	"aws/httpx/offload"
	"aws/httpx/site"
)

// Server serves files.
type Server struct {
	config  Config
	sites   *site.Sites
	crew    *offload.Crew // the goroutines of all loops
	loops   []*loop
	control control

	mu sync.Mutex // guards loop.gone
}

// New opens the document roots and an engine for each loop, on one socket of
// every listener. The listeners stay the caller's.
func New(config Config, listeners []*backend.Listener) (*Server, error) {
	if config.Loops < 1 || config.Crew < 1 || config.Connections < config.Loops || config.OpenFiles < config.Loops {
		return nil, fmt.Errorf("%d workers need at least as many connections (%d) and open files (%d)",
			config.Loops, config.Connections, config.OpenFiles)
	}
	all, err := site.Parse(config.Sites)
	if err != nil {
		return nil, err
	}
	s := &Server{config: config, sites: all, crew: offload.NewCrew(config.Crew)}
	budget := backend.NewBudget(config.Connections)
	for i := range config.Loops {
		fds := make([]int, len(listeners))
		for j, listener := range listeners {
			fds[j] = listener.FDs[i]
		}
		l, err := newLoop(&s.config, s.sites, s.crew, budget, &s.control, i, fds)
		if err != nil {
			s.destroy()
			return nil, err
		}
		s.loops = append(s.loops, l)
	}
	return s, nil
}

// Run serves until Drain or Stop, or until an engine fails, which ends all
// loops. It frees what the server holds; a Server runs once.
func (s *Server) Run() error {
	go site.LoadSystemTypes()
	errs := make([]error, len(s.loops))
	var running sync.WaitGroup
	for i, l := range s.loops {
		running.Go(func() { errs[i] = s.runLoop(l) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// runLoop runs a loop and frees it, on a thread that is its own from the first
// turn to the last: the kernel keeps what it knows of a thread, such as its
// CPU and its ring, and the scheduler never has to place it.
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
	l.destroy()
	return err
}

// Drain stops accepting and ends Run when what is being sent has been, at
// most Config.DrainTimeout later. Any goroutine may call it while Run runs.
func (s *Server) Drain() { s.tell(drainAndEnd) }

// Stop cuts all connections and ends Run.
func (s *Server) Stop() { s.tell(stopNow) }

// Report has every loop log its engine's counters.
func (s *Server) Report() {
	s.control.reports.Add(1)
	s.wake()
}

func (s *Server) tell(c command) {
	s.control.give(c)
	s.wake()
}

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

// destroy frees a server that does not run.
func (s *Server) destroy() {
	for _, l := range s.loops {
		l.destroy()
	}
}
