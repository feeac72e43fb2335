package backendtest

import (
	"os"
	"runtime"
	"testing"
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
