// How much memory there is for clients, if --memory does not say.

package main

import (
	"os"
	"runtime/debug"

	"aws/backend"
	"aws/httpx"
)

// leastMemory is the least that --memory takes.
const leastMemory = 8 << 20

// memoryValue is --memory. Its default is not known before the machine has been asked.
type memoryValue struct{ size sizeValue }

func (v *memoryValue) String() string     { return "" }
func (v *memoryValue) Type() string       { return "size" }
func (v *memoryValue) Set(s string) error { return v.size.Set(s) }

// settleMemory decides how much memory clients may take, and sets Go's soft limit by it,
// unless GOMEMLIMIT has.
func (o *options) settleMemory() (bytes int64) {
	bytes = o.clientMemory()
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(httpx.HeapLimit(bytes))
	}
	return bytes
}

// clientMemory is how many bytes clients may take: what --memory says, or else half of
// what this process may have.
func (o *options) clientMemory() int64 {
	if o.memory.size > 0 {
		return int64(o.memory.size)
	}
	return max(backend.AvailableMemory()/2, leastMemory)
}
