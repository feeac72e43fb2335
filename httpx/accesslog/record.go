// Package accesslog writes a line for each exchange. It never makes a loop wait: each
// loop composes its lines in memory of its own, and one goroutine writes those of all.
//
//	Record ─► filter.go, sample ─► compose.go ─► ring.go ┐          ┌ file.go: a file, a pipe
//	              one loop, at the end of an exchange     ├─ log.go ─┤
//	Record ─► …                                  ring.go ┘          └ syslog.go: datagrams
//	              another loop
//
// What cannot be written is kept until the loop's ring is full. Lines that come then are
// dropped and counted.
package accesslog

import (
	"time"

	"aws/backend"
	"aws/httpx/message"
)

// Record is what is known of an exchange that has ended. The texts are valid until Add
// returns.
type Record struct {
	End       time.Time     // by the machine's clock
	Took      time.Duration // from the first byte of the request to End
	FirstByte time.Duration // to the first byte of the response; means nothing if Sent is 0

	Client backend.Address
	Texts  *message.Texts

	Status  int   // 0 if none was decided
	Sent    int64 // bytes of the response, with its head, that the kernel has taken
	Outcome uint8 // index of Outcomes
	Source  uint8 // index of Sources

	Loop     int
	Listener int // index of Names.Listeners
	Site     int // index of Names.Sites
}

// Outcomes are the words for how an exchange ended.
var Outcomes = [...]string{"open", "whole", "client-gone", "stalled", "too-slow", "shrunk", "failed", "drained"}

// Sources are the words for where the bytes of a file came from.
var Sources = [...]string{"none", "cache", "disk", "remote"}

// trouble says that the exchange is one that somebody looks for: an error was sent, or
// something other than the client ended the response before it was whole.
func (r *Record) trouble() bool {
	return r.Status >= 400 || Outcomes[r.Outcome] != "whole" && Outcomes[r.Outcome] != "client-gone"
}

// Names are what is the same for all exchanges of a listener or a site.
type Names struct {
	Engine    string
	Listeners []string
	Sites     []string
}
