// All figures, by name, so that none is forgotten where figures are added, subtracted
// or shown.

package stats

// kind says how a figure changes.
type kind uint8

const (
	counter kind = iota // only grows
	gauge               // goes up and down
	histogram
)

func (k kind) String() string { return [...]string{"counter", "gauge", "histogram"}[k] }

// scalars are the figures that are one number. Those with the same metric differ in
// the value of its label.
var scalars = []struct {
	metric string // see families.go
	label  string // the value of its label, or ""
	kind   kind
	at     func(*Figures) *uint64
}{
	{"aws_sent_bytes_total", "", counter, func(f *Figures) *uint64 { return &f.Sent }},
	{"aws_received_bytes_total", "", counter, func(f *Figures) *uint64 { return &f.Received }},
	{"aws_connections_opened_total", "", counter, func(f *Figures) *uint64 { return &f.Engine.Opened }},
	{"aws_connections_closed_total", "", counter, func(f *Figures) *uint64 { return &f.Engine.Closed }},
	{"aws_connections_shed_total", "", counter, func(f *Figures) *uint64 { return &f.Shed }},
	{"aws_connections_turned_away_total", "", counter, func(f *Figures) *uint64 { return &f.TurnedAway }},
	{"aws_bandwidth_waits_total", "", counter, func(f *Figures) *uint64 { return &f.Waited }},

	{"aws_system_calls_total", "epoll_wait", counter, func(f *Figures) *uint64 { return &f.Engine.Waits }},
	{"aws_system_calls_total", "accept", counter, func(f *Figures) *uint64 { return &f.Engine.Accepts }},
	{"aws_system_calls_total", "recv", counter, func(f *Figures) *uint64 { return &f.Engine.Recvs }},
	{"aws_system_calls_total", "send", counter, func(f *Figures) *uint64 { return &f.Engine.Sends }},
	{"aws_system_calls_total", "sendfile", counter, func(f *Figures) *uint64 { return &f.Engine.Sendfiles }},
	{"aws_system_calls_total", "io_submit", counter, func(f *Figures) *uint64 { return &f.Engine.Submits }},
	{"aws_system_calls_total", "io_uring_enter", counter, func(f *Figures) *uint64 { return &f.Engine.Enters }},
	{"aws_system_calls_total", "statx", counter, func(f *Figures) *uint64 { return &f.Files.Statx }},
	{"aws_system_calls_total", "openat2", counter, func(f *Figures) *uint64 { return &f.Files.Openat2 }},
	{"aws_system_calls_total", "cachestat", counter, func(f *Figures) *uint64 { return &f.Files.Cachestat }},
	{"aws_system_calls_total", "preadv2", counter, func(f *Figures) *uint64 { return &f.Files.Preadv2 }},
	{"aws_uring_submissions_total", "", counter, func(f *Figures) *uint64 { return &f.Engine.SQEs }},
	{"aws_uring_completions_total", "", counter, func(f *Figures) *uint64 { return &f.Engine.CQEs }},
	{"aws_uring_no_buffers_total", "", counter, func(f *Figures) *uint64 { return &f.Engine.NoBuffers }},
	{"aws_would_block_total", "", counter, func(f *Figures) *uint64 { return &f.Engine.WouldBlock }},
	{"aws_short_transfers_total", "", counter, func(f *Figures) *uint64 { return &f.Engine.Short }},
	{"aws_stale_events_total", "", counter, func(f *Figures) *uint64 { return &f.Engine.Stale }},

	{"aws_file_reads_total", "cached", counter, func(f *Figures) *uint64 { return &f.Engine.CachedReads }},
	{"aws_file_reads_total", "direct", counter, func(f *Figures) *uint64 { return &f.Engine.DirectReads }},
	{"aws_file_reads_total", "other", counter, func(f *Figures) *uint64 { return &f.Engine.OtherReads }},
	{"aws_file_reads_in_flight", "", gauge, func(f *Figures) *uint64 { return &f.Engine.ReadsInFlight }},
	{"aws_file_lookups_total", "hit", counter, func(f *Figures) *uint64 { return &f.Files.Hits }},
	{"aws_file_lookups_total", "miss", counter, func(f *Figures) *uint64 { return &f.Files.Misses }},
	{"aws_offloaded_calls_total", "", counter, func(f *Figures) *uint64 { return &f.Files.Away }},
	{"aws_offloaded_calls", "", gauge, func(f *Figures) *uint64 { return &f.Held.Calls }},
	{"aws_offloaded_calls_queued", "", gauge, func(f *Figures) *uint64 { return &f.Held.CallsQueued }},
	{"aws_open_files", "", gauge, func(f *Figures) *uint64 { return &f.Held.Descriptors }},
	{"aws_pinned_files", "", gauge, func(f *Figures) *uint64 { return &f.Held.Pinned }},

	{"aws_open_requests", "", gauge, func(f *Figures) *uint64 { return &f.Held.Exchanges }},
	{"aws_buffers", "input", gauge, func(f *Figures) *uint64 { return &f.Held.Inputs }},
	{"aws_buffers", "output", gauge, func(f *Figures) *uint64 { return &f.Held.Outs }},
	{"aws_buffers", "stream", gauge, func(f *Figures) *uint64 { return &f.Held.Streams }},
	{"aws_buffers_awaited", "", gauge, func(f *Figures) *uint64 { return &f.Held.Waiting }},
	{"aws_part_sets", "", gauge, func(f *Figures) *uint64 { return &f.Held.Parts }},
	{"aws_made_bodies", "", gauge, func(f *Figures) *uint64 { return &f.Held.Makers }},
	{"aws_password_checks", "", gauge, func(f *Figures) *uint64 { return &f.Held.Passwords }},

	{"aws_warnings_total", "", counter, func(f *Figures) *uint64 { return &f.Warnings }},
	{"aws_warnings_suppressed_total", "", counter, func(f *Figures) *uint64 { return &f.Suppressed }},

	{"aws_loop_turns_total", "", counter, func(f *Figures) *uint64 { return &f.Turns }},
	{"aws_loop_completions_total", "", counter, func(f *Figures) *uint64 { return &f.Completions }},
	{"aws_loop_cpu_seconds_total", "", counter, func(f *Figures) *uint64 { return &f.CPU }},
}

// tables are the figures that are a number for each value of a label.
var tables = []struct {
	metric string
	kind   kind
	at     func(*Figures) *map[string]uint64
}{
	{"aws_responses_total", counter, func(f *Figures) *map[string]uint64 { return &f.Codes }},
	{"aws_outcomes_total", counter, func(f *Figures) *map[string]uint64 { return &f.Outcomes }},
	{"aws_refusals_total", counter, func(f *Figures) *map[string]uint64 { return &f.Refusals }},
	{"aws_connections", gauge, func(f *Figures) *map[string]uint64 { return &f.Connections }},
}

// histograms are the distributions.
var histograms = []struct {
	metric string
	at     func(*Figures) *Histogram
}{
	{"aws_request_duration_seconds", func(f *Figures) *Histogram { return &f.Duration }},
	{"aws_first_byte_seconds", func(f *Figures) *Histogram { return &f.ToFirst }},
	{"aws_response_size_bytes", func(f *Figures) *Histogram { return &f.Size }},
}
