package httpx

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"aws/httpx/httpxtest"
)

// The paths asked for most are found among many others. Their counts are too high by no
// more than is said.
func TestTopFindsTheMostFrequent(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.5, 1, 100_000)
	exact := map[string]uint64{}
	counted := new(top)
	for range 200_000 {
		path := fmt.Sprint("/", zipf.Uint64())
		status := 200
		if len(path) == 3 {
			status = 404
		}
		exact[path]++
		counted.count([]byte(path), status)
	}
	all := topOf([]*top{counted})
	for i, p := range all.Paths[:10] {
		if want := fmt.Sprint("/", i); p.Path != want || p.Status != 0 || p.Count < exact[p.Path] || p.Count-p.Excess > exact[p.Path] {
			t.Errorf("%d: %+v, want %s with %d", i, p, want, exact[want])
		}
	}
	for _, p := range all.Errors[:5] {
		if len(p.Path) != 3 || p.Status != 404 || p.Count-p.Excess > exact[p.Path] {
			t.Errorf("%+v among the errors, want at most %d", p, exact[p.Path])
		}
	}
	twice := topOf([]*top{counted, counted})
	if twice.Paths[0].Count != 2*all.Paths[0].Count {
		t.Errorf("the same of two loops: %+v, and of one %+v", twice.Paths[0], all.Paths[0])
	}
	if topOf(nil) != nil {
		t.Error("nobody watches, and something is counted")
	}
}

// What is asked for is counted while somebody watches, and only then.
func TestTopIsCountedWhileWatched(t *testing.T) {
	h := setup{root: httpxtest.Tree(t, connFiles)}.open(t)
	ask := func() {
		c := h.dial(get("/static/small?a") + get("/static/small") + get("/none/%ff") + "GET \x01")
		h.until("the end", func() bool { return c.err != nil })
	}
	ask()
	if h.top != nil {
		t.Error("nobody watches, and something is counted")
	}
	first, second := h.server.Watch(), h.server.Watch()
	h.until("the loop to know", func() bool { return h.top != nil })
	ask()
	first()
	ask()
	got := topOf([]*top{h.top})
	if p := got.Paths[0]; len(got.Paths) != 2 || p.Path != "/static/small" || p.Count != 4 || p.Excess != 0 {
		t.Errorf("paths %+v", got.Paths)
	}
	if p := got.Errors[0]; len(got.Errors) != 1 || p.Path != "/none/\ufffd" || p.Status != 404 || p.Count != 2 {
		t.Errorf("errors %+v", got.Errors)
	}
	second()
	h.until("the loop to know", func() bool { return h.top == nil })
	h.end()
}
