// Package proc reads from /proc what a server's processes have used, and puts
// processes on CPUs.
package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Usage is what a set of processes has used since they began.
type Usage struct {
	CPU                    time.Duration // from the scheduler's account
	UserTicks, SystemTicks uint64        // sampled by the kernel's timer: good for the split only
	Voluntary, Involuntary uint64        // context switches of the live threads
}

// Sub is what was used since an earlier reading.
func (u Usage) Sub(earlier Usage) Usage {
	return Usage{
		CPU:         u.CPU - earlier.CPU,
		UserTicks:   u.UserTicks - earlier.UserTicks,
		SystemTicks: u.SystemTicks - earlier.SystemTicks,
		Voluntary:   u.Voluntary - earlier.Voluntary,
		Involuntary: u.Involuntary - earlier.Involuntary,
	}
}

// Split divides the CPU time by the ticks.
func (u Usage) Split() (user, system time.Duration) {
	ticks := u.UserTicks + u.SystemTicks
	if ticks == 0 {
		return 0, u.CPU
	}
	user = time.Duration(float64(u.CPU) * float64(u.UserTicks) / float64(ticks))
	return user, u.CPU - user
}

// processClock names the CPU clock of a process: all its threads, also those
// that have ended, in nanoseconds (MAKE_PROCESS_CPUCLOCK and CPUCLOCK_SCHED in
// linux/posix-timers.h). It stands still between two switches or timer ticks of
// a thread that runs on another CPU (thread_group_cputime in
// kernel/sched/cputime.c brings only its caller's up to date).
func processClock(pid int) int32 { return ^int32(pid)<<3 | 2 }

// CPU is the CPU time of processes, user and system.
func CPU(pids []int) (time.Duration, error) {
	var sum time.Duration
	for _, pid := range pids {
		var now unix.Timespec
		if err := unix.ClockGettime(processClock(pid), &now); err != nil {
			return 0, fmt.Errorf("CPU clock of process %d: %w", pid, err)
		}
		sum += time.Duration(now.Nano())
	}
	return sum, nil
}

// ReadUsage reads the usage of processes. The CPU time is read first, since
// it is what counts, and the rest takes a while.
func ReadUsage(pids []int) (u Usage, err error) {
	if u.CPU, err = CPU(pids); err != nil {
		return u, err
	}
	for _, pid := range pids {
		s, err := readStat(pid)
		if err != nil {
			return u, err
		}
		u.UserTicks += s.user
		u.SystemTicks += s.system
		if err := u.addSwitches(pid); err != nil {
			return u, err
		}
	}
	return u, nil
}

// addSwitches adds the context switches of all threads: /proc/PID/status has
// those of the first thread only.
func (u *Usage) addSwitches(pid int) error {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	tasks, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		status, err := os.ReadFile(dir + "/" + task.Name() + "/status")
		if err != nil {
			continue // the thread has ended
		}
		u.Voluntary += field(status, "voluntary_ctxt_switches:")
		u.Involuntary += field(status, "nonvoluntary_ctxt_switches:")
	}
	return nil
}

// field reads the number behind a name at the start of a line.
func field(text []byte, name string) uint64 {
	_, rest, found := bytes.Cut(append([]byte("\n"), text...), []byte("\n"+name))
	if !found {
		return 0
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	words := bytes.Fields(line)
	if len(words) == 0 {
		return 0
	}
	n, _ := strconv.ParseUint(string(words[0]), 10, 64)
	return n
}

// stat is what is read of /proc/PID/stat, proc_pid_stat(5).
type stat struct {
	parent, group int
	user, system  uint64 // ticks
}

func readStat(pid int) (s stat, err error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return s, err
	}
	// The second field, the name in parentheses, may hold anything.
	words := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(words) < 13 {
		return s, fmt.Errorf("/proc/%d/stat: %q", pid, text)
	}
	s.parent, _ = strconv.Atoi(string(words[1]))
	s.group, _ = strconv.Atoi(string(words[2]))
	s.user, _ = strconv.ParseUint(string(words[11]), 10, 64)
	s.system, _ = strconv.ParseUint(string(words[12]), 10, 64)
	return s, nil
}
