// Numbers, sizes and times: which make sense.

package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"aws/backend"
	"aws/httpx"
)

const (
	// longestTime is more than anybody waits, and leaves room for adding times up.
	longestTime = 365 * 24 * time.Hour
	// largestRate in bytes a second is more than a client can take.
	largestRate = 1 << 30
	// streamBuffer is how many bytes of a file a buffer of /dynamic holds.
	streamBuffer = 128 << 10
)

// checkNumbers checks what stands by itself.
func (o *options) checkNumbers() {
	o.checkCounts()
	o.checkSizes()
	for _, d := range []struct {
		name    string
		value   time.Duration
		nothing bool // 0 has a meaning
	}{
		{"header-timeout", o.headerTimeout, false},
		{"body-timeout", o.bodyTimeout, false},
		{"idle-timeout", o.idleTimeout, false},
		{"stall-timeout", o.stallTimeout, false},
		{"lookup-timeout", o.lookUpTimeout, false},
		{"drain-timeout", o.drainTimeout, false},
		{"max-age", o.clients.age, true},
		{"file-cache-ttl", o.fileCacheTTL, true},
		{"open-file-idle", o.openFileIdle, true},
	} {
		switch {
		case d.value < 0 && d.nothing:
			o.wrong(d.name, "%s", "want 0 or more")
		case d.value <= 0 && !d.nothing:
			o.wrong(d.name, "%s", "want more than 0")
		case d.value > longestTime:
			o.wrong(d.name, "%s", "want at most a year, 8760h")
		}
	}
}

// wrong notes a problem with the value of a flag, unless it could not be set at all.
func (o *options) wrong(name, format string, args ...any) {
	if !slices.Contains(o.settings.failed, name) {
		o.problems.usage(whereIs(o.settings.given, -1, name, ""), format, args...)
	}
}

// odd notes that the value of a flag is not what somebody can have meant.
func (o *options) odd(name, format string, args ...any) {
	o.problems.warn(whereIs(o.settings.given, -1, name, ""), format, args...)
}

// has says that a flag was given a value that could be set.
func (o *options) has(name string) bool {
	return slices.ContainsFunc(o.settings.given, func(g given) bool { return g.name == name })
}

func (o *options) checkCounts() {
	cpus := runtime.GOMAXPROCS(0)
	switch {
	case o.workers < 1 || o.workers > 1024:
		o.wrong("workers", "want 1 to 1024; leave it out to have one for each CPU")
	case o.workers > cpus:
		o.odd("workers", "this process may use %d %s, so more workers than that only take turns; leave it out to have one for each", cpus, plural(cpus, "CPU", "CPUs"))
	}
	switch {
	case o.connections == 0 && o.has("max-connections"):
		o.wrong("max-connections", "nobody could connect: leave it out to have as many as the limit on open files allows")
	case o.connections < 0 || o.connections > backend.MaxSlots:
		o.wrong("max-connections", "want 1 to %d", backend.MaxSlots)
	case o.connections > 0 && o.connections < o.workers:
		o.wrong("max-connections", "want at least one for each of the %d workers", o.workers)
	}
}

func (o *options) checkSizes() {
	available := backend.AvailableMemory()
	switch {
	case o.memory.size == 0 && o.has("memory"):
		o.wrong("memory", "want at least %dMiB; leave it out to have half of what there is", leastMemory>>20)
	case o.memory.size != 0 && o.memory.size < leastMemory:
		o.wrong("memory", "want at least %dMiB", leastMemory>>20)
	case int64(o.memory.size) > available:
		o.odd("memory", "this process may have %dMiB in all; leave it out to have half of that", available>>20)
	}
	if o.copyBelow.size > httpx.MaxCopy {
		o.wrong("copy-below", "want at most %dKiB", httpx.MaxCopy>>10)
	}
	if o.minRate > largestRate {
		o.wrong("min-rate", "no client is that fast: want at most %dGiB", largestRate>>30)
	}
	switch {
	case o.zeroCopyAbove == 0:
	case o.zeroCopyAbove > streamBuffer:
		o.odd("zero-copy-above", "has no effect: a buffer holds %dKiB", streamBuffer>>10)
	case o.backend == "epoll-aio":
		o.odd("zero-copy-above", "has no effect with --backend=%s", fmt.Sprint(o.backend))
	}
}
