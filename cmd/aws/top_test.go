// 'aws top' on a terminal, as tmux shows it.

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// terminal is a terminal of tmux's, with one command on it.
type terminal struct {
	t      *testing.T
	socket string
}

// inTerminal runs a command of a shell in a terminal, and after it another one, so that what
// it leaves can be seen.
func inTerminal(t *testing.T, width, height int, command string) *terminal {
	t.Helper()
	needs(t, "tmux")
	dir, err := os.MkdirTemp("", "tmux-") // a short path, for a socket
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	term := &terminal{t, filepath.Join(dir, "s")}
	write(t, filepath.Join(dir, "run"), "trap : INT\n"+command+"\necho \"code $?, $(stty -a | grep -Eo ' -?(icanon|echo|ixon|icrnl)\\b' | tr -d '\\n')\"\nexec sleep 1000000\n")
	// In the foreground, so that the server of tmux ends with the test, and its terminals
	// with it.
	server := children.Command(t, "tmux", "-f", os.DevNull, "-S", term.socket, "-D")
	must(t, server.Start())
	t.Cleanup(func() {
		_ = term.command("kill-server").Run()
		_ = server.Wait()
	})
	start := []string{"new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "env LC_ALL=C.UTF-8 sh " + filepath.Join(dir, "run")}
	children.Eventually(t, "tmux", func() bool { return term.command(start...).Run() == nil })
	return term
}

func (term *terminal) command(args ...string) *children.Cmd {
	return children.Command(term.t, "tmux", append([]string{"-u", "-S", term.socket}, args...)...)
}

func (term *terminal) do(args ...string) string {
	term.t.Helper()
	out, err := term.command(args...).CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// shows waits until the terminal shows a pattern, and returns all that it shows.
func (term *terminal) shows(pattern string) (text string) {
	term.t.Helper()
	find := regexp.MustCompile("(?m)" + pattern)
	defer func() {
		if !find.MatchString(text) {
			term.t.Logf("the terminal shows\n%s", text)
		}
	}()
	children.Eventually(term.t, pattern, func() bool {
		text = term.do("capture-pane", "-p")
		return find.MatchString(text)
	})
	return text
}

// restored wants the program to have ended with a code, and the terminal to be as it was.
func (term *terminal) restored(code int) {
	term.t.Helper()
	text := term.shows(fmt.Sprintf(`^code %d, +icrnl +ixon +icanon +echo$`, code))
	if strings.Contains(text, "Requests") {
		term.t.Errorf("the other screen is still there:\n%s", text)
	}
	if got := term.do("display-message", "-p", "#{cursor_flag} #{wrap_flag} #{alternate_on}"); got != "1 1 0\n" {
		term.t.Errorf("cursor, wrapping and other screen are %s", got)
	}
}

// A person sees how many requests there were, of what kind, how the server does, and what
// is asked for; can pause and quit; and may change the size of the terminal.
func TestTop(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		admin := "unix:" + filepath.Join(t.TempDir(), "admin")
		s := start(t, w, fixture, "--admin="+admin, "--workers=2")
		term := inTerminal(t, 80, 24, built.aws+" top --admin="+admin)
		term.shows(`^Requests +0/s`)
		c := s.dial(t)
		for range 100 {
			c.send(get("/static/" + small))
			c.file(small)
			c.send(get("/static/no%1b%5b31m%ff"))
			c.answer("GET", 404)
		}
		text := term.shows(`^Requests .* all 200$`)
		for _, pattern := range []string{
			`^aws \S+  ` + w.backend() + `  2 workers  up \S+ +serving$`,
			`^Sent .* all [\d.]+ KiB$`, `^Latency p99 `, `^Connections +1 .* limit [\d,]+$`, `^CPU loop 0 +\d+ % .* lag `, `^CPU loop 1 `,
			`^System calls `, `^Batches +[\d.]+ events a turn`, `^Reads +`, `^Memory .* KiB|MiB`, `^Refused +0 none$`, `^Not whole +0 none$`,
			`^q quit  p pause  \+ - interval 1s$`,
		} {
			if !regexp.MustCompile("(?m)" + pattern).MatchString(text) {
				t.Errorf("no %s in\n%s", pattern, text)
			}
		}
		all := 200
		children.Eventually(t, "paths of the last ten seconds", func() bool {
			c.send(get("/static/" + small))
			c.file(small)
			c.send(get("/static/no%1b%5b31m%ff"))
			c.answer("GET", 404)
			all += 2
			text = term.do("capture-pane", "-p")
			return strings.Contains(text, " /static/"+small) && strings.Contains(text, ` 404 /static/no\x1b[31m`)
		})
		term.do("resize-window", "-x", "120", "-y", "40")
		text = term.shows(`^aws .{108,} serving\n(.*\n){38}q quit`)
		term.do("resize-window", "-x", "40", "-y", "8")
		text = term.shows(`^aws .*… serving\n(.*\n){6}q quit`)
		term.do("resize-window", "-x", "80", "-y", "24")
		term.do("send-keys", "p")
		term.shows(` paused$`)
		c.goesOn()
		term.do("send-keys", "p", "+")
		term.shows(`interval 2s$`)
		text = term.shows(fmt.Sprint(` serving\n\nRequests .* all `, all+1, `$`))
		term.do("send-keys", "-", "-")
		term.shows(`interval 1s$`)
		term.do("send-keys", "q")
		term.restored(0)
	})
}

