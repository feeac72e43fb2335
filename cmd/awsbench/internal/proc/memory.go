package proc

import (
	"os"
	"strconv"
)

// Memory is what processes hold, in bytes.
type Memory struct {
	RSS uint64 // resident; pages shared by processes count for each
	PSS uint64 // resident; shared pages count in parts
}

// ReadMemory sums over processes.
func ReadMemory(pids []int) (Memory, error) {
	var sum Memory
	for _, pid := range pids {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
		if err != nil {
			return sum, err
		}
		sum.RSS += field(text, "Rss:") << 10
		sum.PSS += field(text, "Pss:") << 10
	}
	return sum, nil
}
