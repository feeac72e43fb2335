package backend

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Random operations on two lists that share their links, against slices.
func TestList(t *testing.T) {
	const members = 20
	r := rand.New(rand.NewPCG(1, 1))
	links := make([]Link, members)
	lists := [2]List{NewList(), NewList()}
	var models [2][]int32
	for range 20000 {
		i, at := int32(r.IntN(members)), -1
		for k := range models {
			if slices.Contains(models[k], i) {
				at = k
			}
		}
		if at >= 0 {
			lists[at].Remove(links, i)
			models[at] = slices.DeleteFunc(models[at], func(m int32) bool { return m == i })
		} else {
			at = r.IntN(2)
			lists[at].PushBack(links, i)
			models[at] = append(models[at], i)
		}
		for k := range lists {
			if got := walk(t, &lists[k], links); !slices.Equal(got, models[k]) {
				t.Fatalf("list %d is %v, want %v", k, got, models[k])
			}
		}
	}
}

// walk returns a list's members, having seen that both directions agree.
func walk(t *testing.T, l *List, links []Link) (members []int32) {
	t.Helper()
	before := None
	for i := l.First; i != None; i = links[i].Next {
		if links[i].prev != before {
			t.Fatalf("%d follows %d, but links back to %d", i, before, links[i].prev)
		}
		members = append(members, i)
		before = i
	}
	if l.last != before || l.Empty() != (len(members) == 0) {
		t.Fatalf("last is %d, empty %v, of %v", l.last, l.Empty(), members)
	}
	return members
}
