// Whether the server lives, and whether it takes new clients: for whatever watches over
// it, such as a load balancer.

package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aws/httpx/message"
	"aws/httpx/site"
	"aws/httpx/stats"
)

// patience is how long the loops have to answer. One that takes longer is stuck: a turn
// takes microseconds, and some milliseconds under load.
const patience = 2 * time.Second

// snapshot asks the loops for their figures. There are none before the server is known.
func (s *Server) snapshot() (stats.Snapshot, error) {
	source := s.source.Load()
	if source == nil {
		return stats.Snapshot{}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return (*source).Snapshot(ctx)
}

// health is 200 as long as all loops answer, also before the server serves and while it
// drains: a restart would not help then.
func (s *Server) health(w site.PageWriter) error {
	snapshot, err := s.snapshot()
	if err != nil {
		return answer(w, message.StatusUnavailable, "no loop was asked: %v\n", err)
	}
	var late []string
	for _, number := range snapshot.Late() {
		late = append(late, fmt.Sprintf("loop %d has not answered within %v", number, patience))
	}
	if len(late) > 0 {
		return answer(w, message.StatusUnavailable, "%s\n", strings.Join(late, "\n"))
	}
	return answer(w, message.StatusOK, "ok\n")
}

// readiness is 200 as long as new clients are taken.
func (s *Server) readiness(w site.PageWriter) error {
	switch {
	case s.draining.Load():
		return answer(w, message.StatusUnavailable, "draining\n")
	case s.source.Load() == nil:
		return answer(w, message.StatusUnavailable, "starting\n")
	}
	return answer(w, message.StatusOK, "ok\n")
}
