package admin

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"aws/backend"
	"aws/backend/backendtest/children"
	"aws/backend/epollaio"
	"aws/httpx/stats"
)

// source is a server that is made up.
type source struct {
	late     atomic.Bool
	watchers atomic.Int32
}

func (s *source) Snapshot(context.Context) (stats.Snapshot, error) {
	return stats.Snapshot{Loops: []stats.Loop{{Number: 0}, {Number: 1, Late: s.late.Load()}}}, nil
}

func (s *source) Watch() (stop func()) {
	s.watchers.Add(1)
	return func() { s.watchers.Add(-1) }
}

func start(t *testing.T) *Server {
	t.Helper()
	l, err := backend.Listen("127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(Config{
		Hosts: []string{"127.0.0.1"}, Log: slog.New(slog.DiscardHandler),
		Open: func(o backend.Options) (backend.Backend, error) { return epollaio.Open(o) },
	}, l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// want fetches a path and wants this status and text.
func (s *Server) want(t *testing.T, path string, status int, text string) {
	t.Helper()
	r, err := http.Get("http://" + s.Addr() + path)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if r.StatusCode != status || !strings.Contains(string(body), text) {
		t.Errorf("%s: status %d, %q, want %d and %q", path, r.StatusCode, body, status, text)
	}
}

// A server is ready from when it serves until it drains, and healthy as long as its
// loops answer. One that is stuck is named.
func TestHealthAndReadiness(t *testing.T) {
	s := start(t)
	defer s.End()
	s.want(t, "/readyz", 503, "starting\n")
	s.want(t, "/healthz", 200, "ok\n")
	s.want(t, "/stats.json", 200, `{"state":"starting",`)
	from := &source{}
	s.Serves(from)
	s.want(t, "/readyz", 200, "ok\n")
	s.want(t, "/healthz", 200, "ok\n")
	from.late.Store(true)
	s.want(t, "/healthz", 503, "loop 1 has not answered within 2s\n")
	from.late.Store(false)
	s.Drains()
	s.want(t, "/readyz", 503, "draining\n")
	s.want(t, "/healthz", 200, "ok\n")
}

// A stream of events makes the server count what only watchers see. The end of the admin
// address ends it, whole.
func TestEventsEndWithTheServer(t *testing.T) {
	s := start(t)
	from := &source{}
	s.Serves(from)
	r, err := http.Get("http://" + s.Addr() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	lines := bufio.NewReader(r.Body)
	for _, want := range []string{"retry: 2000\n", "\n", "event: figures\n", `data: {"state":"serving",`} {
		if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
			t.Errorf("%q, %v, want %q", line, err, want)
		}
	}
	if n := from.watchers.Load(); n != 1 {
		t.Errorf("%d watch", n)
	}
	s.End()
	if _, err := io.ReadAll(lines); err != nil {
		t.Errorf("the stream is cut off: %v", err)
	}
	if n := from.watchers.Load(); n != 0 {
		t.Errorf("%d watch after the end", n)
	}
}

// A client that has gone ends its stream of events.
func TestEventsEndWithTheClient(t *testing.T) {
	s := start(t)
	defer s.End()
	from := &source{}
	s.Serves(from)
	r, err := http.Get("http://" + s.Addr() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	children.Eventually(t, "the stream to end", func() bool { return from.watchers.Load() == 0 })
}

// The charts are drawn by uPlot as it is published: 'npm pack uplot@1.6.32' fetches
// dist/uPlot.iife.min.js, dist/uPlot.min.css and its licence.
func TestChartsAreAsPublished(t *testing.T) {
	for name, want := range map[string]string{
		"uplot.js":      "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
		"uplot.css":     "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
		"uplot.LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
	} {
		content, err := live.ReadFile("live/" + name)
		if got := fmt.Sprintf("%x", sha256.Sum256(content)); err != nil || got != want {
			t.Errorf("%s: %v, SHA-256 %s, want %s", name, err, got, want)
		}
	}
}
