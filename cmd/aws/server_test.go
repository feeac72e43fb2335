package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// server is a running server.
type server struct {
	way     way
	cmd     *children.Cmd
	pid     int      // the server's own, even if another program runs it
	line    string   // the first that it prints at start
	addrs   []string // that it listens on, from that line
	stdout  children.Output
	stderr  children.Output
	exited  chan struct{} // closed once it has ended
	sockets int           // open at start
	clients []*client
}

// startLine is the line that says what is served and where.
var startLine = regexp.MustCompile(`^aws (\S+): (\S+) on (.+), (root .+|\d+ sites), (\d+) workers?\n`)

// start starts a server that ends with the test. Unless args name an address,
// it listens on a free port of 127.0.0.1; unless they set a timeout, none
// strikes, however slow the machine is.
func start(t testing.TB, w way, root string, args ...string) *server {
	t.Helper()
	return startBy(t, w, append(args, "--root="+root)...)
}

// startBy starts a server without --root, which would win over the roots in a
// configuration file.
func startBy(t testing.TB, w way, args ...string) *server {
	t.Helper()
	s := launch(t, w, args)
	t.Cleanup(func() { s.end(t) })
	s.await(t)
	return s
}

// timeouts are the flags that end connections or the server after a while.
var timeouts = []string{"--header-timeout", "--body-timeout", "--idle-timeout", "--stall-timeout", "--lookup-timeout", "--drain-timeout"}

// launch starts the server's process.
func launch(t testing.TB, w way, args []string) *server {
	t.Helper()
	given := func(flag string) bool {
		return slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, flag) })
	}
	if !given("--listen") {
		args = append(args, "--listen=127.0.0.1:0")
	}
	for _, flag := range timeouts {
		if !given(flag) && !w.ownTimeouts {
			args = append(args, flag+"=24h")
		}
	}
	if !given("--min-rate") && !w.ownTimeouts {
		args = append(args, "--min-rate=0")
	}
	argv := slices.Concat(w.wrap, []string{w.binary}, w.args, args)
	s := &server{way: w, cmd: children.Command(t, argv[0], argv[1:]...), exited: make(chan struct{})}
	s.cmd.Env = slices.Concat(os.Environ(), w.env)
	s.cmd.Stdout, s.cmd.Stderr = &s.stdout, &s.stderr
	if w.reads != nil {
		s.cmd.Stderr = w.reads(&s.stderr)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = s.cmd.Process.Pid
	go func() {
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	return s
}

// await waits for the start line.
func (s *server) await(t testing.TB) {
	t.Helper()
	children.Eventually(t, "the start line or the end", func() bool {
		return s.hasExited() || strings.Contains(s.stdout.String(), "\n")
	})
	s.line, _, _ = strings.Cut(s.stdout.String(), "\n")
	s.line += "\n"
	match := startLine.FindStringSubmatch(s.line)
	if match == nil {
		t.Fatalf("the server says %q and on stderr:\n%s", s.line, &s.stderr)
	}
	s.addrs = strings.Fields(match[3])
	s.pid = inner(s.cmd)
	s.sockets = s.openSockets()
}

// inner is the process that strace runs, if cmd is strace, and otherwise cmd's
// own.
func inner(cmd *children.Cmd) int {
	pid := cmd.Process.Pid
	if filepath.Base(cmd.Path) != "strace" {
		return pid
	}
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return pid
	}
	return child
}

func (s *server) url(path string) string { return "http://" + s.addrs[0] + path }

func (s *server) signal(sig unix.Signal) { _ = unix.Kill(s.pid, sig) }

func (s *server) hasExited() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

// wait waits for the server to end and returns its exit code.
func (s *server) wait(t testing.TB) int {
	t.Helper()
	select {
	case <-s.exited:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(children.Patience(t)):
		s.signal(unix.SIGQUIT) // to see where it hangs
		<-s.exited             // by the signal, or killed when the time for that is up
		t.Errorf("the server did not end:\n%s", &s.stderr)
		return -1
	}
}

// kill kills the server, and the program that runs it.
func (s *server) kill() {
	_ = s.cmd.Kill()
	<-s.exited
}

// end ends the server as users do, unless the test has, and checks what it
// leaves.
func (s *server) end(t testing.TB) {
	t.Helper()
	for _, c := range s.clients {
		_ = c.Close()
	}
	if !s.hasExited() && len(s.addrs) > 0 {
		s.wantNoConnections(t)
	}
	if !s.hasExited() {
		s.signal(unix.SIGTERM)
		if code := s.wait(t); code != 0 {
			t.Errorf("exit code %d after SIGTERM, want 0", code)
		}
	}
	for line := range strings.Lines(s.stderr.String()) {
		if strings.Contains(line, tooManyWorkers) {
			continue
		}
		expected := func(part string) bool { return strings.Contains(line, part) }
		if !slices.ContainsFunc(s.way.says, expected) {
			t.Errorf("unexpected on stderr: %s", line)
		}
	}
	for line := range strings.Lines(strings.TrimPrefix(s.stdout.String(), s.line)) {
		if !strings.HasPrefix(line, "  ") {
			t.Errorf("on stdout, after the start line and what belongs to it: %s", line)
		}
	}
}

// tooManyWorkers is said where a test wants more workers than the machine has CPUs.
const tooManyWorkers = "so more workers than that only take turns"

// wantNoConnections waits until the server has closed all that it accepted.
func (s *server) wantNoConnections(t testing.TB) {
	t.Helper()
	children.Eventually(t, "the end of all connections", func() bool { return s.openSockets() <= s.sockets })
}

// openSockets counts the server's sockets.
func (s *server) openSockets() (n int) {
	dir := fmt.Sprintf("/proc/%d/fd", s.pid)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if to, _ := os.Readlink(filepath.Join(dir, e.Name())); strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// peakMemory is the server's largest resident set so far, in bytes (VmHWM of
// proc(5)).
func (s *server) peakMemory(t testing.TB) int {
	t.Helper()
	return s.memory(t, "VmHWM")
}

// memory is a number of the server's, in bytes, by its name in /proc/PID/status
// (proc(5)).
func (s *server) memory(t testing.TB, name string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+name+":")
	var kilobytes int
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		t.Fatalf("no %s: %v", name, err)
	}
	return kilobytes << 10
}
