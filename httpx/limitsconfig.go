// What clients may take: see Config. limits.go holds them to it.

package httpx

import (
	"time"

	"aws/backend"
	"aws/httpx/limit"
)

// Limits are what clients may take. The zero value of each field is no limit.
type Limits struct {
	Connections int64      // of a client at a time
	Rate        limit.Rate // of requests, of all clients together
	ClientRate  limit.Rate // of requests of a client

	ConnectionBandwidth limit.Rate // of what a connection is sent, in bytes
	ClientBandwidth     limit.Rate // of what a client is sent
	Bandwidth           limit.Rate // of what all clients together are sent

	// Exempt are networks whose clients have none of the limits above. Nor has anybody
	// on a unix socket, who has no address.
	Exempt backend.Networks

	Requests  int           // of a connection, which then ends
	MaxAge    time.Duration // of a connection, which then ends once it is idle
	Pipelined int           // requests of a connection that are answered together
}

// forClients says that something is counted for each client.
func (c *Limits) forClients() bool {
	return c.Connections > 0 || c.ClientRate.On() || c.ClientBandwidth.On()
}

// paces says that what is sent is limited.
func (c *Limits) paces() bool {
	return c.ConnectionBandwidth.On() || c.ClientBandwidth.On() || c.Bandwidth.On()
}

// exempts says that it matters whether a client is exempt.
func (c *Limits) exempts() bool { return c.forClients() || c.Rate.On() || c.paces() }

// any says that there is a limit.
func (c *Limits) any() bool {
	return c.exempts() || c.Requests > 0 || c.MaxAge > 0 || c.Pipelined > 0
}

const (
	// leastPiece and mostPiece are the bytes of a piece.
	leastPiece = 4 << 10
	mostPiece  = 256 << 10
	// piecesPerSecond is how often a connection that has a bucket for itself has its turn.
	piecesPerSecond = 4
)

// pieceSize is how many bytes a connection sends in a turn, or less.
func (c *Limits) pieceSize() int64 {
	size := int64(mostPiece)
	for _, r := range [...]*limit.Rate{&c.ConnectionBandwidth, &c.ClientBandwidth, &c.Bandwidth} {
		if r.On() {
			size = min(size, r.PerSecond()/piecesPerSecond)
		}
	}
	return max(size&^(backend.Align-1), leastPiece)
}
