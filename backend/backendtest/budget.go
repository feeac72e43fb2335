package backendtest

import (
	"testing"

	"aws/backend"
)

// Engines that share a budget of connections.
var budgetTests = []test{
	{"NotDivided", testBudgetNotDivided},
	{"GoesToWhoWaits", testBudgetGoesToWhoWaits},
	{"InTurn", testBudgetInTurn},
	{"PassedOn", testBudgetPassedOn},
	{"Destroyed", testBudgetDestroyed},
}

// sharing starts n engines with a budget of so many connections. Each has slots for
// more.
func (s *suite) sharing(t *testing.T, n, connections int) []*harness {
	budget := backend.NewBudget(connections)
	var all []*harness
	for range n {
		all = append(all, s.startWith(t, backend.Options{Slots: slots, Reads: reads, Budget: budget}))
	}
	return all
}

// settleAll settles engines, and wants nobody to have been accepted.
func settleAll(t *testing.T, all []*harness) {
	t.Helper()
	for i, h := range all {
		h.settle()
		if n := len(h.accepted); n != 0 {
			t.Fatalf("engine %d has accepted %d clients, though no place is left", i, n)
		}
	}
}

// acceptAsleep is accept for an engine that nothing but a Wake from another one can
// tell that there is a place. The others first do what they have to: one that is
// told of the place, and has no client for it, passes it on.
func (h *harness) acceptAsleep(all []*harness) *conn {
	h.t.Helper()
	for _, other := range all {
		if other != h && other.Backend != nil {
			other.settle()
		}
	}
	for len(h.accepted) == 0 {
		h.checkDeadline("a place that another engine has given back")
		h.turn(h.untilDeadline())
	}
	return h.accept()
}

// One engine may have all places, whichever one the clients come to.
func testBudgetNotDivided(t *testing.T, s *suite) {
	const places = 6
	all := s.sharing(t, 2, places)
	for _, h := range all {
		var open []*conn
		for range places {
			open = append(open, h.connect())
		}
		for _, each := range all {
			each.dial() // waits
		}
		h.echo(open[places-1])
		for _, c := range open {
			h.close(c)
		}
		for _, each := range all {
			each.close(each.acceptAsleep(all))
		}
	}
}

// A client that has come while none was left gets the first place that is given
// back, in another engine or in its own.
func testBudgetGoesToWhoWaits(t *testing.T, s *suite) {
	all := s.sharing(t, 2, 2)
	here, there := all[0], all[1]
	old := []*conn{here.connect(), here.connect()}
	for range 3 {
		there.dial()
	}
	settleAll(t, all)
	here.close(old[0])
	first := there.acceptAsleep(all)
	settleAll(t, all)
	there.close(first)
	there.acceptAsleep(all)
	settleAll(t, all)
	here.close(old[1])
	there.acceptAsleep(all)
}

// Nobody waits for ever, even if an engine gives back places all the time and has
// clients for them itself.
func testBudgetInTurn(t *testing.T, s *suite) {
	all := s.sharing(t, 3, 1)
	busy := all[0]
	c := busy.connect()
	for range 10 {
		busy.dial()
	}
	all[1].dial()
	all[2].dial()
	settleAll(t, all)
	busy.close(c)
	served := make([]int, len(all))
	busy.until("the clients of the others to be served", func() bool {
		for i, h := range all {
			h.turn(0)
			if len(h.accepted) > 0 {
				h.close(h.accept())
				served[i]++
			}
		}
		return served[1] > 0 && served[2] > 0
	})
	if served[0] > 5 {
		t.Errorf("the busy engine has served %d before the others had their turn", served[0])
	}
}

// An engine that has been told of a place and stops accepting passes it on.
func testBudgetPassedOn(t *testing.T, s *suite) {
	all := s.sharing(t, 3, 1)
	c := all[0].connect()
	all[1].dial()
	settleAll(t, all)
	all[2].dial()
	settleAll(t, all)
	all[0].close(c)
	all[0].settle()
	all[1].Backend.StopAccepting()
	all[2].acceptAsleep(all)
}

// What an engine still has when it is destroyed goes back.
func testBudgetDestroyed(t *testing.T, s *suite) {
	all := s.sharing(t, 2, 2)
	all[0].connect()
	all[0].connect()
	all[1].dial()
	all[1].dial()
	settleAll(t, all)
	clear(all[0].conns)
	all[0].destroy()
	all[1].acceptAsleep(all)
	all[1].acceptAsleep(all)
}
