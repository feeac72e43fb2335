package simio

import "time"

// Probabilities say how unkind an engine is, each from 0, never, to 1, always.
// The zero value is an engine without faults.
//
// Park to SlowLookUp stay within the contract of package backend: a correct caller
// sends the same bytes with any of them. The others are failures. Reset and FailRead
// end the connections they hit.
type Probabilities struct {
	// Park delays the attempt of a socket operation by some ticks, as if the
	// socket were not ready.
	Park float64
	// Late holds back for some ticks the completion of an operation that has
	// happened, so that others overtake it and Cancel comes too late.
	Late float64
	// ShortRecv and ShortSend move fewer bytes than there are, or than fit.
	ShortRecv, ShortSend float64
	// LateAccept leaves a client in the backlog for some ticks.
	LateAccept float64
	// CutBatch ends a batch before its last completion.
	CutBatch float64
	// EmptyWait makes Wait return without completions.
	EmptyWait float64
	// Early queues a result at submission, so that the same batch has it.
	Early float64

	// ShortRead ends a ReadFile early, after a multiple of backend.Align.
	ShortRead float64
	// SlowRead makes a ReadFile take some ticks, and go past the page cache where
	// the file allows it.
	SlowRead float64

	// ColdLookUp lets a look-up of a file wait, and SlowLookUp lets that take some
	// ticks: see ColdLookUp and LookUp of Engine.
	ColdLookUp, SlowLookUp float64

	// FailLookUp fails a look-up that waits.
	FailLookUp float64
	// FailRead fails a ReadFile or SendFile with EIO.
	FailRead float64
	// Reset breaks the connection at a socket operation; bytes under way are
	// lost in both directions.
	Reset float64
}

// tick is the duration of one Wait, and the unit of all delays.
const tick = 10 * time.Microsecond

// chance is true with probability p. Faults that are switched off draw nothing, so
// that adding one does not change runs without it.
func (e *Engine) chance(p float64) bool {
	return p > 0 && e.rng.Float64() < p
}

// delay draws a delay of some ticks, and so of some batches.
func (e *Engine) delay() time.Duration {
	return time.Duration(1+e.rng.IntN(8)) * tick
}

// shorten draws a count from 1 to n with probability p.
func (e *Engine) shorten(n int, p float64) int {
	if n > 1 && e.chance(p) {
		return 1 + e.rng.IntN(n)
	}
	return n
}
