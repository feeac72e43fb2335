package main_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

var refusals = []struct {
	errno unix.Errno
	says  string
}{
	{unix.EPERM, "operation not permitted.*(io_uring_disabled|seccomp).*--backend=epoll-aio"},
	{unix.ENOSYS, "function not implemented.*no io_uring.*--backend=epoll-aio"},
	{unix.ENOMEM, "cannot allocate memory.*ulimit -l.*--backend=epoll-aio"},
	{unix.EMFILE, "too many open files.*ulimit -n"},
}

// Asked for io_uring by name, the server takes nothing else and says why it
// cannot have it.
func TestUringRefused(t *testing.T) {
	t.Parallel()
	for _, c := range refusals {
		t.Run(unix.ErrnoName(c.errno), func(t *testing.T) {
			t.Parallel()
			wrap := refusing(c.errno, "io_uring_setup")
			args := append(wrap[1:], built.aws, "--backend=uring", "--listen=127.0.0.1:0")
			runProgram(t, wrap[0], "", args...).wantError(t, 1, c.says)
		})
	}
}

// With auto it serves over the other engine and says why.
func TestAutoWithoutUring(t *testing.T) {
	t.Parallel()
	for _, c := range refusals {
		t.Run(unix.ErrnoName(c.errno), func(t *testing.T) {
			t.Parallel()
			w := raw("auto")
			w.wrap = refusing(c.errno, "io_uring_setup")
			w.says = []string{"backend epoll-aio taken"}
			s := start(t, w, fixture)
			if !strings.Contains(s.line, ": epoll-aio on ") {
				t.Errorf("the server says %q", s.line)
			}
			children.Eventually(t, "the reason on stderr", func() bool {
				return strings.Contains(s.stderr.String(), c.errno.Error())
			})
			s.wantFile(t, "curl", "/dynamic/", medium)
		})
	}
}

func TestAutoWithUring(t *testing.T) {
	t.Parallel()
	w := raw("auto")
	w.says = []string{"backend uring taken"}
	s := start(t, w, fixture)
	if !strings.Contains(s.line, ": uring on ") {
		t.Errorf("the server says %q", s.line)
	}
	s.wantFile(t, "curl", "/static/", small)
}

// unprivileged is the command that runs a program which may lock only so much
// memory.
func unprivileged(memlock string) []string {
	return []string{"setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock", "prlimit", "--memlock=" + memlock}
}

// With too little memory to lock there are no rings.
func TestUringWithoutLockedMemory(t *testing.T) {
	t.Parallel()
	needs(t, "setpriv", "prlimit")
	wrap := unprivileged("0")
	args := append(wrap[1:], built.aws, "--backend=uring", "--listen=127.0.0.1:0")
	runProgram(t, wrap[0], "", args...).wantError(t, 1, "cannot allocate memory.*ulimit -l.*--backend=epoll-aio")
}

// With enough for the rings alone, the server does without the rest.
func TestUringWithLittleLockedMemory(t *testing.T) {
	t.Parallel()
	needs(t, "setpriv", "prlimit")
	w := raw("uring")
	w.wrap = unprivileged(fmt.Sprint(2 << 20))
	s := start(t, w, fixture, "--workers=2")
	for _, tree := range trees {
		for _, f := range files {
			s.wantFile(t, "curl", tree, f.name)
		}
	}
}

// LD_PRELOAD cannot reach an engine that makes no socket calls. It says so.
func TestUringWithPreload(t *testing.T) {
	t.Parallel()
	needs(t, "gcc")
	w := raw("uring")
	w.env = []string{"LD_PRELOAD=" + built.preload}
	w.says = []string{"LD_PRELOAD has no effect on --backend=uring"}
	s := start(t, w, fixture)
	if !strings.Contains(s.stderr.String(), "--fault") {
		t.Errorf("stderr does not name --fault:\n%s", &s.stderr)
	}
	run(t, "", "--backend=uring", "--socket-calls=libc").wantError(t, 2, "--socket-calls=libc.*--fault")
}

// The engine works without any of the features that older kernels lack.
func TestUringDisable(t *testing.T) {
	t.Parallel()
	for _, feature := range []string{"defer-taskrun", "bufring,multishot", "fixed,link", "all"} {
		t.Run(feature, func(t *testing.T) {
			t.Parallel()
			s := start(t, raw("uring").with("without", "--uring-disable="+feature), fixture)
			for _, tree := range trees {
				for _, f := range files {
					s.wantFile(t, "curl", tree, f.name)
				}
			}
		})
	}
	run(t, "", "--backend=uring", "--uring-disable=nonsense").wantError(t, 2, "nonsense.*bufring")
}

func TestZeroCopyAbove(t *testing.T) {
	t.Parallel()
	s := start(t, raw("uring").with("zero-copy", "--zero-copy-above=16KiB"), fixture)
	for _, f := range files {
		s.wantFile(t, "curl", "/dynamic/", f.name)
	}
	run(t, "", "--zero-copy-above=much").wantError(t, 2, "zero-copy-above.*16384")
}
