package proc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tracedSyscalls are the calls that servers make often, by the names that
// strace uses. What else is called is counted together, as Others. Those that
// only some processors have are in archSyscalls.
var tracedSyscalls = map[string]int{
	"accept4": unix.SYS_ACCEPT4, "close": unix.SYS_CLOSE, "shutdown": unix.SYS_SHUTDOWN,
	"setsockopt": unix.SYS_SETSOCKOPT, "fcntl": unix.SYS_FCNTL, "ioctl": unix.SYS_IOCTL,
	"read": unix.SYS_READ, "pread64": unix.SYS_PREAD64, "preadv2": unix.SYS_PREADV2, "recvfrom": unix.SYS_RECVFROM,
	"write": unix.SYS_WRITE, "writev": unix.SYS_WRITEV, "sendto": unix.SYS_SENDTO, "sendmsg": unix.SYS_SENDMSG,
	"sendfile": unix.SYS_SENDFILE, "splice": unix.SYS_SPLICE,
	"epoll_pwait": unix.SYS_EPOLL_PWAIT, "epoll_ctl": unix.SYS_EPOLL_CTL,
	"io_submit": unix.SYS_IO_SUBMIT, "io_getevents": unix.SYS_IO_GETEVENTS, "io_uring_enter": unix.SYS_IO_URING_ENTER,
	"openat": unix.SYS_OPENAT, "openat2": unix.SYS_OPENAT2, "fstat": unix.SYS_FSTAT, "statx": unix.SYS_STATX, "lseek": unix.SYS_LSEEK,
	"futex": unix.SYS_FUTEX, "nanosleep": unix.SYS_NANOSLEEP,
}

// Others is the name under which all other calls are counted.
const Others = "others"

// Syscalls counts the system calls of processes by the kernel's tracepoint
// raw_syscalls:sys_enter, perf_event_open(2). Unlike a tracer that stops the
// process at each call it hardly slows it down, and so hardly changes what is
// counted. All events are on that one tracepoint, with a filter each:
// removing a tracepoint takes the kernel some 50 ms, whatever its events.
type Syscalls struct {
	all   []int            // one for each thread
	named map[string][]int // the same, for one call
}

// CountSyscalls starts to count the calls of all threads of processes, and of
// threads that they start later. It needs the right to use tracepoints; without
// it, the error holds the errno of each attempt.
func CountSyscalls(pids []int) (*Syscalls, error) {
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
	return thisKernel.countThreads(tids)
}

// kernel is how a counter gets at the kernel. Tests put refusals in its place.
type kernel struct {
	tracepoint    func(name string) (uint64, error)
	perfEventOpen func(attr *unix.PerfEventAttr, tid, cpu, group, flags int) (int, error)
}

var thisKernel = kernel{tracepoint, unix.PerfEventOpen}

func (k kernel) countThreads(tids []int) (*Syscalls, error) {
	id, err := k.tracepoint("raw_syscalls/sys_enter")
	if err != nil {
		return nil, fmt.Errorf("the kernel's tracepoints are not available: %w", err)
	}
	s := &Syscalls{named: map[string][]int{}}
	if s.all, err = k.openEvents(id, "", tids); err != nil {
		s.Close()
		return nil, err
	}
	calls := maps.Clone(tracedSyscalls)
	maps.Copy(calls, archSyscalls)
	for name, number := range calls {
		if s.named[name], err = k.openEvents(id, fmt.Sprintf("id == %d", number), tids); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// openEvents opens an event for each thread. It returns the descriptors that it
// has opened even if it fails.
func (k kernel) openEvents(id uint64, filter string, tids []int) (fds []int, err error) {
	attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_TRACEPOINT, Config: id, Bits: unix.PerfBitInherit}
	attr.Size = uint32(unsafe.Sizeof(attr))
	for _, tid := range tids {
		fd, err := k.perfEventOpen(&attr, tid, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
		if errors.Is(err, unix.ESRCH) {
			continue // the thread has ended
		}
		if err != nil {
			return fds, fmt.Errorf("perf_event_open: %w", err)
		}
		fds = append(fds, fd)
		if filter == "" {
			continue
		}
		text, err := unix.BytePtrFromString(filter)
		if err != nil {
			return fds, err
		}
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.PERF_EVENT_IOC_SET_FILTER, uintptr(unsafe.Pointer(text)))
		if errno != 0 {
			return fds, fmt.Errorf("perf event filter %q: %w", filter, errno)
		}
	}
	return fds, nil
}

// Read returns the counts since the start.
func (s *Syscalls) Read() (map[string]uint64, error) {
	counts := map[string]uint64{}
	known := uint64(0)
	for name, fds := range s.named {
		sum, err := readEvents(fds)
		if err != nil {
			return nil, err
		}
		counts[name] = sum
		known += sum
	}
	// Read last, so that Others does not come out below 0.
	all, err := readEvents(s.all)
	counts[Others] = all - min(all, known)
	return counts, err
}

func readEvents(fds []int) (sum uint64, err error) {
	for _, fd := range fds {
		var value [8]byte
		if _, err := unix.Read(fd, value[:]); err != nil {
			return 0, fmt.Errorf("reading a perf event: %w", err)
		}
		sum += binary.NativeEndian.Uint64(value[:])
	}
	return sum, nil
}

// Close ends the counting.
func (s *Syscalls) Close() {
	s.named[""] = s.all
	for _, fds := range s.named {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	}
	s.all, s.named = nil, map[string][]int{}
}
