package sockop

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
)

// Probe makes calls on no descriptor: the kernel answers EBADF to what it would
// carry out. An error says which call is refused, why, and what to do.
func (c Calls) Probe() error {
	for _, try := range []struct {
		name string
		call func() (int, syscall.Errno)
	}{
		{"recvfrom", func() (int, syscall.Errno) { return c.Recv(-1, nil) }},
		{"sendto", func() (int, syscall.Errno) { return c.Send(-1, nil, 0) }},
		{"sendfile", func() (int, syscall.Errno) { return c.Sendfile(-1, -1, new(int64), 0, true) }},
	} {
		_, errno := try.call()
		if err := Refusal(try.name, errno, ""); err != nil {
			return err
		}
	}
	return nil
}

// Refusal is the *backend.Refused of a call that is refused, whose remedy instead
// ends; nil if errno is none by which calls are refused.
func Refusal(call string, errno syscall.Errno, instead string) error {
	switch errno {
	case unix.EPERM, unix.EACCES, unix.ENOSYS:
		return &backend.Refused{
			Err:    os.NewSyscallError(call, errno),
			Cause:  "a seccomp filter forbids this call, such as a container's profile, or the kernel lacks it",
			Remedy: "allow it there" + instead,
		}
	}
	return nil
}
