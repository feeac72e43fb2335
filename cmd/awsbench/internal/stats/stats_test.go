package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSummaryLeavesOutMissingRounds(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		values []float64
		want   Summary
	}{
		{[]float64{3, 1, 2}, Summary{3, 2, 1, 3}},
		{[]float64{4, 1, 3, 2}, Summary{4, 2.5, 1, 4}},
		{[]float64{7}, Summary{1, 7, 7, 7}},
		{[]float64{5, nan, 1, math.Inf(1)}, Summary{2, 3, 1, 5}},
	} {
		before := slices.Clone(c.values)
		if got := Summarize(c.values); got != c.want {
			t.Errorf("Summarize(%v) = %+v, want %+v", c.values, got, c.want)
		}
		for i, v := range c.values {
			if v != before[i] && !math.IsNaN(v) {
				t.Errorf("Summarize(%v) changed the order of its values", before)
			}
		}
	}
	if s := Summarize([]float64{nan}); s.N != 0 || !math.IsNaN(s.Median) {
		t.Errorf("of no values: %+v", s)
	}
}

func TestPairedOnKnownData(t *testing.T) {
	base := []float64{10, 20, 40, 80, 160} // on a machine that keeps slowing down
	for _, c := range []struct {
		name    string
		a       []float64
		value   float64
		verdict Verdict
	}{
		{"half of it", []float64{5, 10, 20, 40, 80}, 0.5, Less},
		{"twice as much", []float64{20, 40, 80, 160, 320}, 2, More},
		{"the same", base, 1, NoDifference},
		{"less, then more", []float64{9, 18, 40, 88, 176}, 1, NoDifference},
		{"a bit less in each round", []float64{9.5, 18.8, 38.4, 76, 150}, 0.95, Less},
		{"too few rounds", []float64{5, 10}, 0.5, NoVerdict},
		{"rounds that are missing", []float64{5, math.NaN(), 20, 40, 80}, 0.5, NoVerdict},
	} {
		r := Paired(c.a, base)
		if math.Abs(r.Value-c.value) > 1e-9 || r.Verdict() != c.verdict {
			t.Errorf("%s: %+v with verdict %v, want %v with verdict %v", c.name, r, r.Verdict(), c.value, c.verdict)
		}
		if r.Low > r.Value || r.High < r.Value {
			t.Errorf("%s: the interval %v to %v does not contain %v", c.name, r.Low, r.High, r.Value)
		}
		if again := Paired(c.a, base); again != r {
			t.Errorf("%s: %+v, and the second time %+v", c.name, r, again)
		}
	}
	if r := Paired(nil, base); !math.IsNaN(r.Value) || r.Verdict() != NoVerdict {
		t.Errorf("of no rounds: %+v", r)
	}
}

// A disturbance that affects all contestants of a round must not hide a
// difference. That is the purpose of interleaving.
func TestPairedSeesThroughDrift(t *testing.T) {
	a := []float64{9, 27, 13.5, 18, 36}
	b := []float64{10, 30, 15, 20, 40}
	if r := Paired(a, b); r.Verdict() != Less {
		t.Errorf("paired: %+v, want less", r)
	}
	if r := Unpaired(a, b); r.Verdict() != NoDifference {
		t.Errorf("unpaired: %+v, want no difference shown", r)
	}
}

func TestUnpairedOnKnownData(t *testing.T) {
	a := []float64{100, 101, 99, 100, 102}
	b := []float64{50, 51, 49, 50, 50.5}
	if r := Unpaired(a, b); r.Value != 2 || r.Verdict() != More || r.Low < 1.9 || r.High > 2.1 {
		t.Errorf("%+v", r)
	}
	if r := Unpaired(a, nil); !math.IsNaN(r.Value) || r.Verdict() != NoVerdict {
		t.Errorf("of no rounds: %+v", r)
	}
}

// For samples of a distribution whose median ratio is 1, the interval must
// contain 1 about as often as it claims. With five rounds it can reach 0.94 at
// most.
func TestIntervalCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const trials = 400
	for rounds, want := range map[int]float64{5: 0.90, 9: 0.90} {
		covered := 0
		for range trials {
			a, b := make([]float64, rounds), make([]float64, rounds)
			for i := range a {
				b[i] = 100 * math.Exp(0.3*random.NormFloat64()) // the state of the machine
				a[i] = b[i] * math.Exp(0.1*random.NormFloat64())
			}
			if r := Paired(a, b); r.Low <= 1 && r.High >= 1 {
				covered++
			}
		}
		if share := float64(covered) / trials; share < want {
			t.Errorf("%d rounds: the interval contains the truth in %.3f of the cases, want at least %.2f", rounds, share, want)
		}
	}
}

func TestQuantilesAreRanks(t *testing.T) {
	v := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for q, want := range map[float64]float64{0: 1, 0.05: 1, 0.1: 1, 0.11: 2, 0.5: 5, 0.95: 10, 1: 10} {
		if got := quantileOfSorted(v, q); got != want {
			t.Errorf("quantile %v = %v, want %v", q, got, want)
		}
	}
}
