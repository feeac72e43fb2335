// What a server is told before it starts.

package httpx

import (
	"log/slog"
	"time"

	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/site"
	"aws/httpx/stats"
)

// Config configures a Server. Every field must be set, unless its zero value has
// a meaning given here.
type Config struct {
	Sites []site.Config // the first one also serves hosts that no site names

	// Open opens an engine. It is called once for each loop.
	Open func(backend.Options) (backend.Backend, error)

	Loops       int // threads that serve, 1 or more
	Crew        int // goroutines that make bodies at the same time, 1 or more
	Connections int // over all loops, Loops or more
	OpenFiles   int // descriptors kept open over all loops, Loops or more; a dynamic file takes two

	// Memory bounds, in bytes and over all loops, what clients make the server and
	// the kernel hold for them: stream buffers, composed heads, saved input, bodies
	// being made, and send queues. Past it a request that needs more is answered
	// 503. 0 is no limit. What the server takes in any case is not part of it.
	Memory int64

	HeaderTimeout time.Duration // for the head of a request, from its first byte or the connection
	BodyTimeout   time.Duration // for the body of a request
	IdleTimeout   time.Duration // between two requests
	StallTimeout  time.Duration // without progress in a transfer
	LookUpTimeout time.Duration // for a file system to answer a look-up
	DrainTimeout  time.Duration // for what is being sent when Drain is called
	FileCacheTTL  time.Duration // how long a file is trusted before another look at it; 0: not at all
	OpenFileIdle  time.Duration // how long a file stays open that no response uses; 0: not at all

	// MinRate is in bytes a second. A client that takes a response, or sends a request
	// body, more slowly than that over 30 s loses its connection. 0 lets everybody
	// take their time.
	MinRate int

	// CopyBelow is a size in bytes, at most MaxCopy. Static files up to this size
	// are copied after their heads and sent with them, if they are in the page
	// cache. 0 sends every byte by sendfile(2).
	CopyBelow int

	// Limits are what each client, and each connection, may take.
	Limits Limits

	Log *slog.Logger

	// Build is what snapshots say of the program.
	Build stats.Build

	trouble *files.Trouble // of a simulation, or nil

	// TrustedProxies are the networks of the proxies whose X-Forwarded-For and Forwarded
	// are believed. Without any, nobody's are.
	TrustedProxies backend.Networks

	// Observer is told of every exchange. nil costs nothing.
	Observer Observer
	// Keep says what of a request is kept for it, besides the request line.
	Keep Keep
}

// EngineOptions are how large an engine of each loop is. The rest of them is for those
// who run it.
func (c *Config) EngineOptions() backend.Options {
	// The budget bounds the connections of all loops. With a slot more than that, an
	// engine always learns from the budget that a client waits.
	slots := min(c.Connections+1, backend.MaxSlots)
	return backend.Options{Slots: slots, Reads: min(maxStreams, slots)}
}
