// Memory that a burst of connections has left in a loop's arenas.

package httpx

import (
	"time"

	"aws/backend"
)

// arenas are those of one loop whose buffers come and go with connections.
type arenas struct {
	small   [3]*backend.Arena // composed heads, saved input, and nil or what is kept for an observer
	streams *buffers
}

const (
	trimAtOnce = 256         // of each kind that lose it in one turn: about 100 µs
	trimPause  = time.Second // between two of these turns
)

// trim gives some of the memory back. It is called once a second while the loop
// turns.
func (a arenas) trim() {
	for _, arena := range a.small {
		if arena != nil {
			arena.Trim(warmBuffers, trimAtOnce)
		}
	}
	a.streams.trim(trimAtOnce)
}

// untilTrim returns the time until trim has something to do, below 0 for never: a
// loop that nobody asks for anything wakes up until all is given back, and then
// sleeps for good.
func (a arenas) untilTrim() time.Duration {
	for _, arena := range a.small {
		if arena != nil && arena.Excess(warmBuffers) > 0 {
			return trimPause
		}
	}
	if a.streams.arena.Excess(a.streams.warm) > 0 || a.streams.waitForMemory() {
		return trimPause
	}
	return -1
}
