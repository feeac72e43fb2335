// What a log says of the loops, for operators who ask by a signal.

package httpx

import (
	"context"
	"log/slog"

	"aws/httpx/stats"
)

// Report logs what each loop holds and its engine's counters: a line each. A loop that
// does not answer until the context ends is said to be late.
func (s *Server) Report(ctx context.Context) error {
	snapshot, err := s.Snapshot(ctx)
	if err != nil {
		return err
	}
	for i := range snapshot.Loops {
		if l := &snapshot.Loops[i]; !l.Ended {
			s.config.Log.Info("counters", "loop", l.Number, "late", l.Late, "connections", l.Open(), "held", holdings(&l.Held), "engine", &l.Engine)
		}
	}
	return nil
}

// holdings are what a loop's connections hold. All of it is 0 when there is none; only
// files stay open a while longer.
func holdings(h *stats.Held) slog.Value {
	return slog.GroupValue(
		slog.Uint64("exchanges", h.Exchanges), slog.Uint64("inputs", h.Inputs), slog.Uint64("outs", h.Outs), slog.Uint64("streams", h.Streams),
		slog.Uint64("makers", h.Makers), slog.Uint64("parts", h.Parts), slog.Uint64("pinned", h.Pinned), slog.Uint64("descriptors", h.Descriptors),
	)
}
