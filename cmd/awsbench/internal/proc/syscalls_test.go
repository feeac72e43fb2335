package proc

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// refusals are the errnos by which a kernel keeps tracepoints from us: tracefs
// is not there or not for this user, perf_event_open is forbidden
// (perf_event_paranoid), filtered by seccomp, or not in the kernel.
var refusals = []unix.Errno{unix.ENOENT, unix.EACCES, unix.EPERM, unix.ENOSYS, unix.ENODEV}

// Where the kernel lets us, every call is counted and nothing else. Where it
// does not, we say so, with the errno.
func TestSyscallsAreCountedExactly(t *testing.T) {
	const calls = 500
	ready, begin, done := make(chan int), make(chan bool), make(chan bool)
	go func() { // on a thread of its own, which is what is counted
		runtime.LockOSThread()
		ready <- unix.Gettid()
		if <-begin {
			for range calls {
				_, _, _ = unix.RawSyscall(unix.SYS_LSEEK, ^uintptr(0), 0, 0)
			}
			done <- true
			<-begin
		}
	}()
	defer close(begin)
	s, err := thisKernel.countThreads([]int{<-ready})
	if err != nil {
		t.Log("this machine keeps its tracepoints to itself: ", err)
		wantRefusal(t, s, err, refusals...)
		return
	}
	defer s.Close()
	begin <- true
	<-done
	counts, err := s.Read()
	if err != nil || counts["lseek"] != calls || counts["sendfile"] != 0 {
		t.Errorf("%d calls counted, %v; want %d", counts["lseek"], err, calls)
	}
}

// wantRefusal wants an error that holds one of these errnos and names it, and
// no counter.
func wantRefusal(t *testing.T, s *Syscalls, err error, want ...unix.Errno) {
	t.Helper()
	var errno unix.Errno
	if s != nil || !errors.As(err, &errno) {
		t.Errorf("%v, %v; want an error with an errno, and no counter", s, err)
		return
	}
	for _, w := range want {
		if errors.Is(err, w) && strings.Contains(err.Error(), w.Error()) {
			return
		}
	}
	t.Errorf("%v; want one of %v", err, want)
}

// A kernel that has no tracepoints for us refuses with its errno, at whichever
// step it does.
func TestRefusedTracepointsAreReported(t *testing.T) {
	empty := func(string) (uint64, error) {
		mount := func() (*os.File, error) { return os.Open(t.TempDir()) }
		return tracepointIn([]string{t.TempDir()}, mount, "raw_syscalls/sys_enter")
	}
	s, err := kernel{tracepoint: empty}.countThreads([]int{unix.Gettid()})
	wantRefusal(t, s, err, unix.ENOENT)

	for _, errno := range refusals {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) {
			unmountable := func(string) (uint64, error) {
				mount := func() (*os.File, error) { return nil, os.NewSyscallError("fsopen", errno) }
				return tracepointIn([]string{t.TempDir()}, mount, "raw_syscalls/sys_enter")
			}
			s, err := kernel{tracepoint: unmountable}.countThreads([]int{unix.Gettid()})
			wantRefusal(t, s, err, errno)

			found := func(string) (uint64, error) { return 1, nil }
			forbidden := func(*unix.PerfEventAttr, int, int, int, int) (int, error) { return -1, errno }
			s, err = kernel{found, forbidden}.countThreads([]int{unix.Gettid()})
			wantRefusal(t, s, err, errno)
		})
	}
}

// A tracepoint's number is read from the first folder that has it, and a mount
// is tried only when none does.
func TestTracepointNumber(t *testing.T) {
	withID := func(id string) string {
		root := t.TempDir()
		dir := filepath.Join(root, "events/raw_syscalls/sys_enter")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "id"), []byte(id+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return root
	}
	first, second, mounted := withID("443"), withID("444"), withID("445")
	for _, c := range []struct {
		folders []string
		want    uint64
	}{
		{[]string{first, second}, 443},
		{[]string{t.TempDir(), second}, 444},
		{nil, 445},
	} {
		id, err := tracepointIn(c.folders, func() (*os.File, error) { return os.Open(mounted) }, "raw_syscalls/sys_enter")
		if err != nil || id != c.want {
			t.Errorf("%v: %d, %v; want %d", c.folders, id, err, c.want)
		}
	}
}

// A thread that has ended is left out, and is no error.
func TestEndedThreadIsLeftOut(t *testing.T) {
	found := func(string) (uint64, error) { return 1, nil }
	ended := func(*unix.PerfEventAttr, int, int, int, int) (int, error) { return -1, unix.ESRCH }
	s, err := kernel{found, ended}.countThreads([]int{unix.Gettid()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	counts, err := s.Read()
	if err != nil || counts["lseek"] != 0 || counts[Others] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
}
