package main_test

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// refusing is the command that runs a program to which the kernel refuses some
// calls with errno.
func refusing(errno unix.Errno, calls ...string) []string {
	return []string{built.refuse, strings.Join(calls, ","), strconv.Itoa(int(errno))}
}

// The calls that an engine cannot do without are tried at start: a server that
// could answer nobody does not start, and says which call is refused and what to
// do.
func TestCallsRefused(t *testing.T) {
	t.Parallel()
	const remedy = ".*seccomp.*allow it"
	for _, c := range []struct{ engine, call, says string }{
		{"epoll-aio", "epoll_create1", "epoll_create1: ERRNO" + remedy},
		{"epoll-aio", "epoll_ctl", "epoll_ctl: ERRNO" + remedy},
		{"epoll-aio", "epoll_pwait", "epoll_pwait: ERRNO" + remedy},
		{"epoll-aio", "eventfd2", "eventfd2: ERRNO" + remedy},
		{"epoll-aio", "io_setup", "io_setup: ERRNO" + remedy + ".*--backend=uring"},
		{"epoll-aio", "io_submit", "io_submit: ERRNO" + remedy + ".*--backend=uring"},
		{"epoll-aio", "accept4", "accept4: ERRNO" + remedy},
		{"epoll-aio", "recvfrom", "recvfrom: ERRNO" + remedy},
		{"epoll-aio", "sendto", "sendto: ERRNO" + remedy},
		{"epoll-aio", "sendfile", "sendfile: ERRNO" + remedy},
		{"uring", "io_uring_enter", "io_uring_enter: ERRNO.*--backend=epoll-aio"},
		{"uring", "recvfrom", "recvfrom: ERRNO" + remedy},
		{"uring", "sendfile", "sendfile: ERRNO" + remedy},
		{"uring", "eventfd2", "eventfd2: ERRNO" + remedy},
	} {
		for _, errno := range []unix.Errno{unix.EPERM, unix.ENOSYS} {
			t.Run(c.engine+"/"+c.call+"/"+unix.ErrnoName(errno), func(t *testing.T) {
				t.Parallel()
				wrap := refusing(errno, c.call)
				args := append(wrap[1:], built.aws, "--backend="+c.engine, "--root="+fixture, "--listen=127.0.0.1:0")
				says := strings.ReplaceAll(c.says, "ERRNO", errno.Error())
				runProgram(t, wrap[0], "", args...).wantError(t, 1, says)
			})
		}
	}
}

// io_uring needs none of epoll-aio's calls, and the other way round.
func TestOtherEnginesCallsRefused(t *testing.T) {
	t.Parallel()
	for engine, calls := range map[string][]string{
		"epoll-aio": {"io_uring_setup", "io_uring_enter"},
		"uring":     {"io_setup", "io_submit", "accept4"},
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := raw(engine)
			w.wrap = refusing(unix.EPERM, calls...)
			s := start(t, w, fixture)
			for _, tree := range trees {
				s.wantFile(t, "curl", tree, medium)
			}
		})
	}
}
