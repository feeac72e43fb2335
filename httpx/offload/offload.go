// Package offload runs what may wait on goroutines beside the loops, and brings
// their notes back to the loop that asked.
//
//	loop                             goroutine
//	Pool.Go ───────────────────────► work: may read a disk, compress, ask a name
//	Collect ◄── mailbox, wake ◄───── Post
//	                                 Away: waits for the loop, holds no place
//	                                 Abroad: waits for what may never answer
//
// A loop never waits for a goroutine. Crew bounds how many of a server's
// goroutines work at a time, so that they leave the loops their processors.
package offload

import (
	"runtime"
	"sync"
)

// Crew is a number of places to work, shared by the pools of all loops. On a nil
// Crew there is always a place: something else bounds the goroutines.
type Crew struct{ places chan struct{} }

// NewCrew makes a crew of n places, 1 or more.
func NewCrew(n int) *Crew { return &Crew{places: make(chan struct{}, n)} }

func (c *Crew) enter() {
	if c != nil {
		c.places <- struct{}{}
	}
}

func (c *Crew) leave() {
	if c != nil {
		<-c.places
	}
}

// Pool is what one loop has offloaded. Its goroutines leave notes of type N.
type Pool[N any] struct {
	crew *Crew
	wake func()

	mu      sync.Mutex
	ended   sync.Cond // working has become less
	working int       // goroutines that have not ended and are not abroad
	closed  bool
	notes   []N // left since the last Collect
	spare   []N // what the last Collect has returned
}

// NewPool makes a pool of the crew. wake is called by a goroutine that leaves
// the first note since the last Collect; it makes the loop turn. It is not called
// once Close has returned.
func NewPool[N any](crew *Crew, wake func()) *Pool[N] {
	p := &Pool[N]{crew: crew, wake: wake}
	p.ended.L = &p.mu
	return p
}

// Go runs work on a goroutine of its own once there is a place for it. Only the
// loop calls it.
func (p *Pool[N]) Go(work func()) {
	p.count(1)
	go func() {
		p.crew.enter()
		defer p.crew.leave()
		work()
		p.count(-1)
	}()
}

// count counts n more goroutines that work.
func (p *Pool[N]) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.working += n
	p.ended.Signal()
}

// Away runs wait with the caller's place given up: somebody else may work
// meanwhile. The caller is a goroutine that Go started.
func (p *Pool[N]) Away(wait func()) {
	p.crew.leave()
	defer p.crew.enter()
	wait()
}

// Abroad is Away for a wait that may never end, such as for a dead file system,
// and that touches nothing of the loop's. Close does not wait for it. If the pool
// has been closed meanwhile, Abroad does not return: the goroutine ends, after
// what it has deferred.
func (p *Pool[N]) Abroad(wait func()) {
	p.count(-1)
	p.Away(wait)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		runtime.Goexit()
	}
	p.working++
}

// Post leaves a note for the loop. Any goroutine may call it. It returns false if
// the pool has been closed, so nobody will see the note.
func (p *Pool[N]) Post(n N) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	if p.notes = append(p.notes, n); len(p.notes) == 1 {
		p.wake()
	}
	return true
}

// Collect returns the notes left since the last call, oldest first. They are
// valid until the next one. Only the loop calls it.
func (p *Pool[N]) Collect() []N {
	p.mu.Lock()
	defer p.mu.Unlock()
	notes := p.notes
	p.notes, p.spare = p.spare[:0], notes
	return notes
}

// Close takes no more notes, and waits for all goroutines that are not abroad to
// end.
func (p *Pool[N]) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for p.working > 0 {
		p.ended.Wait()
	}
}
