// The figures of the server: as metrics for Prometheus, once as JSON, and as a stream of
// server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

package admin

import (
	"encoding/json"
	"fmt"
	"time"

	"aws/httpx/message"
	"aws/httpx/site"
	"aws/httpx/stats"
)

// metrics answers Prometheus.
func (s *Server) metrics(w site.PageWriter) error {
	snapshot, err := s.snapshot()
	if err != nil {
		return answer(w, message.StatusUnavailable, "# %v\n", err)
	}
	return stats.WritePrometheus(w, &snapshot)
}

// state is a snapshot with what becomes of the server.
type state struct {
	State string `json:"state"` // starting, serving or draining
	*stats.Snapshot
}

// state asks for the figures.
func (s *Server) state() (state, error) {
	snapshot, err := s.snapshot()
	now := "serving"
	switch {
	case s.draining.Load():
		now = "draining"
	case s.source.Load() == nil:
		now = "starting"
	}
	return state{now, &snapshot}, err
}

// figures answers with one snapshot.
func (s *Server) figures(w site.PageWriter) error {
	now, err := s.state()
	if err != nil {
		return answer(w, message.StatusUnavailable, "{}\n")
	}
	return json.NewEncoder(w).Encode(now)
}

// beat is the time between two events, retry that until a browser connects anew.
const (
	beat  = time.Second
	retry = 2 * time.Second
)

// events sends a snapshot a second, named "figures", until the client goes or the
// process is about to end.
func (s *Server) events(w site.PageWriter) error {
	if source := s.source.Load(); source != nil {
		defer (*source).Watch()()
	}
	if _, err := fmt.Fprintf(w, "retry: %d\n\n", retry.Milliseconds()); err != nil {
		return err
	}
	for {
		now, err := s.state()
		if err != nil {
			return err
		}
		text, err := json.Marshal(now)
		if err != nil {
			return err
		}
		if _, err = fmt.Fprintf(w, "event: figures\ndata: %s\n\n", text); err != nil {
			return err
		}
		w.Flush()
		if !w.Wait(beat) {
			return nil
		}
	}
}
