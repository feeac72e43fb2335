// Package admin serves the admin address: how the server does, for people and programs.
// It is a server of its own, with one loop, so it answers also when the other has no
// place left, and nobody's figures count it.
//
//	admin.go     the server: its life, and whom it answers
//	health.go    /healthz, /readyz
//	figures.go   /metrics, /stats.json, /events
//	live.go      / and what it loads: the live page
//	profiles.go  /debug/pprof/, if asked for
//
// The pages are made by goroutines (site.Page), through the same core as files.
package admin

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"aws/backend"
	"aws/httpx"
	"aws/httpx/site"
	"aws/httpx/stats"
)

// connections is how many clients there may be at a time.
const connections = 64

// Descriptors is how many descriptors an admin address takes at most.
const Descriptors = connections + 32

// Source is the server that an admin address tells of: an httpx.Server.
type Source interface {
	// Snapshot asks every loop for its figures: see httpx.Server.
	Snapshot(context.Context) (stats.Snapshot, error)
	// Watch has the loops keep what only watchers look at, until stop is called.
	Watch() (stop func())
}

// Config configures an admin address.
type Config struct {
	// Hosts are those that requests may name: see hosts.
	Hosts    []string
	Profiles bool // serve /debug/pprof/
	Open     func(backend.Options) (backend.Backend, error)
	Log      *slog.Logger
}

// Server is an admin address that is served.
type Server struct {
	config   Config
	server   *httpx.Server
	listener *backend.Listener
	ended    chan struct{} // closed when Run has returned

	source   atomic.Pointer[Source] // nil until it is known
	draining atomic.Bool
}

// Start begins to serve on a listener for one loop, which the Server closes.
func Start(c Config, l *backend.Listener) (*Server, error) {
	s := &Server{config: c, listener: l, ended: make(chan struct{})}
	var err error
	s.server, err = httpx.New(httpx.Config{
		Sites: s.sites(), Open: c.Open, Log: c.Log,
		Loops: 1, Crew: 4, Connections: connections, OpenFiles: 1, Memory: 32 << 20,
		HeaderTimeout: 10 * time.Second, BodyTimeout: 10 * time.Second, IdleTimeout: time.Minute, StallTimeout: 30 * time.Second,
		LookUpTimeout: 10 * time.Second, DrainTimeout: time.Second,
	}, []*backend.Listener{l})
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(s.ended)
		if err := s.server.Run(); err != nil {
			c.Log.Error("the admin address is not served any more", "err", err)
		}
	}()
	return s, nil
}

// Addr is where it is served.
func (s *Server) Addr() string { return s.listener.Addr }

// Serves says that the server which the pages tell of is about to serve.
func (s *Server) Serves(source Source) { s.source.Store(&source) }

// Drains says that it finishes what is being sent.
func (s *Server) Drains() { s.draining.Store(true) }

// End ends all responses, and waits for that.
func (s *Server) End() {
	s.listener.Refuse()
	s.server.Drain()
	<-s.ended
	_ = s.listener.Close()
}

// sites are the one for the hosts that requests may name, and before it the one for all
// others. A page of somebody else's can have a browser ask a name of its own that leads
// to this address (DNS rebinding). Such a request names that host, and gets nothing. No
// page may read the answers either: there is no CORS.
func (s *Server) sites() []site.Config {
	return []site.Config{
		{Pages: []site.Page{{Path: "*", Type: plainText, Make: s.refuse}}, Headers: headers},
		{Hosts: s.config.Hosts, Pages: s.pages(), Headers: headers},
	}
}

// headers are the fields of all responses.
var headers = func() (rules []site.HeaderRule) {
	for _, text := range []string{
		"always *: Cache-Control: no-store",
		"always *: Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"always *: Referrer-Policy: no-referrer",
		"always *: Cross-Origin-Resource-Policy: same-origin",
	} {
		rule, err := site.ParseHeaderRule(text)
		if err != nil {
			panic(err)
		}
		rules = append(rules, rule)
	}
	return rules
}()

const (
	plainText = "text/plain; charset=utf-8"
	htmlText  = "text/html; charset=utf-8"
	jsonText  = "application/json"
)

// refuse answers requests for other hosts.
func (s *Server) refuse(w site.PageWriter) error {
	return answer(w, 403, "this address answers only to the host %s\n", strings.Join(s.config.Hosts, " or "))
}

// pages are all pages.
func (s *Server) pages() []site.Page {
	all := []site.Page{
		{Path: "/healthz", Type: plainText, Make: s.health},
		{Path: "/readyz", Type: plainText, Make: s.readiness},
		{Path: "/metrics", Type: stats.ContentType, Make: s.metrics},
		{Path: "/stats.json", Type: jsonText, Make: s.figures},
		{Path: "/events", Type: "text/event-stream", Make: s.events},
	}
	all = append(all, livePages()...)
	if s.config.Profiles {
		all = append(all, profilePages()...)
	}
	return all
}

// answer answers with a status and a text.
func answer(w site.PageWriter, status int, format string, args ...any) error {
	w.SetStatus(status)
	_, err := fmt.Fprintf(w, format, args...)
	return err
}
