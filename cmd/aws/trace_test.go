package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// call is a system call that strace has seen. Calls are in the order of their
// returns.
type call struct {
	thread     string
	name, args string
	result     int
	line       string
}

type calls []call

// traced is the same way under strace, which records some system calls.
func traced(t *testing.T, w way, syscalls string) way {
	needs(t, "strace")
	file := filepath.Join(t.TempDir(), "trace")
	w.wrap = []string{"strace", "-f", "-yy", "-o", file, "-e", "signal=none", "-e", "trace=" + syscalls}
	for _, variable := range w.env { // for the server, not for strace
		w.wrap = append(w.wrap, "-E", variable)
	}
	w.env = nil
	return w
}

// whileHalted stops strace for as long as do runs. The server then gets no further
// than to the end of the system call that it is in.
func (s *server) whileHalted(t *testing.T, do func()) {
	t.Helper()
	tracer := s.cmd.Process.Pid
	must(t, unix.Kill(tracer, unix.SIGSTOP))
	defer func() { _ = unix.Kill(tracer, unix.SIGCONT) }()
	children.Eventually(t, "a halt of strace", func() bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", tracer))
		must(t, err)
		return strings.Contains(string(text), ") T ")
	})
	do()
}

// trace ends the server and returns what strace has seen.
func (s *server) trace(t *testing.T) calls {
	t.Helper()
	s.end(t)
	at := 0
	for s.way.wrap[at] != "-o" {
		at++
	}
	return readTrace(t, s.way.wrap[at+1])
}

// readTrace reads a file of strace's output.
func readTrace(t *testing.T, file string) calls {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return parseTrace(string(text))
}

var (
	// 4711 read(3</a>, "x", 1) = 1; a name or an error may follow the result.
	traceCall  = regexp.MustCompile(`^(\w+)\((.*)\) += (-?\w+)`)
	unfinished = " <unfinished ...>"
	resumed    = regexp.MustCompile(`^<\.\.\. \w+ resumed>`)
)

// parseTrace reads strace's output. A call that another thread's interrupts has
// two lines, which are joined.
func parseTrace(text string) (all calls) {
	begun := map[string]string{} // by thread
	for line := range strings.Lines(text) {
		thread, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.TrimLeft(rest, " ")
		if first, ok := strings.CutSuffix(rest, unfinished); ok {
			begun[thread] = first
			continue
		}
		if mark := resumed.FindString(rest); mark != "" {
			rest = begun[thread] + rest[len(mark):]
		}
		if m := traceCall.FindStringSubmatch(rest); m != nil {
			result, _ := strconv.ParseInt(m[3], 0, 64)
			all = append(all, call{thread: thread, name: m[1], args: m[2], result: int(result), line: rest})
		}
	}
	return all
}

// of are the calls with one name.
func (c calls) of(name string) calls {
	return c.where(func(call call) bool { return call.name == name })
}

// holding are the calls whose arguments contain a text.
func (c calls) holding(text string) calls {
	return c.where(func(call call) bool { return strings.Contains(call.args, text) })
}

func (c calls) where(keep func(call) bool) (kept calls) {
	for _, call := range c {
		if keep(call) {
			kept = append(kept, call)
		}
	}
	return kept
}

func (c calls) String() string {
	var b strings.Builder
	for _, call := range c {
		b.WriteString(string(cut([]byte(call.line))) + "\n")
	}
	return b.String()
}
