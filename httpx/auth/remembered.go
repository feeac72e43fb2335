// Credentials that were right, so that the next request with them costs no hash.

package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// rememberFor is how long credentials are remembered, in nanoseconds.
const rememberFor = int64(5 * time.Minute)

const (
	rememberedSlots = 1024
	rememberedWays  = 4 // slots that a sum may have
)

// Sum stands for a user, a password and a version of a file. It is keyed, so it tells
// nothing to who sees it, and nobody finds two that are equal.
type Sum [sha256.Size]byte

// remembered is a bounded table that any goroutine may use. A sum is keyed, so nobody
// can choose the slots it falls into.
type remembered struct {
	slots [rememberedSlots]atomic.Pointer[credential]
}

// credential is never written to once it is in the table.
type credential struct {
	sum   Sum
	until int64
}

// slot returns one of the slots that a sum may have.
func (r *remembered) slot(s *Sum, way int) *atomic.Pointer[credential] {
	return &r.slots[(binary.LittleEndian.Uint32(s[:])+uint32(way))%rememberedSlots]
}

func (r *remembered) has(s *Sum, at int64) bool {
	found := 0
	for way := range rememberedWays {
		if c := r.slot(s, way).Load(); c != nil && at < c.until {
			found |= subtle.ConstantTimeCompare(s[:], c.sum[:])
		}
	}
	return found == 1
}

// add remembers a sum, in the place of the one that would be forgotten first.
func (r *remembered) add(s Sum, at int64) {
	place, first := r.slot(&s, 0), at+2*rememberFor
	for way := range rememberedWays {
		p := r.slot(&s, way)
		until := int64(0)
		if c := p.Load(); c != nil && c.sum != s {
			until = c.until
		}
		if until < first {
			place, first = p, until
		}
	}
	place.Store(&credential{s, at + rememberFor})
}
