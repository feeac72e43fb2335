// What a loop holds, for the report that operators ask for: loop.go logs it.

package httpx

import (
	"log/slog"

	"aws/backend"
	"aws/httpx/files"
)

// holdings are what a loop's connections hold. All of it is 0 when there is none; only
// files stay open a while longer.
func holdings(inputs, outs *backend.Arena, e *exchanges, used int, d *bodies, f *files.Table) slog.Value {
	return slog.GroupValue(
		slog.Int("exchanges", e.count(used)),
		slog.Int("inputs", inputs.Taken()), slog.Int("outs", outs.Taken()), slog.Int("streams", d.buffers.arena.Taken()),
		slog.Int("makers", len(d.made.makers)-len(d.made.free)), slog.Int("parts", len(d.parts.sets)-len(d.parts.free)),
		slog.Int("pinned", len(f.Pinned())), slog.Int("descriptors", f.Opened()),
	)
}
