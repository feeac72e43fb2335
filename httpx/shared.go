// What the loops of a server share.

package httpx

import (
	"sync"
	"sync/atomic"

	"aws/backend"
	"aws/httpx/auth"
	"aws/httpx/files"
	"aws/httpx/offload"
	"aws/httpx/ownpages"
	"aws/httpx/site"
)

// shared is what all loops of a server have in common: what never changes, and what
// any goroutine may use.
type shared struct {
	config    *Config
	listeners []*backend.Listener // the caller's
	sites     *site.Sites
	pages     *ownpages.Pages
	crew      *offload.Crew
	mounts    *files.Mounts
	hashes    *files.Hashes
	budget    *backend.Budget // of connections
	memory    *memory
	allLimits *allLimits // or nil, if there are none
	control   control

	passwords []*auth.File // by site.AuthRule.Number
	checker   *auth.Checker
}

// control is what other threads ask of the loops, and hear from them. A loop looks at it once a
// turn; whoever changes it wakes the loops.
type control struct {
	drain  atomic.Bool   // finish what is being sent and end
	stop   atomic.Bool   // end at once
	ending chan struct{} // closed once either has been asked for
	end    sync.Once     // closes it

	watchers atomic.Int32 // who look at what top.go counts

	// What the loops tell of a drain.
	left atomic.Int64 // connections that have not ended
	cut  atomic.Int64 // responses that were cut off
}

// tellMakers tells those who make pages that the server is about to end.
func (c *control) tellMakers() { c.end.Do(func() { close(c.ending) }) }
