package proc

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Allowed lists the CPUs that this process may use.
func Allowed() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("sched_getaffinity: %w", err)
	}
	var cpus []int
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

func cpuSet(cpus []int) *unix.CPUSet {
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	return &set
}

// PinThread puts the calling OS thread on CPUs. Processes that it starts
// inherit them.
func PinThread(cpus []int) error {
	if err := unix.SchedSetaffinity(0, cpuSet(cpus)); err != nil {
		return fmt.Errorf("putting a thread on CPUs %v: %w", cpus, err)
	}
	return nil
}

// PinProcess puts all threads of this process on CPUs, as taskset(1) with
// --all-tasks does. Later threads inherit that from those that start them, so
// it is repeated until there were no new ones.
func PinProcess(cpus []int) error {
	set := cpuSet(cpus)
	pinned := map[int]bool{}
	for {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		fresh := 0
		for _, task := range tasks {
			tid, _ := strconv.Atoi(task.Name())
			if pinned[tid] {
				continue
			}
			err := unix.SchedSetaffinity(tid, set)
			if err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("putting thread %d on CPUs %v: %w", tid, cpus, err)
			}
			pinned[tid] = true
			fresh++
		}
		if fresh == 0 {
			return nil
		}
	}
}
