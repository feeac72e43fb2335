package backend

import "log/slog"

// Counters are what an engine always counts: plain integers that only the loop's
// thread touches. All but ReadsInFlight only grow.
type Counters struct {
	// System calls by kind, failed attempts included. Accepts counts
	// completions where the kernel accepts by itself.
	Waits     uint64 `json:"waits"`
	Accepts   uint64 `json:"accepts"`
	Recvs     uint64 `json:"recvs"`
	Sends     uint64 `json:"sends"`
	Sendfiles uint64 `json:"sendfiles"`
	Submits   uint64 `json:"submits"`
	// SQEs and CQEs count entries of the submission and completion rings, and
	// Enters the calls of io_uring_enter that carried them.
	SQEs   uint64 `json:"sqes"`
	CQEs   uint64 `json:"cqes"`
	Enters uint64 `json:"enters"`
	// NoBuffers counts receives that found the ring of buffers empty.
	NoBuffers uint64 `json:"no_buffers"`
	// WouldBlock counts attempts that the kernel answered with EAGAIN.
	WouldBlock uint64 `json:"would_block"`
	// Short counts sends that moved less than asked for.
	Short uint64 `json:"short"`
	// CachedReads and DirectReads count file reads that the page cache answered
	// and those that went past it; OtherReads, those that could do neither and so
	// may have waited for the disk. ReadsInFlight have not completed yet.
	CachedReads   uint64 `json:"cached_reads"`
	DirectReads   uint64 `json:"direct_reads"`
	OtherReads    uint64 `json:"other_reads"`
	ReadsInFlight uint64 `json:"reads_in_flight"`
	// Opened and Closed count connections.
	Opened uint64 `json:"opened"`
	Closed uint64 `json:"closed"`
	// Stale counts events dropped because their connection was gone.
	Stale uint64 `json:"stale"`
}

// LogValue lets a log line carry the counters.
func (c *Counters) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Uint64("waits", c.Waits), slog.Uint64("accepts", c.Accepts), slog.Uint64("recvs", c.Recvs),
		slog.Uint64("sends", c.Sends), slog.Uint64("sendfiles", c.Sendfiles), slog.Uint64("submits", c.Submits),
		slog.Uint64("sqes", c.SQEs), slog.Uint64("cqes", c.CQEs), slog.Uint64("enters", c.Enters),
		slog.Uint64("nobuffers", c.NoBuffers), slog.Uint64("wouldblock", c.WouldBlock), slog.Uint64("short", c.Short),
		slog.Uint64("cachedreads", c.CachedReads), slog.Uint64("directreads", c.DirectReads),
		slog.Uint64("otherreads", c.OtherReads), slog.Uint64("readsinflight", c.ReadsInFlight),
		slog.Uint64("opened", c.Opened), slog.Uint64("closed", c.Closed), slog.Uint64("stale", c.Stale),
	)
}