// When the server goes away that is said, and what follows it is shown.
func TestTopConnectsAnew(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		admin := "unix:" + filepath.Join(t.TempDir(), "admin")
		s := start(t, w, fixture, "--admin="+admin)
		term := inTerminal(t, 100, 24, built.aws+" top --admin="+admin)
		s.dial(t).goesOn()
		term.shows(`^Requests .* all 1$`)
		for _, c := range s.clients {
			_ = c.Close()
		}
		s.signal(unix.SIGTERM)
		s.wait(t)
		term.shows(` disconnected: .*; trying again$`)
		start(t, w, fixture, "--admin="+admin)
		term.shows(`^Requests .* all 0$`)
		term.do("send-keys", "C-c")
		term.restored(0)
	})
}

// Whatever ends it, and while it is stopped, the terminal is as it was.
func TestTopLeavesTheTerminal(t *testing.T) {
	admin := "unix:" + filepath.Join(t.TempDir(), "admin")
	start(t, raw(backends[0]), fixture, "--admin="+admin)
	t.Run("signals", func(t *testing.T) {
		t.Parallel()
		for _, sig := range []string{"INT", "TERM", "HUP", "QUIT"} {
			pid := filepath.Join(t.TempDir(), "pid")
			term := inTerminal(t, 80, 24, "sh -c 'echo $$ >"+pid+"; exec "+built.aws+" top --admin="+admin+"'")
			term.shows(`^Requests`)
			text, err := os.ReadFile(pid)
			must(t, err)
			if out, err := children.Command(t, "kill", "-"+sig, strings.TrimSpace(string(text))).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			term.restored(0)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		t.Parallel()
		// A shell with job control goes on when its child has been stopped.
		term := inTerminal(t, 80, 24, "set -m\n"+built.aws+" top --admin="+admin+"\necho stopped, $(stty -a | grep -o ' -*icanon')\nread line\nfg")
		term.shows(`^Requests`)
		term.do("send-keys", "C-z")
		term.shows(`^stopped, +icanon$`)
		term.do("send-keys", "Enter")
		term.shows(`^Requests`)
		term.do("send-keys", "q")
		term.restored(0)
	})
}

// NO_COLOR leaves colours out.
func TestTopColours(t *testing.T) {
	t.Parallel()
	admin := "unix:" + filepath.Join(t.TempDir(), "admin")
	start(t, raw(backends[0]), fixture, "--admin="+admin)
	for env, colours := range map[string]bool{"NO_COLOR=": true, "NO_COLOR=1": false} {
		term := inTerminal(t, 80, 24, env+" "+built.aws+" top --admin="+admin)
		term.shows(`^Requests`)
		if got := strings.Contains(term.do("capture-pane", "-p", "-e"), "\x1b["); got != colours {
			t.Errorf("%s: colours %v, want %v", env, got, colours)
		}
	}
}

// Where it cannot draw, or nothing answers, it says so and what to do.
func TestTopRefuses(t *testing.T) {
	t.Parallel()
	run(t, "", "top").wantError(t, 1, `aws top draws on a terminal, and the standard (in|out)put is no terminal; 'aws stats' prints the figures once`)
	run(t, "", "top", "--admin=nonsense").wantError(t, 1, `aws top draws on a terminal`)
	run(t, "", "top", "x").wantError(t, 2, `'aws top' takes no argument, such as "x"`)
	for command, want := range map[string]string{
		"top --admin=nonsense":         `^aws: --admin=nonsense: want HOST:PORT.*`,
		"top --admin=unix:/none":       `^aws: nothing listens on unix:/none: start aws with`,
		"top --admin=unix:/none | cat": `^aws: aws top draws on a terminal, and the standard output is no terminal;`,
		"top </dev/null":               `^aws: aws top draws on a terminal, and the standard input is no terminal;`,
	} {
		inTerminal(t, 120, 24, built.aws+" "+command).shows(want)
	}
	inTerminal(t, 120, 24, "TERM=dumb "+built.aws+" top").shows(`^aws: aws top draws on a terminal, and this terminal cannot be drawn on \(TERM is dumb\)`)
}
