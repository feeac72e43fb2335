package proc

import (
	"os"
	"slices"
	"strconv"
)

// Tree lists a process and its descendants, and whatever else is in its
// process group: a worker whose parent has ended is still the server's.
func Tree(root int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	stats := map[int]stat{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, err := readStat(pid); err == nil {
			stats[pid] = s
		}
	}
	var tree []int
	for pid := range stats {
		if descends(stats, pid, root) {
			tree = append(tree, pid)
		}
	}
	slices.Sort(tree)
	return tree
}

func descends(stats map[int]stat, pid, root int) bool {
	for range len(stats) { // ends also if a torn reading has a loop
		if pid == root || stats[pid].group == root {
			return true
		}
		s, known := stats[pid]
		if !known || s.parent == 0 {
			return false
		}
		pid = s.parent
	}
	return false
}
