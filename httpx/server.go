// Package httpx serves files over HTTP/1.1 through any engine that keeps the
// contract of package backend.
//
// A request's way down and an answer's way back:
//
//	server.go ─► loop.go ─► conn.go ─► request.go ─► plan.go: router.go, files.go
//	                          │                        │
//	                          ◄── response.go ◄────────┘
//	                          └─► static.go | dynamic.go ─► backend
package httpx

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"aws/backend"
	"aws/httpx/offload"
	"aws/httpx/site"
)

// Config is what a Server needs to know. All fields must be set but those
// whose zero value is said to mean something.
type Config struct {
	Sites []site.Config // what is served; the first also to hosts that none names

	// Open opens an engine, once for each loop.
	Open func(backend.Options) (backend.Backend, error)

	Loops       int // threads that serve, 1 or more
	Crew        int // goroutines at a time that make bodies, 1 or more
	Connections int // over all loops, Loops or more
	OpenFiles   int // descriptors of files kept open over all loops, Loops or more; one sent through buffers takes two

	HeaderTimeout time.Duration // for the head of a request, from its first byte or the connection
	IdleTimeout   time.Duration // between two requests
	StallTimeout  time.Duration // without progress in a transfer
	DrainTimeout  time.Duration // for what is being sent when Drain is called
	FileCacheTTL  time.Duration // a file is not looked at again so long; 0: before each answer

	// CopyBelow is the size in bytes, up to MaxCopy, up to which Static files
	// are read behind their heads and sent with them, if the page cache has
	// them. 0 sends every byte by sendfile(2).
	CopyBelow int

	Log *slog.Logger

	// Observer is told of every exchange; nil costs nothing.
	Observer Observer
}

// Server serves files.
type Server struct {
	config  Config
	sites   *site.Sites
	crew    *offload.Crew // the goroutines of all loops
	loops   []*loop
	command atomic.Uint32
	reports atomic.Uint32 // how often Report was called

	mu sync.Mutex // guards loop.gone
}

// command is what the loops are told by other threads.
type command uint32

const (
	_ command = iota // carry on
	drainAndEnd
	stopNow
)

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
	for i := range config.Loops {
		fds := make([]int, len(listeners))
		for j, listener := range listeners {
			fds[j] = listener.FDs[i]
		}
		l, err := newLoop(s, i, fds)
		if err != nil {
			s.destroy()
			return nil, err
		}
		s.loops = append(s.loops, l)
	}
	return s, nil
}

// share divides total among n, as evenly as it goes.
func share(total, n, i int) int {
	part := total / n
	if i < total%n {
		part++
	}
	return min(part, backend.MaxSlots)
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
	s.reports.Add(1)
	s.wake()
}

func (s *Server) tell(c command) {
	for {
		now := s.command.Load()
		if now >= uint32(c) || s.command.CompareAndSwap(now, uint32(c)) {
			break
		}
	}
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

func (s *Server) given() command { return command(s.command.Load()) }

// destroy frees a server that does not run.
func (s *Server) destroy() {
	for _, l := range s.loops {
		l.destroy()
	}
}
