package main_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// What users see who look at the binary's calls to libc, interpose a library of
// their own, or run it under valgrind.

func TestSymbols(t *testing.T) {
	needs(t, "gcc", "nm")
	t.Parallel()
	out, err := children.Command(t, "nm", "-u", built.aws).Output()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(out)) { // "  U send@GLIBC_2.2.5"
		fields := strings.Fields(line)
		name, _, _ := strings.Cut(fields[len(fields)-1], "@")
		names = append(names, name)
	}
	for _, want := range []string{"epoll_wait", "sendfile", "send", "recv", "io_submit"} {
		if !slices.Contains(names, want) {
			t.Errorf("nm -u does not show %s", want)
		}
	}
}

// underValgrind is the way under valgrind, which prints a lot itself.
//
// valgrind 3.19 announces the instruction rdtscp on every processor, but on one
// without it ends the program with SIGILL; the Go runtime can do without.
func underValgrind() way {
	w := raw("epoll-aio").with("valgrind")
	w.env = []string{"GODEBUG=" + strings.TrimPrefix(os.Getenv("GODEBUG")+",cpu.rdtscp=off", ",")}
	w.wrap = []string{"valgrind"}
	w.says = []string{"==", "--", "DW_FORM", "GODEBUG sys/cpu"} // the last are complaints about debug information, and of golang.org/x/sys/cpu
	return w
}

func TestNoInvalidMemoryAccess(t *testing.T) {
	needs(t, "valgrind", "curl")
	t.Parallel()
	s := start(t, underValgrind(), fixture)
	for _, tree := range trees {
		for _, f := range files {
			s.wantFile(t, "curl", tree, f.name)
		}
	}
	s.end(t)
	for _, bad := range invalidAccess.FindAllString(s.stderr.String(), -1) {
		// Go's stacks lie in its heap, and its scheduler switches between them.
		// valgrind loses track of the current one and takes what is below its
		// idea of the stack for unused, wherever it thinks that is.
		if !strings.Contains(bad, "is in a rw- anonymous segment") && !onStack.MatchString(bad) {
			t.Errorf("valgrind says:\n%s", bad)
		}
	}
}

// onStack is how such a report names an address in the stack.
var onStack = regexp.MustCompile(`is on thread \d+'s stack`)

// invalidAccess is valgrind's report of one, up to its empty line.
var invalidAccess = regexp.MustCompile(`(?m)^==\d+== Invalid (read|write|free).*\n(==\d+== .+\n)*`)

func TestStaticBuild(t *testing.T) {
	needs(t, "curl", "nm")
	t.Parallel()
	if out, _ := children.Command(t, "nm", "-D", built.static).Output(); len(out) > 0 {
		t.Errorf("the build without cgo is not static: nm -D shows\n%s", out)
	}
	for _, backend := range backends {
		w := raw(backend)
		w.binary = built.static
		s := start(t, w, fixture)
		for _, tree := range trees {
			for _, f := range files {
				s.wantFile(t, "curl", tree, f.name)
			}
		}
	}
}

// Without libc no library can be interposed. The server says so, and what to do
// instead.
func TestStaticBuildPreload(t *testing.T) {
	t.Parallel()
	w := raw("epoll-aio")
	w.binary = built.static
	w.env = []string{"LD_PRELOAD=./any.so"}
	w.says = []string{"LD_PRELOAD"}
	s := start(t, w, fixture)
	lines := strings.Split(strings.TrimSpace(s.stderr.String()), "\n")
	if len(lines) != 1 || !strings.Contains(lines[0], "no effect") || !strings.Contains(lines[0], "--fault") {
		t.Errorf("on stderr:\n%s\nwant one line: LD_PRELOAD has no effect, but --fault does", &s.stderr)
	}
}

// With the preload library, messages do arrive in pieces.
func TestPreloadSplits(t *testing.T) {
	needs(t, "gcc", "strace")
	t.Parallel()
	w := traced(t, preloaded(), "recvfrom,sendto,sendfile")
	s := start(t, w, fixture)
	c := s.dial(t)
	c.goesOn()
	c.send(get("/dynamic/" + medium))
	c.file(medium)
	calls := s.trace(t)

	received := calls.of("recvfrom")
	for _, call := range received {
		if call.result > 20 {
			t.Errorf("more than 20 bytes received: %s", call.line)
		}
	}
	if len(received) < 4 {
		t.Errorf("two requests came in %d pieces", len(received))
	}
	if got := len(calls.of("sendfile")); got < 2 {
		t.Errorf("%s was sent in %d pieces", small, got)
	}
	if got := len(calls.of("sendto")); got < 20 {
		t.Errorf("%s was sent in %d pieces", medium, got)
	}
}
