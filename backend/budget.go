package backend

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Budget is how many connections several engines may have together, wherever they
// come in. An engine takes a place before it accepts and gives it back on closing:
// an atomic operation each. One that finds none waits, in turn, and is called
// when a place has become free, so no client waits while there is room.
type Budget struct {
	left    atomic.Int64
	parties atomic.Int64
	waiting atomic.Int64 // accounts on the queue

	mu       sync.Mutex // taken only while an engine waits, or begins to or ends
	queue    []*Account // longest wait first
	accounts []*Account // all that are open
}

// Account is one engine's part in a Budget. All of it but the wake that it was made
// with belongs to the engine's thread.
type Account struct {
	budget *Budget
	wake   func() error
	taken  int64
	waits  bool        // on the queue, or called
	called atomic.Bool // taken off the queue, to try again
}

// NewBudget makes a budget of n connections.
func NewBudget(n int) *Budget {
	Assert(n >= 1, "budget: no connections")
	b := &Budget{}
	b.left.Store(int64(n))
	return b
}

// NewAccount opens an engine's account with b or, if that is nil, with a budget of
// its own, of as many places as it has slots. wake wakes the engine from any
// thread.
func NewAccount(b *Budget, slots int, wake func() error) *Account {
	if b == nil {
		b = NewBudget(slots)
	}
	b.parties.Add(1)
	a := &Account{budget: b, wake: wake}
	b.mu.Lock()
	b.accounts = append(b.accounts, a)
	b.mu.Unlock()
	return a
}

// Short reports whether clients wait for places and none is left. Whoever has
// connections that can be spared should close one.
func (b *Budget) Short() bool { return b.waiting.Load() > 0 && b.left.Load() <= 0 }

// Take takes a place, if there is one.
func (a *Account) Take() bool {
	left := &a.budget.left
	for {
		n := left.Load()
		if n <= 0 {
			return false
		}
		if left.CompareAndSwap(n, n-1) {
			a.taken++
			return true
		}
	}
}

// Give gives a place back, and calls who waits for one.
func (a *Account) Give() {
	Assert(a.taken > 0, "budget: more given than taken")
	a.taken--
	a.budget.left.Add(1)
	a.Pass()
}

// Pass calls the next one if there is a place that this engine has no use for.
func (a *Account) Pass() {
	// Who begins to wait looks for a place after it has come onto the queue: one of
	// the two sees the other.
	if a.budget.waiting.Load() > 0 && a.budget.left.Load() > 0 {
		a.budget.call(a)
	}
}

// Wait has the engine called when there is a place. The others are woken, so that
// they see that the budget is Short.
func (a *Account) Wait() {
	if a.waits {
		return
	}
	a.waits = true
	b := a.budget
	b.mu.Lock()
	b.queue = append(b.queue, a)
	b.waiting.Store(int64(len(b.queue)))
	for _, other := range b.accounts {
		if other != a {
			_ = other.wake()
		}
	}
	b.mu.Unlock()
	a.Pass()
}

// Waits says that the engine waits to be called, and is not to take a place out of
// turn.
func (a *Account) Waits() bool { return a.waits }

// Called says, once, that the engine is to try again. If it does not, it must Pass.
func (a *Account) Called() bool {
	if !a.waits || !a.called.Load() {
		return false
	}
	a.called.Store(false)
	a.waits = false
	return true
}

// Share is an equal part of the places left.
func (a *Account) Share() int {
	return int(a.budget.left.Load() / a.budget.parties.Load())
}

// Quit ends waiting for good; what has been taken stays taken.
func (a *Account) Quit() {
	b := a.budget
	b.mu.Lock()
	if i := slices.Index(b.queue, a); i >= 0 {
		b.queue = slices.Delete(b.queue, i, i+1)
		b.waiting.Store(int64(len(b.queue)))
	}
	b.mu.Unlock()
	a.waits = false
	a.called.Store(false)
	a.Pass() // the call may have been for this engine
}

// Close ends the account and gives everything back: nobody wakes the engine after
// it.
func (a *Account) Close() {
	a.Quit()
	a.budget.mu.Lock()
	a.budget.accounts = slices.DeleteFunc(a.budget.accounts, func(open *Account) bool { return open == a })
	a.budget.mu.Unlock()
	for a.taken > 0 {
		a.Give()
	}
}

// call has the engine that has waited longest try again.
func (b *Budget) call(by *Account) {
	b.mu.Lock()
	defer b.mu.Unlock() // the wake is inside, so that none comes after Quit
	if len(b.queue) == 0 {
		return
	}
	a := b.queue[0]
	b.queue = slices.Delete(b.queue, 0, 1)
	b.waiting.Store(int64(len(b.queue)))
	a.called.Store(true)
	if a != by { // which looks by itself
		_ = a.wake()
	}
}
