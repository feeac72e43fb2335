// Checking passwords. A Checker is shared by all loops, each of which has a Claimant.

package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
)

// Verdict is what has become of a claim.
type Verdict uint8

// The verdicts.
const (
	Unknown  Verdict = iota // nobody has found out
	Denied                  // no such user, or another password
	Admitted                // the password is right
	NoMemory                // there is no memory to find out
)

// Checker checks passwords, few at a time.
type Checker struct {
	key        [sha256.Size]byte
	remembered remembered
	reserve    func(bytes int64) bool
	release    func(bytes int64)

	turn   sync.Mutex // of who waits for places
	places chan struct{}
}

// NewChecker makes a checker that uses at most so many CPUs at a time, or as many as
// one hash asks for. reserve and release count the memory of hashes.
func NewChecker(cpus int, reserve func(int64) bool, release func(int64)) *Checker {
	c := &Checker{reserve: reserve, release: release, places: make(chan struct{}, max(cpus, 1))}
	_, _ = rand.Read(c.key[:]) // never fails
	return c
}

// CPUs is how many CPUs a checker should use on a machine with n.
func CPUs(n int) int { return max(n/2, 1) }

// Room is how many goroutines may compute for such a checker at the same time.
func Room(n int) int { return CPUs(n) + maxLanes - 1 }

// Claim is the claim of a client to be a user.
type Claim struct {
	Sum   Sum
	hash  *passwordHash
	known bool // there is such a user
}

// Claimant makes claims, for one goroutine at a time.
type Claimant struct {
	checker *Checker
	mac     hash.Hash
	sum     Sum
	numbers [10]byte
}

// NewClaimant makes a claimant.
func (c *Checker) NewClaimant() *Claimant {
	return &Claimant{checker: c, mac: hmac.New(sha256.New, c.key[:])}
}

// Claim says who a client claims to be. A user that there is not gets the hash of
// another, always the same one, so that denying it takes as long.
func (m *Claimant) Claim(u *Users, user, password []byte) (c Claim) {
	if c.hash, c.known = u.hashes[string(user)]; !c.known {
		n := binary.LittleEndian.Uint64(m.compute(u.version, user, nil)[:])
		c.hash = u.all[n%uint64(len(u.all))]
	}
	c.Sum = *m.compute(u.version, user, password)
	return c
}

// compute computes the sum of a version of a file, a user and a password.
func (m *Claimant) compute(version uint64, user, password []byte) *Sum {
	binary.LittleEndian.PutUint64(m.numbers[:], version)
	binary.LittleEndian.PutUint16(m.numbers[8:], uint16(len(user)))
	m.mac.Reset()
	m.mac.Write(m.numbers[:])
	m.mac.Write(user)
	m.mac.Write(password)
	m.mac.Sum(m.sum[:0])
	return &m.sum
}

// Remembers says that a claim has been checked, and was right.
func (c *Checker) Remembers(s *Sum) bool { return c.remembered.has(s, now()) }

// Check computes the hash of a password, which takes its time. It waits for a place
// first. wanted says whether anybody still waits for the verdict then.
func (c *Checker) Check(claim *Claim, password []byte, wanted func() bool) Verdict {
	n := c.enter(claim.hash.lanes())
	defer c.leave(n)
	if !wanted() {
		return Unknown
	}
	memory := claim.hash.memory()
	if !c.reserve(memory) {
		return NoMemory
	}
	defer c.release(memory)
	if !claim.hash.matches(password) || !claim.known {
		return Denied
	}
	c.remembered.add(claim.Sum, now())
	return Admitted
}

// enter takes so many places, or all.
func (c *Checker) enter(lanes int) (taken int) {
	taken = min(lanes, cap(c.places))
	c.turn.Lock()
	defer c.turn.Unlock()
	for range taken {
		c.places <- struct{}{}
	}
	return taken
}

func (c *Checker) leave(taken int) {
	for range taken {
		<-c.places
	}
}
