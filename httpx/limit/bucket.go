// Package limit has what the loops of a server share to limit clients: buckets of
// tokens, and a table of clients with a bucket for each. Nothing here allocates or waits,
// and any thread may use all of it.
//
//	bucket.go  Rate: how much may pass   ► Bucket: what has passed
//	table.go   Table: address ► a place with two buckets and a number of connections
package limit

import (
	"sync/atomic"
	"time"
)

// Rate is how much may pass: requests, or bytes. The zero Rate is no limit.
type Rate struct {
	n, per int64 // so many in so many nanoseconds
	each   int64 // nanoseconds for one of them
	ahead  int64 // how many nanoseconds before its time something may pass
}

// mostAhead bounds how much may pass at once: 36 years' worth.
const mostAhead = 1 << 60

// NewRate makes a rate of n in a time, 1 or more and at most 1<<30 in a second. A bucket
// that nobody has used for a while lets burst of them through at once.
func NewRate(n int64, per time.Duration, burst int64) Rate {
	ahead := float64(max(burst-1, 0)) * float64(per) / float64(n)
	return Rate{n: n, per: int64(per), each: int64(per) / n, ahead: int64(min(ahead, mostAhead))}
}

// On says that there is a limit.
func (r *Rate) On() bool { return r.n > 0 }

// PerSecond is how many may pass in a second, 1 or more.
func (r *Rate) PerSecond() int64 { return max(r.n*int64(time.Second)/r.per, 1) }

// took is how long it takes until n more may pass.
func (r *Rate) took(n int64) int64 { return n * r.per / r.n }

// Bucket is what has passed, as the time at which a token bucket would be full again: the
// generic cell rate algorithm (ITU-T I.371), which needs one word and no timer. Times are
// nanoseconds of a clock that all users share. The zero Bucket is full.
type Bucket struct{ full atomic.Int64 }

// Take lets one pass, and returns 0, or the nanoseconds until one may pass.
func (b *Bucket) Take(r *Rate, now int64) (wait int64) {
	for {
		full := b.full.Load()
		at := max(full, now)
		if at-now > r.ahead {
			return at - now - r.ahead
		}
		if b.full.CompareAndSwap(full, at+r.each) {
			return 0
		}
	}
}

// Reserve lets n pass when their time has come, and returns that, which may have passed.
// Whoever reserves later comes later: so all who share a bucket take turns.
func (b *Bucket) Reserve(r *Rate, n, now int64) (due int64) {
	for {
		full := b.full.Load()
		at := max(full, now)
		if b.full.CompareAndSwap(full, at+r.took(n)) {
			return at - r.ahead
		}
	}
}

// GiveBack takes a reservation of n back, or a part of it.
func (b *Bucket) GiveBack(r *Rate, n int64) { b.full.Add(-r.took(n)) }

// Behind is how many nanoseconds pass until the bucket is full: below 0 it is.
func (b *Bucket) Behind(now int64) int64 { return b.full.Load() - now }
