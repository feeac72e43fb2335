package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Buckets follow one another without a gap, and are narrow enough to tell a value to a
// quarter. Powers of two are bounds.
func TestBuckets(t *testing.T) {
	values := []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, math.MaxInt64}
	for power := range 62 {
		values = append(values, 1<<power-1, 1<<power, 1<<power+1)
	}
	for range 10_000 {
		values = append(values, rand.Int64()>>rand.IntN(63))
	}
	for _, v := range values {
		i := int(bucketOf(v))
		low := uint64(0)
		if i > 0 {
			low = Bound(i-1) + 1
		}
		if u := uint64(v); u < low || u > Bound(i) || (i > 4 && (Bound(i)-low+1)*4 > low+3) {
			t.Fatalf("%d is in bucket %d, from %d to %d", v, i, low, Bound(i))
		}
		if i > 0 && Bound(i) <= Bound(i-1) {
			t.Fatalf("bucket %d ends at %d, the one before at %d", i, Bound(i), Bound(i-1))
		}
	}
	for power := 2; power < 62; power++ {
		if got := Bound(int(bucketOf(1 << power))); got != 1<<power {
			t.Errorf("2^%d is in the bucket up to %d", power, got)
		}
	}
}

// Sums and what is at most a power of two are exact, quantiles good to an eighth.
func TestHistogram(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 || h.Mean() != 0 {
		t.Error("an empty histogram has values")
	}
	var values []uint64
	var sum uint64
	for range 5000 {
		v := rand.Uint64N(1 << (4 + rand.IntN(40)))
		values, sum = append(values, v), sum+v
		h.Add(int64(v), 1)
	}
	h.Add(77, 3)
	values, sum = append(values, 77, 77, 77), sum+3*77
	slices.Sort(values)
	if h.Count != uint64(len(values)) || h.Sum != sum || h.Mean() != float64(sum)/float64(len(values)) {
		t.Errorf("%d values, sum %d, mean %v; want %d and %d", h.Count, h.Sum, h.Mean(), len(values), sum)
	}
	for power := 2; power < 44; power++ {
		n, _ := slices.BinarySearch(values, 1<<power+1)
		if got := h.UpTo(1 << power); got != uint64(n) {
			t.Errorf("%d values are at most 2^%d, want %d", got, power, n)
		}
	}
	for _, q := range []float64{0, 0.1, 0.5, 0.9, 0.99, 0.999} {
		got, want := float64(h.Quantile(q)), float64(values[int(q*float64(len(values)))])
		if math.Abs(got-want) > want/8+1 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got, largest := h.Quantile(1), values[len(values)-1]; got < largest || float64(got) > float64(largest)*1.25 {
		t.Errorf("quantile 1 is %d, the largest value %d", got, largest)
	}
}
