// The memory that clients make a server hold: one budget over all loops.
//
//	Config.Memory ┬ 3/4  stream buffers, composed heads, saved input; of it
//	              │      up to half for bodies being made, in Go's heap
//	              └ 1/4  what the kernel holds to be sent: sendqueues.go
//
// It is counted where memory is taken or given back, not where it is used: a
// stream buffer that is already warm costs nothing to take again. So a request
// that needs no more memory than the one before it costs no atomic operation.

package httpx

import (
	"math"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// memory is the budget of one server.
type memory struct {
	all  int64 // bytes
	held quota // all that is counted; an eighth is left to what cannot be refused at once
	heap quota // of it, what lies in Go's heap

	garbage    atomic.Int64 // bytes given back to the heap since it was last collected
	collecting atomic.Bool  // it will be collected soon
	collected  atomic.Int64 // when it last was, in Unix nanoseconds
}

// quota is a number of bytes with a limit.
type quota struct {
	limit int64
	used  atomic.Int64
}

// newMemory makes a budget of n bytes; 0 is no limit.
func newMemory(n int64) *memory {
	m := &memory{}
	m.all, m.held.limit, m.heap.limit = math.MaxInt64, math.MaxInt64, math.MaxInt64
	if n > 0 {
		m.all = n / 4 * 3
		m.held.limit = m.all / 8 * 7
		m.heap.limit = m.all / 2
	}
	return m
}

// take takes n bytes, unless that would exceed the limit.
func (p *quota) take(n int64) bool {
	if p.used.Add(n) > p.limit {
		p.used.Add(-n)
		return false
	}
	return true
}

// takeHeap takes n bytes of Go's heap, unless that would exceed a limit.
func (m *memory) takeHeap(n int64) bool {
	if !m.heap.take(n) {
		return false
	}
	if !m.held.take(n) {
		m.heap.used.Add(-n)
		return false
	}
	return true
}

// giveHeap gives n bytes back to Go's heap.
func (m *memory) giveHeap(n int64) {
	if n == 0 {
		return
	}
	m.heap.used.Add(-n)
	m.held.used.Add(-n)
	if m.garbage.Add(n) >= muchGarbage && m.collecting.CompareAndSwap(false, true) {
		since := time.Since(time.Unix(0, m.collected.Load()))
		time.AfterFunc(max(collectAfter, collectPause-since), m.collect)
	}
}

// scarce says that most of the memory is taken: what can do without more should.
func (m *memory) scarce() bool { return m.held.used.Load() > m.held.limit/4*3 }

// short says that all of it is taken.
func (m *memory) short() bool { return m.held.used.Load() >= m.all }

const (
	// muchGarbage is how many bytes have to have been given back to Go's heap
	// before the kernel gets them back. The garbage collector runs by itself only
	// when the heap has grown, and for an idle process only every two minutes.
	muchGarbage  = 16 << 20
	collectAfter = time.Second      // so that a burst is collected once
	collectPause = 10 * time.Second // between two collections
)

// collect gives the kernel back what a burst of bodies has left in Go's heap. It
// runs on a goroutine of its own, beside the loops. Two collections in a row empty
// pools too (sync.Pool).
func (m *memory) collect() {
	m.garbage.Store(0)
	runtime.GC()
	debug.FreeOSMemory()
	m.collected.Store(time.Now().UnixNano())
	m.collecting.Store(false)
}

// heapAtRest is about what Go's heap, stacks and own tables take on a server that
// makes no bodies.
const heapAtRest = 16 << 20

// HeapLimit is what Go's soft memory limit (runtime/debug.SetMemoryLimit) should be
// for a server with this Config.Memory, in bytes: what bodies being made may take,
// a quarter of it for garbage, and what an idle server takes. Stream buffers lie
// outside Go's heap. With 0 there is no limit.
func HeapLimit(memory int64) int64 {
	if memory == 0 {
		return math.MaxInt64
	}
	heap := newMemory(memory).heap.limit
	return heapAtRest + heap + heap/4
}

// errNoMemory is ENOMEM for those who ask for a status (files.StatusOf).
var errNoMemory error = noMemory{}

type noMemory struct{}

func (noMemory) Error() string { return "the memory for all clients (--memory) is used up" }
func (noMemory) Unwrap() error { return unix.ENOMEM }
