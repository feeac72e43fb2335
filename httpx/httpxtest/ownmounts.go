package httpxtest

import (
	"os"
	"syscall"
	"testing"

	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// ownMounts marks the process of a test that has its own mounts.
const ownMounts = "AWS_TEST_OWN_MOUNTS"

// OwnMounts runs the rest of a test in a process of its own, whose mounts nobody
// else sees and which end with it (mount_namespaces(7)). It returns false in the
// process that has started it: there the test is over.
func OwnMounts(t *testing.T) bool {
	if os.Getenv(ownMounts) != "" {
		return true
	}
	if os.Getuid() != 0 {
		backendtest.Missing(t, "only root may mount")
		return false
	}
	test := children.Command(t, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	test.Env = append(os.Environ(), ownMounts+"=1")
	test.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
	out, err := test.CombinedOutput()
	if t.Log(string(out)); err != nil {
		t.Error(err)
	}
	return false
}
