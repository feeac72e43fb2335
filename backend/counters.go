package backend

import "log/slog"

// Counters are what an engine always counts: plain integers that only the loop's
// thread touches. All but ReadsInFlight only grow.
type Counters struct {
	// System calls by kind, failed attempts included. Accepts counts
	// completions where the kernel accepts by itself.
	Waits, Accepts, Recvs, Sends, Sendfiles, Submits uint64
	// SQEs and CQEs count entries of the submission and completion rings, and
	// Enters the calls of io_uring_enter that carried them.
	SQEs, CQEs, Enters uint64
	// NoBuffers counts receives that found the ring of buffers empty.
	NoBuffers uint64
	// WouldBlock counts attempts that the kernel answered with EAGAIN.
	WouldBlock uint64
	// Short counts sends that moved less than asked for.
	Short uint64
	// CachedReads and DirectReads count file reads that the page cache answered
	// and those that went past it; OtherReads, those that could do neither and so
	// may have waited for the disk. ReadsInFlight have not completed yet.
	CachedReads, DirectReads, OtherReads, ReadsInFlight uint64
	// Opened and Closed count connections.
	Opened, Closed uint64
	// Stale counts events dropped because their connection was gone.
	Stale uint64
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
