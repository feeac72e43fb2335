package backendtest

import (
	"flag"
	"os"
	"runtime"
	"strconv"
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

// atOnce is how many tests run at the same time.
const atOnce = 8

// ManyAtOnce lets many tests run at the same time, as most of them wait most of the
// time. A -parallel on the command line counts for more.
func ManyAtOnce() {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set(strconv.Itoa(atOnce))
	}
}

// Main runs the tests of an engine's package, many at a time. Call it from TestMain.
func Main(m *testing.M) {
	ManyAtOnce()
	os.Exit(m.Run())
}

// OneThread keeps the test on one thread until it ends. Every test that drives an
// engine needs this: only one thread may enter an io_uring
// (IORING_SETUP_SINGLE_ISSUER).
func OneThread(t testing.TB) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}
