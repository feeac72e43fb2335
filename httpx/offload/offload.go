// Package offload runs what may wait on goroutines beside the loops, and brings
// their notes back to the loop that asked.
//
//	loop                             goroutine
//	Pool.Go ───────────────────────► work: may read a disk, compress, ask a name
//	Collect ◄── mailbox, wake ◄───── Post
//	                                 Away: waits for the loop, holds no place
//
// A loop never waits for a goroutine. Crew bounds how many of a server's
// goroutines work at a time, so that they leave the loops their processors.
package offload

import "sync"

// Crew is a number of places to work, shared by the pools of all loops.
type Crew struct{ places chan struct{} }

// NewCrew makes a crew of n places, 1 or more.
func NewCrew(n int) *Crew { return &Crew{places: make(chan struct{}, n)} }

// Pool is what one loop has offloaded. Its goroutines leave notes of type N.
type Pool[N any] struct {
	crew    *Crew
	wake    func()
	running sync.WaitGroup

	mu    sync.Mutex
	notes []N // left since the last Collect
	spare []N // what the last Collect has returned
}

// NewPool makes a pool of the crew. wake is called by a goroutine that leaves
// the first note since the last Collect; it makes the loop turn.
func NewPool[N any](crew *Crew, wake func()) *Pool[N] {
	return &Pool[N]{crew: crew, wake: wake}
}

// Go runs work on a goroutine of its own once there is a place for it. Only the
// loop calls it.
func (p *Pool[N]) Go(work func()) {
	p.running.Add(1)
	go func() {
		defer p.running.Done()
		p.crew.places <- struct{}{}
		defer func() { <-p.crew.places }()
		work()
	}()
}

// Away runs wait with the caller's place given up: somebody else may work
// meanwhile. The caller is a goroutine that Go started.
func (p *Pool[N]) Away(wait func()) {
	<-p.crew.places
	defer func() { p.crew.places <- struct{}{} }()
	wait()
}

// Post leaves a note for the loop. Any goroutine may call it.
func (p *Pool[N]) Post(n N) {
	p.mu.Lock()
	p.notes = append(p.notes, n)
	first := len(p.notes) == 1
	p.mu.Unlock()
	if first {
		p.wake()
	}
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

// Wait waits for all goroutines to end.
func (p *Pool[N]) Wait() { p.running.Wait() }
