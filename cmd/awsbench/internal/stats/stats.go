// Package stats turns the rounds of a run into figures that can be compared:
// medians, and ratios with confidence intervals.
//
// Contestants take turns within each round, so two figures of one round come
// from a machine in the same state. The ratio of two contestants is therefore
// the median of the rounds' ratios, and the bootstrap resamples rounds (Efron
// and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13: percentile
// intervals).
package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	// Confidence of the intervals.
	Confidence = 0.95
	// MinRounds is the smallest number of rounds that allows a verdict. The
	// widest interval of a bootstrap of n rounds reaches from the smallest to
	// the largest round. It covers the true median with probability 1 − 2·½ⁿ:
	// 0.94 for five rounds, 0.75 for three.
	MinRounds = 5
	resamples = 4000
)

// Summary describes the rounds of one figure.
type Summary struct {
	N                int
	Median, Min, Max float64
}

// Summarize summarizes values. It leaves out NaN, which a round without the
// figure has.
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

// Median returns the median of values, or NaN if there are none. It does not
// reorder them.
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
	N         int     // number of rounds
}

// Verdict is the conclusion that a ratio permits.
type Verdict int

const (
	// NoVerdict: there are too few rounds.
	NoVerdict Verdict = iota
	// NoDifference is shown: the interval contains 1.
	NoDifference
	// Less and More: the ratio is below or above 1.
	Less
	More
)

// Verdict returns the verdict on the ratio.
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

// Paired returns the ratio of a to b, where a[i] and b[i] were measured in the
// same round. It leaves out rounds that lack either.
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

// Unpaired returns the ratio of a's median to b's, where a and b come from
// different runs.
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

// bootstrap returns the percentile interval of repeated estimates. Its seed is
// fixed, so that the same figures give the same interval.
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

// resampledMedian returns the median of len(values) values drawn with
// replacement. It uses drawn as its buffer.
func resampledMedian(r *rand.Rand, drawn, values []float64) float64 {
	for i := range drawn {
		drawn[i] = values[r.IntN(len(values))]
	}
	slices.Sort(drawn)
	return medianOfSorted(drawn)
}

// quantileOfSorted returns the value at rank ⌈q·n⌉.
func quantileOfSorted(v []float64, q float64) float64 {
	rank := int(math.Ceil(q * float64(len(v))))
	return v[min(max(rank-1, 0), len(v)-1)]
}
