// 'aws explain': that it shows every call and no other.

package main_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// explained is what 'aws explain --json' prints.
type explained struct {
	Request string
	Engines []struct {
		Engine, Note string
		Steps        []explainedStep
	}
}

type explainedStep struct {
	Title, Answer string
	Calls         []explainedCall
}

type explainedCall struct {
	Call, Result, Says string
	Args               []string
	Entry              bool
	FD, Thread         int
	Took               int64 `json:"took_ns"`
}

// calls are those of all steps.
func (e explained) calls() (all []explainedCall) {
	for _, engine := range e.Engines {
		for _, step := range engine.Steps {
			all = append(all, step.Calls...)
		}
	}
	return all
}

// explain runs the command with wrap in front of it.
func explain(t *testing.T, wrap []string, args ...string) (e explained) {
	t.Helper()
	argv := slices.Concat(wrap, []string{built.aws, "explain", "--json"}, args)
	cmd := children.Command(t, argv[0], argv[1:]...)
	var stderr children.Output
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.String() != "" {
		t.Fatalf("%v: %v\n%s%s", argv, err, out, &stderr)
	}
	must(t, json.Unmarshal(out, &e))
	return e
}

// explainedRequests are requests of all kinds, of the fixture's files.
var explainedRequests = []struct {
	name   string
	args   []string
	answer string
	calls  map[string][]string // by engine: some that it needs, in order
}{
	{"small static file", []string{"/static/" + small}, "200 OK", map[string][]string{
		"epoll-aio": {"epoll_pwait", "recvfrom", "openat2", "statx", "sendto", "sendfile"},
		"uring":     {"io_uring_enter", "CQE RECV", "openat2", "statx", "preadv2", "SQE SEND", "io_uring_enter", "CQE SEND", "SQE RECV"}}},
	{"chain", []string{"/static/" + small, "--copy-below=0"}, "200 OK", map[string][]string{
		"uring": {"CQE RECV", "openat2", "SEND", "io_uring_enter", "CQE SEND"}}},
	{"large static file", []string{"/static/" + medium}, "200 OK", map[string][]string{
		"epoll-aio": {"recvfrom", "cachestat", "sendto", "sendfile", "sendfile"},
		"uring":     {"CQE RECV", "sendto", "sendfile", "sendfile", "SQE POLL_ADD"}}},
	{"dynamic file", []string{"/dynamic/" + small}, "200 OK", map[string][]string{
		"epoll-aio": {"recvfrom", "openat2", "IOCB_CMD_PREAD", "io_submit", "read", "io_event", "sendto"},
		"uring":     {"CQE RECV", "openat2", "SQE READ", "io_uring_enter", "CQE READ", "SQE SEND", "CQE SEND"}}},
	{"cold dynamic file", []string{"/dynamic/cold", "--cold"}, "200 OK", nil},
	{"not modified", []string{"/static/" + small, "--field=If-Modified-Since: Fri, 31 Dec 2100 23:59:59 GMT"}, "304 Not Modified", nil},
	{"not found", []string{"/static/none"}, "404 Not Found", nil},
	{"range", []string{"/static/" + medium, "-H", "Range: bytes=5-1000004"}, "206 Partial Content, 1000000 bytes", nil},
	{"listing", []string{"/static/", "--autoindex"}, "200 OK", nil},
	{"compressed", []string{"/static/" + small, "--compress=gzip", "--field=Accept-Encoding: gzip"}, "200 OK", nil},
	{"archive", []string{"/static/?archive=zip", "--autoindex", "--archive=zip", "--method=HEAD"}, "200 OK", nil},
	{"refused for want of a password", []string{"/static/" + small, "--auth=*=USERS"}, "401 Unauthorized", nil},
	{"wrong password", []string{"/static/" + small, "--auth=*=USERS", "-H", "Authorization: Basic Ym9iOndyb25n"}, "401 Unauthorized", nil},
	{"through libc", []string{"/static/" + medium, "--socket-calls=libc"}, "200 OK", nil},
	{"closed by the server", []string{"/static/" + small, "-H", "Connection: close"}, "200 OK", nil},
}

// notOfServing are the calls of Go's runtime, and of the recorder: memory, threads,
// clocks, signals. Its poller's calls are known by its descriptors, and what is said to
// the asking process by 0 and 1.
var notOfServing = []string{"futex", "madvise", "nanosleep", "sched_yield", "mmap", "munmap", "mprotect", "clone", "clone3",
	"rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "sigaltstack", "gettid", "getpid", "tgkill", "set_robust_list", "rseq", "exit",
	"restart_syscall", "sched_getaffinity", "prctl", "clock_gettime", "clock_nanosleep"}

