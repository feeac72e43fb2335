package proc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tracedSyscalls are the calls that servers make, as the kernel's tracepoints
// name them. What else is called is counted together.
var tracedSyscalls = strings.Fields(`
	accept accept4 close shutdown socket connect setsockopt getsockopt fcntl ioctl
	read pread64 readv preadv preadv2 recvfrom recvmsg
	write pwrite64 writev sendto sendmsg sendmmsg sendfile64 splice tee
	epoll_wait epoll_pwait epoll_pwait2 epoll_ctl poll ppoll select
	io_submit io_getevents io_pgetevents io_uring_enter
	open openat openat2 newstat newlstat newfstat newfstatat statx lseek fadvise64
	mmap munmap madvise brk futex nanosleep clock_nanosleep sched_yield tgkill
	getpid gettimeofday clock_gettime timerfd_settime`)

// allSyscalls is the tracepoint that every call passes.
const allSyscalls = "raw_syscalls/sys_enter"

// Others is the name under which calls beyond those known are counted.
const Others = "others"

// Syscalls counts the system calls of processes by the kernel's tracepoints,
// perf_event_open(2). Unlike a tracer that stops the process at each call, it
// costs some 100 ns per call and so does not change what is counted.
type Syscalls struct {
	names []string
	fds   map[string][]int // one for each thread
}

// CountSyscalls begins to count the calls of all threads of processes, and of
// threads that they will start. It needs the right to use tracepoints.
func CountSyscalls(pids []int) (*Syscalls, error) {
	events, err := eventsFolder()
	if err != nil {
		return nil, err
	}
	var tids []int
	for _, pid := range pids {
		tasks, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
		if err != nil {
			return nil, err
		}
		for _, task := range tasks {
			tid, _ := strconv.Atoi(task.Name())
			tids = append(tids, tid)
		}
	}
	s := &Syscalls{fds: map[string][]int{}}
	if err := s.openAll(events, tids); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// openAll opens all tracepoints that this kernel has for threads.
func (s *Syscalls) openAll(events string, tids []int) error {
	points := []string{allSyscalls}
	for _, name := range tracedSyscalls {
		points = append(points, "syscalls/sys_enter_"+name)
	}
	for _, point := range points {
		id, err := os.ReadFile(filepath.Join(events, point, "id"))
		if errors.Is(err, os.ErrNotExist) {
			continue // a call that this kernel does not have
		}
		if err == nil {
			err = s.open(point, strings.TrimSpace(string(id)), tids)
		}
		if err != nil {
			return fmt.Errorf("tracepoint %s: %w", point, err)
		}
	}
	return nil
}

func eventsFolder() (string, error) {
	for _, dir := range []string{"/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events"} {
		if _, err := os.ReadDir(dir); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("the kernel's tracepoints are not accessible")
}

func (s *Syscalls) open(point, id string, tids []int) error {
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return err
	}
	attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_TRACEPOINT, Config: number, Bits: unix.PerfBitInherit}
	attr.Size = uint32(unsafe.Sizeof(attr))
	s.names = append(s.names, point)
	for _, tid := range tids {
		fd, err := unix.PerfEventOpen(&attr, tid, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
		if errors.Is(err, unix.ESRCH) {
			continue // the thread has ended
		}
		if err != nil {
			return err
		}
		s.fds[point] = append(s.fds[point], fd)
	}
	return nil
}

// Read returns the counts since the start, by the names that strace uses.
func (s *Syscalls) Read() (map[string]uint64, error) {
	counts := map[string]uint64{}
	known := uint64(0)
	// The sum of all is read last, so that Others does not come out below 0.
	for i := len(s.names) - 1; i >= 0; i-- {
		point := s.names[i]
		sum := uint64(0)
		for _, fd := range s.fds[point] {
			var value [8]byte
			if _, err := unix.Read(fd, value[:]); err != nil {
				return nil, fmt.Errorf("reading the count of %s: %w", point, err)
			}
			sum += binary.NativeEndian.Uint64(value[:])
		}
		if point == allSyscalls {
			counts[Others] = sum - min(sum, known)
			continue
		}
		known += sum
		counts[syscallName(point)] = sum
	}
	return counts, nil
}

// syscallName is the name that users know of a tracepoint.
func syscallName(point string) string {
	name := strings.TrimPrefix(point, "syscalls/sys_enter_")
	switch name {
	case "sendfile64":
		return "sendfile"
	case "newstat", "newlstat", "newfstat", "newfstatat":
		return strings.TrimPrefix(name, "new")
	}
	return name
}

// Close ends the counting.
func (s *Syscalls) Close() {
	for _, fds := range s.fds {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	}
	s.fds = nil
}
