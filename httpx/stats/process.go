// What the kernel and Go's runtime know of the process.

package stats

import (
	"bytes"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Process is what the process takes. A figure that cannot be had is 0.
type Process struct {
	Started        time.Time     `json:"started"`
	CPU            time.Duration `json:"cpu"`      // ns, user and system
	Resident       uint64        `json:"resident"` // bytes
	Descriptors    uint64        `json:"descriptors"`
	MaxDescriptors uint64        `json:"max_descriptors"`
	Goroutines     uint64        `json:"goroutines"`
	Heap           uint64        `json:"heap"`      // bytes of Go's heap, garbage included
	HeapLive       uint64        `json:"heap_live"` // bytes that the last garbage collection has left
}

// started is about when the process started: Go sets it up within milliseconds.
var started = time.Now()

// ReadProcess reads what there is about this process.
func ReadProcess() Process {
	p := Process{Started: started, Goroutines: uint64(runtime.NumGoroutine())}
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) == nil {
		p.CPU = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	if b, err := os.ReadFile("/proc/self/statm"); err == nil { // proc(5): in pages
		if fields := bytes.Fields(b); len(fields) > 1 {
			pages, _ := strconv.ParseUint(string(fields[1]), 10, 64)
			p.Resident = pages * uint64(os.Getpagesize())
		}
	}
	if names, err := os.ReadDir("/proc/self/fd"); err == nil {
		p.Descriptors = uint64(len(names)) - 1 // not the one of the folder
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		p.MaxDescriptors = limit.Cur
	}
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(heap)
	p.Heap, p.HeapLive = heap[0].Value.Uint64(), heap[1].Value.Uint64()
	return p
}
