package epollaio

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// A kernel that forbids accept4 makes no loop spin: it pauses, tells the operator,
// and accepts once it may.
func TestAcceptRefused(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EPERM, unix.ENOSYS} {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) {
			s := openSingle(t)
			good := s.listeners[0].fd
			bad, err := unix.FcntlInt(uintptr(good), unix.F_DUPFD_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(bad)
			backendtest.Refuse(t, unix.SYS_ACCEPT4, bad, errno)
			s.listeners[0].fd = int32(bad)
			const pauses = 3
			for deadline := children.Deadline(t); len(s.warnings) < pauses; {
				if time.Now().After(deadline) {
					t.Fatalf("%d warnings after %d attempts", len(s.warnings), s.counters.Accepts)
				}
				if err := s.Wait(10 * time.Millisecond); err != nil {
					t.Fatal(err)
				}
				if c, ok := s.Next(); ok {
					t.Fatalf("%+v", c)
				}
			}
			if !errors.Is(s.warnings[0], errno) {
				t.Errorf("warned of %v", s.warnings[0])
			}
			if made := s.counters.Accepts; made > 100 {
				t.Errorf("%d attempts in %d pauses", made, pauses)
			}
			s.listeners[0].fd = good
			s.Close(s.next(backend.OpAccept).Token)
		})
	}
}