// What 'aws explain' shows are the calls that strace sees the server make from the
// first client on: all of them and no others, those of the loop in their order.
func TestExplainShowsWhatStraceSees(t *testing.T) {
	needs(t, "strace")
	t.Parallel()
	for _, engine := range backends {
		for _, r := range explainedRequests {
			if engine == "uring" && slices.Contains(r.args, "--socket-calls=libc") {
				continue // is wrong usage
			}
			t.Run(engine+"/"+r.name, func(t *testing.T) {
				t.Parallel()
				file := filepath.Join(t.TempDir(), "trace")
				root := fixture
				if slices.Contains(r.args, "--cold") { // others want the fixture's files in the page cache
					root = rootWith(t, "cold", contents[medium])
				}
				args := append(slices.Clone(r.args), "--root="+root, "--backend="+engine)
				for i := range args {
					args[i] = strings.Replace(args[i], "USERS", passwordFile(t, bcrypt.MinCost), 1)
				}
				e := explain(t, []string{"strace", "-f", "-Y", "-yy", "-o", file, "-s", "80", "-e", "signal=none"}, args...)
				step := e.Engines[0].Steps[1]
				if !strings.HasPrefix(step.Answer, r.answer) {
					t.Errorf("answered %q, want %q", step.Answer, r.answer)
				}
				wantInOrder(t, step.Calls, r.calls[engine])
				loop, others := straced(t, file, e)
				shown := map[bool][]string{}
				for _, c := range e.calls() {
					if !c.Entry {
						aside := c.Thread != e.Engines[0].Steps[0].Calls[0].Thread
						shown[aside] = append(shown[aside], callKey(c.Call, c.FD))
					}
				}
				if !slices.Equal(loop, shown[false]) {
					t.Errorf("the loop, as strace has it:\n%s\nas it is explained:\n%s", strings.Join(loop, "\n"), strings.Join(shown[false], "\n"))
				}
				slices.Sort(others)
				slices.Sort(shown[true])
				if !slices.Equal(others, shown[true]) {
					t.Errorf("other threads, as strace has it:\n%s\nas it is explained:\n%s", strings.Join(others, "\n"), strings.Join(shown[true], "\n"))
				}
			})
		}
	}
}

// wantInOrder checks that some calls are among others, in that order.
func wantInOrder(t *testing.T, all []explainedCall, names []string) {
	t.Helper()
	rest := names
	for _, c := range all {
		if len(rest) > 0 && strings.HasSuffix(c.Call, rest[0]) {
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		t.Errorf("no %s in its place, want %v", rest[0], names)
	}
}

// libcAsks is what libc reads when another thread first takes memory of it (malloc,
// sysdeps/unix/sysv/linux/getsysstats.c).
const libcAsks = `"/sys/devices/system/cpu/online"`

// callKey is a call and its first descriptor.
func callKey(name string, fd int) string {
	if fd == -1 && name != "io_submit" {
		fd = unix.AT_FDCWD
	}
	return fmt.Sprintf("%s %d", name, fd)
}

// straced returns the calls that strace has seen of the server, of its loop and of
// its other threads: those between its first word to the asking process and its last.
func straced(t *testing.T, file string, e explained) (loop, others []string) {
	t.Helper()
	all := tracedServers(t, file)
	loopThread := e.Engines[0].Steps[0].Calls[0].Thread
	engine := e.Engines[0].Steps[0].Calls[0].FD
	said := func(c call) bool { return c.name == "write" && first(c.args) == 1 }
	begin, end := 0, 0
	for i, c := range all {
		if said(c) {
			end = i
			if strings.Contains(c.args, "Address") { // one before has shown which files to make cold
				begin = i
			}
		}
	}
	poller := map[int]bool{} // the runtime's: what it polls with, and what wakes it
	for _, c := range all.of("epoll_ctl") {
		if epfd := first(c.args); epfd != engine {
			poller[epfd] = true
			if watched := strings.SplitN(c.args, ", ", 4)[2]; strings.Contains(watched, "[eventfd]") {
				poller[first(watched)] = true
			}
		}
	}
	all = all[begin:end]
	asked := map[string]int{} // by thread
	for _, c := range all {
		switch c.name {
		case "syscall_0x1c3": // to a strace older than the call
			c.name = "cachestat"
		case "epoll_wait": // of libc
			c.name = "epoll_pwait"
		}
		fd := first(c.args)
		if strings.Contains(c.args, libcAsks) {
			asked[c.thread] = c.result
			continue
		}
		if asked[c.thread] == fd && (c.name == "read" || c.name == "close") {
			if c.name == "close" {
				delete(asked, c.thread)
			}
			continue
		}
		if slices.Contains(notOfServing, c.name) || fd == 0 || fd == 1 || poller[fd] && polls.MatchString(c.name) {
			continue
		}
		if tid, _ := strconv.Atoi(c.thread); tid == loopThread {
			loop = append(loop, callKey(c.name, fd))
		} else {
			others = append(others, callKey(c.name, fd))
		}
	}
	return loop, others
}

var (
	leadingFD = regexp.MustCompile(`^(0x[0-9a-f]+|\d+|AT_FDCWD)\b`)
	// polls are the calls of a poller.
	polls = regexp.MustCompile(`^(read|write|epoll_.*)$`)
)

// first is the descriptor that the arguments of a call begin with.
func first(args string) int {
	text := leadingFD.FindString(args)
	if text == "AT_FDCWD" {
		return unix.AT_FDCWD
	}
	fd, err := strconv.ParseInt(text, 0, 32)
	if err != nil {
		return -1
	}
	return int(fd)
}

// tracedServers are the calls of the processes that were started as /proc/self/exe, on
// all their threads, whose names are from that.
func tracedServers(t *testing.T, file string) (all calls) {
	t.Helper()
	for _, c := range readTrace(t, file) {
		if thread, ok := strings.CutSuffix(c.thread, "<exe>"); ok {
			c.thread = thread
			all = append(all, c)
		}
	}
	return all
}
