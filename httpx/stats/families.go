// The metrics, as Prometheus and docs/operations.md know them.

package stats

// Family is a metric, or several that differ in the values of labels.
type Family struct {
	Name   string
	Kind   string   // counter, gauge or histogram
	Labels []string // their names
	Help   string
}

// families are all metrics, in the order in which they are written.
var families = []family{
	{"aws_build_info", gauge, []string{"version", "engine", "go"}, "The program that serves: always 1.", 0, writeBuild},
	{"aws_start_time_seconds", gauge, nil, "When the server began to serve, in Unix time.", 0,
		value(func(s *Snapshot) float64 { return unixSeconds(s.Started) })},

	{"aws_requests_total", counter, []string{"site", "method", "class"}, "Requests that have ended, by site, method and class of status; none where there was no response.", 0, writeRequests},
	{"aws_responses_total", counter, []string{"code"}, "Requests that have ended, by status; 0 where there was no response.", 0, writeTable},
	{"aws_outcomes_total", counter, []string{"outcome"}, "Requests that have ended, by how: only whole is as it should be.", 0, writeTable},
	{"aws_refusals_total", counter, []string{"reason"}, "Requests that were refused, by reason.", 0, writeTable},
	{"aws_request_duration_seconds", histogram, nil, "From the first byte of a request to the last that the kernel took of its response, or to its end.", nanoseconds, writeHistogram},
	{"aws_first_byte_seconds", histogram, nil, "From the first byte of a request to the first that the kernel took of its response.", nanoseconds, writeHistogram},
	{"aws_response_size_bytes", histogram, nil, "What the kernel took of a response, head and framing included.", 0, writeHistogram},
	{"aws_sent_bytes_total", counter, nil, "What the kernel has taken to send.", 0, writeScalars},
	{"aws_received_bytes_total", counter, nil, "What the kernel has handed over of what clients sent.", 0, writeScalars},
	{"aws_open_requests", gauge, nil, "Requests that have begun and not ended.", 0, writeScalars},

	{"aws_connections", gauge, []string{"state"}, "Connections, by state.", 0, writeTable},
	{"aws_connections_limit", gauge, nil, "How many connections there may be.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Limits.Connections) })},
	{"aws_connections_opened_total", counter, nil, "Connections that were accepted.", 0, writeScalars},
	{"aws_connections_closed_total", counter, nil, "Connections that have ended.", 0, writeScalars},
	{"aws_connections_shed_total", counter, nil, "Idle connections that were closed because others waited.", 0, writeScalars},
	{"aws_connections_turned_away_total", counter, nil, "Connections that were closed at once, as their clients had too many.", 0, writeScalars},
	{"aws_bandwidth_waits_total", counter, nil, "Times that a connection waited before it was sent more, for a limit on bandwidth.", 0, writeScalars},

	{"aws_system_calls_total", counter, []string{"call"}, "System calls of the loops, failed ones included. Where io_uring accepts by itself, accept counts connections.", 0, writeScalars},
	{"aws_uring_submissions_total", counter, nil, "Entries of io_uring's submission ring.", 0, writeScalars},
	{"aws_uring_completions_total", counter, nil, "Entries of io_uring's completion ring.", 0, writeScalars},
	{"aws_uring_no_buffers_total", counter, nil, "Receives that found io_uring's ring of buffers empty.", 0, writeScalars},
	{"aws_would_block_total", counter, nil, "Attempts that the kernel answered with EAGAIN.", 0, writeScalars},
	{"aws_short_transfers_total", counter, nil, "Sends that moved less than asked for.", 0, writeScalars},
	{"aws_stale_events_total", counter, nil, "Events that were dropped because their connection was gone.", 0, writeScalars},

	{"aws_file_reads_total", counter, []string{"from"}, "Reads of files: cached from the page cache, direct past it, other where neither could be.", 0, writeScalars},
	{"aws_file_reads_in_flight", gauge, nil, "Reads of files that have not completed.", 0, writeScalars},
	{"aws_file_lookups_total", counter, []string{"result"}, "Look-ups in the table of open files.", 0, writeScalars},
	{"aws_open_files", gauge, nil, "Descriptors of files that are kept open.", 0, writeScalars},
	{"aws_open_files_limit", gauge, nil, "How many there may be.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Limits.OpenFiles) })},
	{"aws_pinned_files", gauge, nil, "Open files that responses use.", 0, writeScalars},
	{"aws_offloaded_calls_total", counter, nil, "Calls of file systems that were handed to goroutines, because they may wait.", 0, writeScalars},
	{"aws_offloaded_calls", gauge, nil, "Such calls that goroutines make.", 0, writeScalars},
	{"aws_offloaded_calls_queued", gauge, nil, "Such calls that wait for a place.", 0, writeScalars},

	{"aws_memory_used_bytes", gauge, nil, "What of the budget (--memory) is taken.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Memory.Used) })},
	{"aws_memory_limit_bytes", gauge, nil, "The most that may be; +Inf without a limit.", 0, value(memoryLimit)},
	{"aws_memory_heap_bytes", gauge, nil, "What of it lies in Go's heap, for bodies being made.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Memory.Heap) })},
	{"aws_buffers", gauge, []string{"kind"}, "Buffers in use.", 0, writeScalars},
	{"aws_buffers_awaited", gauge, nil, "Requests that wait for a stream buffer.", 0, writeScalars},
	{"aws_part_sets", gauge, nil, "Responses with several ranges.", 0, writeScalars},
	{"aws_made_bodies", gauge, nil, "Bodies that goroutines make: listings, archives, compressed files.", 0, writeScalars},
	{"aws_password_checks", gauge, nil, "Passwords that are being checked.", 0, writeScalars},
	{"aws_warnings_total", counter, nil, "Warnings that were due, logged or not.", 0, writeScalars},
	{"aws_warnings_suppressed_total", counter, nil, "Warnings that were not logged because another had just been.", 0, writeScalars},

	{"aws_log_lines_dropped_total", counter, nil, "Lines for stdout and stderr, as those of the server's log, that were not written, because nobody read them in time.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Logs.Dropped) })},
	{"aws_access_log_lines_total", counter, nil, "Lines of the access log that have been written; those of the last second may still wait.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Logs.Access) })},
	{"aws_access_log_lines_dropped_total", counter, nil, "Lines of the access log that were dropped, because its disk or its reader did not keep up.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Logs.AccessDropped) })},

	{"aws_loop_up", gauge, []string{"loop"}, "1 if the loop has answered in time, otherwise its other figures are old.", 0, perLoop(loopUp)},
	{"aws_loop_lag_seconds", gauge, []string{"loop"}, "How long the loop took to answer.", 0,
		perLoop(func(l *Loop) float64 { return l.Lag.Seconds() })},
	{"aws_loop_cpu_seconds_total", counter, []string{"loop"}, "CPU time of the loop's thread.", 0,
		perLoop(func(l *Loop) float64 { return float64(l.CPU) * nanoseconds })},
	{"aws_loop_turns_total", counter, []string{"loop"}, "Turns of the loop.", 0,
		perLoop(func(l *Loop) float64 { return float64(l.Turns) })},
	{"aws_loop_completions_total", counter, []string{"loop"}, "What the loop has taken from its engine, over all turns.", 0,
		perLoop(func(l *Loop) float64 { return float64(l.Completions) })},
	{"aws_loop_requests_total", counter, []string{"loop"}, "Requests of the loop that have ended.", 0,
		perLoop(func(l *Loop) float64 { return float64(l.Finished()) })},
	{"aws_loop_connections", gauge, []string{"loop"}, "Connections of the loop.", 0,
		perLoop(func(l *Loop) float64 { return float64(l.Open()) })},

	{"process_resident_memory_bytes", gauge, nil, "Memory that the process has in RAM.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Process.Resident) })},
	{"process_open_fds", gauge, nil, "Descriptors that the process has open.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Process.Descriptors) })},
	{"process_max_fds", gauge, nil, "The most that it may have.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Process.MaxDescriptors) })},
	{"process_cpu_seconds_total", counter, nil, "CPU time of the process, user and system.", 0,
		value(func(s *Snapshot) float64 { return s.Process.CPU.Seconds() })},
	{"process_start_time_seconds", gauge, nil, "When the process started, in Unix time.", 0,
		value(func(s *Snapshot) float64 { return unixSeconds(s.Process.Started) })},
	{"go_goroutines", gauge, nil, "Goroutines.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Process.Goroutines) })},
	{"go_heap_objects_bytes", gauge, nil, "What lies in Go's heap, garbage included.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Process.Heap) })},
	{"go_heap_live_bytes", gauge, nil, "What the last garbage collection has left of it.", 0,
		value(func(s *Snapshot) float64 { return float64(s.Process.HeapLive) })},
}

// Families are all metrics, in the order in which they are written.
func Families() (all []Family) {
	for _, f := range families {
		all = append(all, Family{f.name, f.kind.String(), f.labels, f.help})
	}
	return all
}
