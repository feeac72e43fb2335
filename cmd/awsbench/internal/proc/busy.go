package proc

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"
)

// tick is the unit of /proc/stat: sysconf(_SC_CLK_TCK) is 100 on Linux.
const tick = 10 * time.Millisecond

// Busy is the time for which CPUs were not idle, interrupts and time stolen
// by the hypervisor included. Without CPUs it is 0.
func Busy(cpus []int) (time.Duration, error) {
	if len(cpus) == 0 {
		return 0, nil
	}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	var busy time.Duration
	found := 0
	for line := range bytes.Lines(text) {
		words := bytes.Fields(line)
		if len(words) < 9 || !bytes.HasPrefix(words[0], []byte("cpu")) {
			continue
		}
		cpu, err := strconv.Atoi(string(words[0][3:]))
		if err != nil || !slices.Contains(cpus, cpu) {
			continue // the sum of all CPUs, or another one
		}
		found++
		// user nice system idle iowait irq softirq steal, proc_stat(5)
		for i, word := range words[1:9] {
			if i != 3 && i != 4 {
				n, _ := strconv.ParseUint(string(word), 10, 64)
				busy += time.Duration(n) * tick
			}
		}
	}
	if found != len(cpus) {
		return 0, fmt.Errorf("/proc/stat knows %d of CPUs %v", found, cpus)
	}
	return busy, nil
}
