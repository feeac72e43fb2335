package backend

// Counters are what an engine counts, always: plain integers that only the
// loop's thread touches. All only grow.
type Counters struct {
	// System calls by kind, failed attempts included.
	Waits, Accepts, Recvs, Sends, Sendfiles, Submits, Wakes uint64
	// SQEs and CQEs count entries of the submission and completion rings, and
	// Enters the calls of io_uring_enter that carried them.
	SQEs, CQEs, Enters uint64
	// NoBuffers counts receives that found the ring of buffers empty.
	NoBuffers uint64
	// WouldBlock counts attempts that the kernel answered with EAGAIN.
	WouldBlock uint64
	// Short counts sends that moved less than was asked for.
	Short uint64
	// CachedReads and DirectReads count file reads that the page cache
	// answered and those that went past it; OtherReads those that could do
	// neither, and so perhaps waited for the disk.
	CachedReads, DirectReads, OtherReads uint64
	// Opened and Closed count connections.
	Opened, Closed uint64
	// Stale counts events dropped because their connection was gone.
	Stale uint64
}
