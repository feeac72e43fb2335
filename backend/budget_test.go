package backend

import (
	"slices"
	"sync"
	"testing"
)

// A place that is given back calls who has waited longest, and no other.
func TestBudgetCallsInTurn(t *testing.T) {
	b := NewBudget(1)
	var woken []int
	var accounts []*Account
	for i := range 3 {
		accounts = append(accounts, NewAccount(b, 1, func() error { woken = append(woken, i); return nil }))
	}
	if !accounts[0].Take() || accounts[1].Take() {
		t.Fatal("a budget of 1 has not exactly one place")
	}
	if b.Short() {
		t.Error("short, and nobody waits")
	}
	accounts[2].Wait()
	if !slices.Equal(woken, []int{0, 1}) || !b.Short() {
		t.Fatalf("short: %v, which was told to %v", b.Short(), woken)
	}
	accounts[1].Wait()
	accounts[2].Wait() // keeps its turn
	woken = nil
	accounts[0].Give()
	if b.Short() {
		t.Error("short, with a place left")
	}
	if len(woken) != 1 || woken[0] != 2 || !accounts[2].Called() || accounts[2].Called() || accounts[1].Called() {
		t.Fatalf("woken: %v", woken)
	}
	accounts[2].Pass() // it has no use for the place
	if len(woken) != 2 || woken[1] != 1 || !accounts[1].Called() || !accounts[1].Take() {
		t.Fatalf("woken: %v", woken)
	}
	accounts[0].Wait()
	accounts[1].Close() // gives back what it has
	if !accounts[0].Called() || !accounts[0].Take() {
		t.Fatalf("woken: %v", woken)
	}
}

// An engine that gives a place back while it waits itself is called, and not woken.
func TestBudgetCallsItself(t *testing.T) {
	a := NewAccount(nil, 1, func() error { t.Error("woken by itself"); return nil })
	a.Take()
	a.Wait()
	if a.Called() {
		t.Error("called while no place is left")
	}
	a.Give()
	if !a.Called() {
		t.Error("not called")
	}
	a.Wait() // there is a place: tried again at once
	if !a.Called() {
		t.Error("not called though there is a place")
	}
}

// However takes, gives and waits fall together, no call is lost and no place is
// counted twice.
func TestBudgetRaces(t *testing.T) {
	const engines, places, rounds = 4, 2, 5000
	b := NewBudget(places)
	var all sync.WaitGroup
	for range engines {
		all.Go(func() {
			woken := make(chan struct{}, 1)
			a := NewAccount(b, 1, func() error {
				select {
				case woken <- struct{}{}:
				default:
				}
				return nil
			})
			for range rounds {
				for !a.Take() {
					a.Wait()
					for !a.Called() {
						<-woken
					}
				}
				a.Give()
			}
			a.Close()
		})
	}
	all.Wait()
	if left := b.left.Load(); left != places || len(b.queue) != 0 {
		t.Errorf("%d places, want %d; %d engines on the queue", left, places, len(b.queue))
	}
}
