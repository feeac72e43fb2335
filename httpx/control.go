package httpx

import "sync/atomic"

// control is what other threads ask of the loops. A loop looks at it once a
// turn; whoever changes it wakes the loops.
type control struct {
	drain   atomic.Bool   // finish what is being sent and end
	stop    atomic.Bool   // end at once
	reports atomic.Uint32 // how many reports have been asked for
}
