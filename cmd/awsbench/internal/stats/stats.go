// Package stats turns the rounds of a run into figures that can be held
// against each other: medians, and ratios with an interval that says how far
// they can be trusted.
//
// Contestants are measured in turn within each round, so the two figures of
// one round have seen the same machine. The ratio of two contestants is
// therefore the median of the rounds' ratios, and rounds are what is drawn
// again by the bootstrap (Efron and Tibshirani, An Introduction to the
// Bootstrap, 1993, ch. 13: percentile intervals).
package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	// Confidence of the intervals.
	Confidence = 0.95
	// MinRounds is the fewest rounds that allow a verdict. The widest interval
	// that a bootstrap of n rounds can give reaches from the smallest to the
	// largest, and that covers the true median with 1 − 2·½ⁿ: 0.94 for five
	// rounds, 0.75 for three.
	MinRounds = 5
	resamples = 4000
)

// Summary describes the rounds of one figure.
type Summary struct {
	N                int
	Median, Min, Max float64
}

// Summarize leaves out what is not a number: a round without that figure.
func Summarize(values []float64) Summary {
	v := finite(values)
	if len(v) == 0 {
		return Summary{Median: math.NaN(), Min: math.NaN(), Max: math.NaN()}
	}
	slices.Sort(v)
	return Summary{N: len(v), Median: medianOfSorted(v), Min: v[0], Max: v[len(v)-1]}
}

func finite(values []float64) []float64 {
	v := make([]float64, 0, len(values))
	for _, x := range values {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			v = append(v, x)
		}
	}
	return v
}

// Median of values, NaN for none. The order of values is kept.
func Median(values []float64) float64 { return Summarize(values).Median }

func medianOfSorted(v []float64) float64 {
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// Ratio is one contestant's figure over another's.
type Ratio struct {
	Value     float64
	Low, High float64 // the confidence interval
	N         int     // rounds it rests on
}

// Verdict is what a ratio allows to say.
type Verdict int

const (
	// NoVerdict: there are too few rounds.
	NoVerdict Verdict = iota
	// NoDifference has been shown: the interval contains 1.
	NoDifference
	// Less and More than the baseline.
	Less
	More
)

// Verdict of the ratio.
func (r Ratio) Verdict() Verdict {
	switch {
	case r.N < MinRounds:
		return NoVerdict
	case r.Low > 1:
		return More
	case r.High < 1:
		return Less
	}
	return NoDifference
}

// Paired is the ratio of a to b where a[i] and b[i] were measured in the same
// round. Rounds that lack either are left out.
func Paired(a, b []float64) Ratio {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		ratios = append(ratios, a[i]/b[i])
	}
	ratios = finite(ratios)
	if len(ratios) == 0 {
		return Ratio{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}
	}
	drawn := make([]float64, len(ratios))
	low, high := bootstrap(func(r *rand.Rand) float64 { return resampledMedian(r, drawn, ratios) })
	return Ratio{Value: Median(ratios), Low: low, High: high, N: len(ratios)}
}

// Unpaired is the ratio of a's median to b's where the two come from different
// runs.
func Unpaired(a, b []float64) Ratio {
	a, b = finite(a), finite(b)
	if len(a) == 0 || len(b) == 0 {
		return Ratio{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}
	}
	drawnA, drawnB := make([]float64, len(a)), make([]float64, len(b))
	low, high := bootstrap(func(r *rand.Rand) float64 {
		return resampledMedian(r, drawnA, a) / resampledMedian(r, drawnB, b)
	})
	return Ratio{Value: Median(a) / Median(b), Low: low, High: high, N: min(len(a), len(b))}
}

// bootstrap returns the percentile interval of an estimate that is made again
// and again. Its seed is fixed: the same figures give the same interval.
func bootstrap(estimate func(*rand.Rand) float64) (low, high float64) {
	r := rand.New(rand.NewPCG(1, 2))
	estimates := make([]float64, resamples)
	for i := range estimates {
		estimates[i] = estimate(r)
	}
	slices.Sort(estimates)
	tail := (1 - Confidence) / 2
	return quantileOfSorted(estimates, tail), quantileOfSorted(estimates, 1-tail)
}

// resampledMedian draws as many values as there are, with repetition, into
// drawn.
func resampledMedian(r *rand.Rand, drawn, values []float64) float64 {
	for i := range drawn {
		drawn[i] = values[r.IntN(len(values))]
	}
	slices.Sort(drawn)
	return medianOfSorted(drawn)
}

// quantileOfSorted is the value at rank ⌈q·n⌉.
func quantileOfSorted(v []float64, q float64) float64 {
	rank := int(math.Ceil(q * float64(len(v))))
	return v[min(max(rank-1, 0), len(v)-1)]
}
