// Distributions of times and sizes, counted at the price of one increment.

package stats

import "math/bits"

// Buckets is how many buckets a Histogram has.
const Buckets = 256

// Histogram counts whole numbers of at least 0: nanoseconds, or bytes. It is
// log-linear: from one power of two to the next there are four buckets of equal
// width, so a value is known to an eighth. Each bucket has the values up to and
// including Bound, and above that of the bucket before.
type Histogram struct {
	Count   uint64          `json:"count"`
	Sum     uint64          `json:"sum"`     // of all values
	Buckets [Buckets]uint64 `json:"buckets"` // not cumulative
}

// Add counts n times the value v.
func (h *Histogram) Add(v int64, n uint64) {
	h.Count += n
	h.Sum += uint64(v) * n
	h.Buckets[bucketOf(v)] += n
}

// bucketOf is the bucket of a value.
func bucketOf(v int64) uint8 {
	u := uint64(v)
	if u > 0 {
		u-- // so that bounds are round numbers
	}
	if u < 4 {
		return uint8(u)
	}
	e := bits.Len64(u) - 3
	return uint8(4*e + int(u>>e))
}

// Bound is the largest value of bucket i.
func Bound(i int) uint64 {
	if i < 4 {
		return uint64(i) + 1
	}
	e := i/4 - 1
	return uint64(i-4*e+1) << e
}

// UpTo is how many of the values are at most bound, which is a power of two of at
// least 4.
func (h *Histogram) UpTo(bound uint64) (n uint64) {
	for i, in := range h.Buckets[:] {
		if in > 0 && Bound(i) <= bound {
			n += in
		}
	}
	return n
}

// Quantile is the value that the part q of all values, from 0 to 1, does not
// exceed: to an eighth, and 0 without any values.
func (h *Histogram) Quantile(q float64) uint64 {
	rank := uint64(q * float64(h.Count))
	for i, in := range h.Buckets[:] {
		if in == 0 {
			continue
		}
		if rank < in || i == Buckets-1 {
			low := uint64(0)
			if i > 0 {
				low = Bound(i - 1)
			}
			return low + (Bound(i)-low)/2
		}
		rank -= in
	}
	return h.largest()
}

// Mean is the mean of the values, 0 without any.
func (h *Histogram) Mean() float64 {
	if h.Count == 0 {
		return 0
	}
	return float64(h.Sum) / float64(h.Count)
}

// largest is the bound of the last bucket that has values.
func (h *Histogram) largest() uint64 {
	for i := Buckets - 1; i >= 0; i-- {
		if h.Buckets[i] > 0 {
			return Bound(i)
		}
	}
	return 0
}

// plus adds n times what another histogram has counted.
func (h *Histogram) plus(other *Histogram, n uint64) {
	h.Count += n * other.Count
	h.Sum += n * other.Sum
	for i := range h.Buckets {
		h.Buckets[i] += n * other.Buckets[i]
	}
}
