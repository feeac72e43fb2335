package offload

import (
	"sync/atomic"
	"testing"
)

// Notes arrive in order, each once, and the loop is woken for them.
func TestNotesArriveInOrder(t *testing.T) {
	woken := make(chan struct{}, 1)
	p := NewPool[int](NewCrew(2), func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	const most = 1000
	p.Go(func() {
		for i := range most {
			p.Post(i)
		}
	})
	for next := 0; next < most; {
		<-woken
		for _, n := range p.Collect() {
			if n != next {
				t.Fatalf("note %d, want %d", n, next)
			}
			next++
		}
	}
	p.Close()
	if left := p.Collect(); len(left) > 0 {
		t.Errorf("%d notes more", len(left))
	}
}

// No more goroutines work than there are places, also of several pools; one
// that is away leaves its place to another.
func TestCrewBoundsWhoWorks(t *testing.T) {
	crew := NewCrew(2)
	pools := []*Pool[int]{NewPool[int](crew, func() {}), NewPool[int](crew, func() {})}
	var working, most atomic.Int32
	for i := range 50 {
		p := pools[i%len(pools)]
		p.Go(func() {
			n := working.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			working.Add(-1)
		})
	}
	for _, p := range pools {
		p.Close()
	}
	if n := most.Load(); n > 2 {
		t.Errorf("%d worked at a time", n)
	}

	one := NewPool[int](NewCrew(1), func() {})
	let := make(chan struct{})
	one.Go(func() { one.Away(func() { <-let }) })
	one.Go(func() { close(let) }) // needs the place of the first
	one.Close()
}

// A goroutine that is abroad when its pool is closed holds nobody up. It ends where
// it is, and leaves no note.
func TestAbroadHoldsNobodyUp(t *testing.T) {
	woken := 0
	p := NewPool[int](NewCrew(1), func() { woken++ })
	home, let, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	p.Go(func() {
		p.Abroad(func() {})
		p.Post(1)
		close(home)
	})
	<-home
	p.Go(func() {
		defer close(ended)
		p.Abroad(func() { <-let })
		t.Error("it has come back")
	})
	p.Close()
	if p.Post(2) {
		t.Error("a note is taken by nobody")
	}
	close(let)
	<-ended
	if notes := p.Collect(); len(notes) != 1 || woken != 1 {
		t.Errorf("notes %d, woken %d times", notes, woken)
	}
}
