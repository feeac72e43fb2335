package backendtest

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Missing skips the test where the machine lacks something: a tool, or what
// its kernel or file system cannot do. With CI=true the machine may lack
// nothing, and the test fails.
func Missing(t testing.TB, what ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what...)
	}
	t.Skip(what...)
}

// OneThread keeps the test on one thread until it ends. Every test that drives an
// engine needs this: only one thread may enter an io_uring
// (IORING_SETUP_SINGLE_ISSUER).
func OneThread(t testing.TB) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}

// Deadline is when a test that waits counts as hanging: shortly before the
// test binary's own timeout, so that it can still say what it was waiting for.
// No speed of the machine is assumed.
func Deadline(t testing.TB) time.Time {
	if t, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, ok := t.Deadline(); ok {
			return end.Add(-time.Until(end) / 20)
		}
	}
	return time.Now().Add(time.Hour)
}

// Command makes a command whose process dies with the test. The kernel watches
// the thread that starts it (prctl(2), PR_SET_PDEATHSIG), so the test keeps to
// one.
func Command(t testing.TB, name string, args ...string) *exec.Cmd {
	OneThread(t)
	c := exec.Command(name, args...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}
