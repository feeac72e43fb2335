package main

import (
	"fmt"
	"slices"
	"syscall"

	"aws/cmd/awsbench/internal/proc"
)

// The resources of the machine that a run uses: CPUs and open files.

// pin assigns the CPUs: one to each worker of the servers, and as many of the
// others to the generator.
func (f *runFlags) pin() error {
	allowed, err := proc.Allowed()
	if err != nil {
		return err
	}
	f.CPUs = allowed
	f.ServerCPUs, f.ClientCPUs = f.serverCPUs, f.clientCPUs
	for _, cpu := range slices.Concat(f.serverCPUs, f.clientCPUs) {
		if !slices.Contains(allowed, cpu) {
			return fmt.Errorf("CPU %d: this process may only use %v", cpu, allowed)
		}
	}
	switch {
	case f.noPinning || len(allowed) < 2:
		f.ServerCPUs, f.ClientCPUs = nil, nil
		return nil
	case f.Workers < 1:
		return fmt.Errorf("--workers=%d: want 1 or more", f.Workers)
	}
	if len(f.ServerCPUs) == 0 {
		free := without(allowed, f.ClientCPUs)
		f.ServerCPUs = free[:min(f.Workers, max(1, len(free)-1), len(free))]
	}
	if len(f.ClientCPUs) == 0 {
		free := without(allowed, f.ServerCPUs)
		if len(free) == 0 {
			return fmt.Errorf("--server-cpus=%v leaves the generator none of the CPUs %v", f.ServerCPUs, allowed)
		}
		f.ClientCPUs = free[:min(len(f.ServerCPUs), len(free))]
	}
	return nil
}

func without(cpus, taken []int) []int {
	return slices.DeleteFunc(slices.Clone(cpus), func(cpu int) bool { return slices.Contains(taken, cpu) })
}

// enoughFiles is a limit on open files that is high enough for all scenarios.
const enoughFiles = 1 << 16

// raiseFileLimit raises the soft limit to the hard one, and the hard one too if
// the process is permitted to (CAP_SYS_RESOURCE). The generator needs that for
// its connections, and the servers inherit it. The call goes through package
// syscall; otherwise os/exec would give the servers the original soft limit.
func raiseFileLimit() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return
	}
	most := max(limit.Max, enoughFiles)
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: most, Max: most}) != nil {
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit.Max, Max: limit.Max})
	}
}
