package backendtest

import (
	"os"
	"testing"
)

// Missing skips the test where the machine lacks something: a tool, or what
// its kernel or file system cannot do. With CI=true the machine is to lack
// nothing, and the test fails.
func Missing(t testing.TB, what ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what...)
	}
	t.Skip(what...)
}
