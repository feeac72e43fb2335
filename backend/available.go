// How much memory and how much of the CPUs there is.

package backend

import (
	"math"
	"path"

	"golang.org/x/sys/unix"
)

// AvailableMemory is how many bytes this process may have: what the machine has
// (sysinfo(2)), or the least of the limits of its control group and of those around
// it, whichever is less. Where nothing can be read it is math.MaxInt64.
func AvailableMemory() int64 {
	bytes, _ := MemoryLimit()
	return bytes
}

// MemoryLimit is AvailableMemory and the file with the limit, "" where it is what the
// machine has.
func MemoryLimit() (bytes int64, file string) { return memoryLimit("/") }

// memoryLimit looks for files below root.
func memoryLimit(root string) (least int64, from string) {
	least = math.MaxInt64
	var machine unix.Sysinfo_t
	if unix.Sysinfo(&machine) == nil {
		least = int64(machine.Totalram) * int64(machine.Unit)
	}
	for _, g := range controlGroups(root, "memory") {
		names := []string{"memory.max", "memory.high"}
		if g.v1 {
			names = []string{"memory.limit_in_bytes"}
		}
		g.around(root, func(dir string) {
			for _, name := range names {
				file := path.Join(dir, name)
				if n := readLimits(file); len(n) == 1 && n[0] < least {
					least, from = n[0], file
				}
			}
		})
	}
	return least, from
}

// CPULimit is how many CPUs' time this process may use, by the least quota of its
// control group and of those around it, and the file with the quota. It is +Inf and ""
// where there is none.
func CPULimit() (cpus float64, file string) { return cpuLimit("/") }

// cpuLimit looks for files below root.
func cpuLimit(root string) (least float64, from string) {
	least = math.Inf(1)
	for _, g := range controlGroups(root, "cpu") {
		g.around(root, func(dir string) {
			file := path.Join(dir, "cpu.max") // microseconds, and in how many
			n := readLimits(file)
			if g.v1 {
				file = path.Join(dir, "cpu.cfs_quota_us")
				n = append(readLimits(file), readLimits(path.Join(dir, "cpu.cfs_period_us"))...)
			}
			if len(n) == 2 && float64(n[0])/float64(n[1]) < least {
				least, from = float64(n[0])/float64(n[1]), file
			}
		})
	}
	return least, from
}
