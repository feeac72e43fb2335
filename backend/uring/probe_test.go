package uring

import (
	"errors"
	"os"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// A refusal has the cause that fits, and a remedy.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		errno         unix.Errno
		disabled      string
		cause, remedy string
	}{
		{unix.EPERM, "", "seccomp", "allow it"},
		{unix.EPERM, "0", "seccomp", "allow it"},
		{unix.EPERM, "1", "is 1: .*io_uring_group.*seccomp", "sysctl -w kernel.io_uring_disabled=0.*epoll-aio"},
		{unix.EPERM, "2", "is 2: nobody", "sysctl -w kernel.io_uring_disabled=0.*epoll-aio"},
		{unix.ENOSYS, "", "kernel has no io_uring", "epoll-aio"},
		{unix.ENOSYS, "0", "seccomp filter pretends", "epoll-aio"},
		{unix.ENOMEM, "0", "locked memory", "ulimit -l"},
		{unix.EMFILE, "0", "descriptor", "ulimit -n"},
		{unix.EIO, "0", "^$", "epoll-aio"},
	} {
		err := explainBy(os.NewSyscallError("io_uring_setup", c.errno), c.disabled)
		var refused *backend.Refused
		if !errors.As(err, &refused) || !errors.Is(err, c.errno) {
			t.Fatalf("%v with %q: %v", c.errno, c.disabled, err)
		}
		if !regexp.MustCompile(c.cause).MatchString(refused.Cause) || !regexp.MustCompile(c.remedy).MatchString(refused.Remedy) {
			t.Errorf("%v with %q: %v", c.errno, c.disabled, err)
		}
	}
}
