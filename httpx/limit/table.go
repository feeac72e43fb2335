package limit

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"

	"aws/backend"
)

const (
	// ways is how many places an address may have.
	ways = 7
	// leastGroups is the least size of a table, in groups of places.
	leastGroups = 1 << 13
	// pins are the bits of place.owner that count; those above tell whose it is.
	pins = 1<<24 - 1
	// lockTries is how often somebody looks whether another loop is done with a group.
	lockTries = 100
)

// Table is a bounded table of clients: an IPv4 address is one, and so are all addresses of
// IPv6 that begin with the same 64 bits, since a client has as many of these as it likes.
//
//	address ─ keyed hash ─► group of 7 places ─► the one whose owner has the same hash
//	                             └──────────────► the shared one, if all are in use
//
// A place is in use while it is pinned, as it is by each connection, or one of its
// buckets is not full. Only a place that is not in use goes to another client, which
// inherits nothing: so nobody can have a bucket filled by coming from many addresses. A
// client that finds all places of its group in use shares one with others that do. Which
// clients share a group depends on a seed that nobody outside knows.
//
// A place has its owner and its pins in one word. Taking a pin, and taking over a place,
// is a compare-and-swap of that word, so a pin is always one of the owner's.
type Table struct {
	seed   maphash.Seed
	mask   uint64 // of the group
	groups []group
	locks  []atomic.Uint32 // by group: 1 while somebody takes a place over
}

// group is the places for addresses whose hashes end alike. The last one is shared.
type group [ways + 1]place

// place is what is known of a client.
type place struct {
	owner       atomic.Uint64 // a part of the hash, and the pins; 0 is nobody
	connections atomic.Int64
	requests    Bucket
	bytes       Bucket
}

// NewTable makes a table in which so many clients find a place, with a few exceptions.
func NewTable(clients int) (*Table, error) {
	n := max(1<<bits.Len(uint(clients/(ways/2+1))), leastGroups)
	t := &Table{seed: maphash.MakeSeed(), mask: uint64(n - 1)}
	var err error
	if t.groups, err = backend.MapArrayFor[group](t, n); err != nil {
		return nil, err
	}
	t.locks, err = backend.MapArrayFor[atomic.Uint32](t, n)
	return t, err
}

// Pin returns the place of a client, which stays the client's until Unpin. The zero
// address has none.
func (t *Table) Pin(a backend.Address, now int64) (at int32) {
	key := a.ClientKey()
	hash := maphash.Bytes(t.seed, key[:])
	number := hash & t.mask
	g, owner := &t.groups[number], hash|(pins+1) // never 0
	i := g.pin(owner)
	if i < 0 && t.lock(number) {
		if i = g.pin(owner); i < 0 { // nobody has been faster
			i = g.takeOver(owner, now)
		}
		t.locks[number].Store(0)
	}
	if i < 0 {
		i = ways
	}
	return int32(number)*(ways+1) + int32(i)
}

// lock keeps others from taking places of a group over. If another loop is at it, and has
// just been stopped there, lock gives up rather than wait.
func (t *Table) lock(number uint64) bool {
	for range lockTries {
		if t.locks[number].CompareAndSwap(0, 1) {
			return true
		}
	}
	return false
}

// pin pins the place of an owner and returns its number, or -1.
func (g *group) pin(owner uint64) int {
	for i := range ways {
		for {
			word := g[i].owner.Load()
			if (word^owner)&^pins != 0 {
				break
			}
			if g[i].owner.CompareAndSwap(word, word+1) {
				return i
			}
		}
	}
	return -1
}

// takeOver pins a place that is not in use for an owner, and returns its number, or -1.
// Its buckets are full, so they need no change.
func (g *group) takeOver(owner uint64, now int64) int {
	for i := range ways {
		p := &g[i]
		word := p.owner.Load()
		if word&pins == 0 && p.requests.Behind(now) <= 0 && p.bytes.Behind(now) <= 0 && p.owner.CompareAndSwap(word, owner&^pins+1) {
			return i
		}
	}
	return -1
}

// Unpin ends a Pin.
func (t *Table) Unpin(at int32) {
	if !isShared(at) {
		word := t.at(at).owner.Add(^uint64(0))
		backend.Assert(word&pins != pins, "limit: a client unpinned twice")
	}
}

func isShared(at int32) bool { return at%(ways+1) == ways }

func (t *Table) at(i int32) *place { return &t.groups[uint32(i)/(ways+1)][uint32(i)%(ways+1)] }

// Connect counts a connection of the client at a pinned place, and returns how many it has
// with it, or 0 without having counted it if it has most of them.
func (t *Table) Connect(at int32, most int64) (n int64) {
	of := &t.at(at).connections
	for {
		n = of.Load()
		if n >= most {
			return 0
		}
		if of.CompareAndSwap(n, n+1) {
			return n + 1
		}
	}
}

// Disconnect ends a Connect.
func (t *Table) Disconnect(at int32) {
	backend.Assert(t.at(at).connections.Add(-1) >= 0, "limit: a connection ends twice")
}

// Requests is the bucket of the client's requests, and Bytes that of what it is sent.
func (t *Table) Requests(at int32) *Bucket { return &t.at(at).requests }

// Bytes is as Requests.
func (t *Table) Bytes(at int32) *Bucket { return &t.at(at).bytes }

// Use is how much of a table is in use.
type Use struct {
	Clients     int   // with a place of their own that is pinned
	Connections int64 // counted
}

// Use counts what is pinned. It reads the whole table, so it is for tests.
func (t *Table) Use() (u Use) {
	for i := range t.groups {
		for j := range t.groups[i] {
			p := &t.groups[i][j]
			if p.owner.Load()&pins != 0 {
				u.Clients++
			}
			u.Connections += p.connections.Load()
		}
	}
	return u
}
