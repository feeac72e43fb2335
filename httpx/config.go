package httpx

import (
	"log/slog"
	"time"

	"aws/backend"
	"aws/httpx/site"
)

// Config is what a Server needs to know. All fields must be set, except those
// whose zero value is said to mean something.
type Config struct {
	Sites []site.Config // what is served; the first also to hosts that none names

	// Open opens an engine, once for each loop.
	Open func(backend.Options) (backend.Backend, error)

	Loops       int // threads that serve, 1 or more
	Crew        int // goroutines at a time that make bodies, 1 or more
	Connections int // over all loops, Loops or more
	OpenFiles   int // descriptors of files kept open over all loops, Loops or more; one sent through buffers takes two

	HeaderTimeout time.Duration // for the head of a request, from its first byte or the connection
	IdleTimeout   time.Duration // between two requests
	StallTimeout  time.Duration // without progress in a transfer
	DrainTimeout  time.Duration // for what is being sent when Drain is called
	FileCacheTTL  time.Duration // how long a file is trusted without a new look at it; 0: not at all
	OpenFileIdle  time.Duration // how long a file stays open that no response uses; 0: not at all

	// CopyBelow is the size in bytes, up to MaxCopy, up to which Static files
	// are read behind their heads and sent with them, if the page cache has
	// them. 0 sends every byte by sendfile(2).
	CopyBelow int

	Log *slog.Logger

	// Observer is told of every exchange; nil costs nothing.
	Observer Observer
}
