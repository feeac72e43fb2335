// What is printed at start.

package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// below is what stands below the start line.
func (s *server) below() string { return strings.TrimPrefix(s.stdout.String(), s.line) }

// Below the start line stand what to open, and what is served there and how.
func TestWhatIsServedIsPrinted(t *testing.T) {
	t.Parallel()
	w := raw(backends[0])
	root := rootWith(t, "a", nil)
	socket := filepath.Join(root, "socket")
	config := filepath.Join(root, "aws.toml")
	write(t, config, `
[[site]]
host = ["a.example", "b.example"]
root = "`+root+`"
[[site]]
host = ["*.example.org"]
root = "`+root+`"
mount = ["/=static", "/lang er=dynamic:dynamic"]
autoindex = true
`)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--root=" + root}, `  http://ADDR/
  /static   sendfile  ROOT/static
  /dynamic  buffers   ROOT/dynamic
`},
		{[]string{root}, `  http://ADDR/
  /  sendfile, listing  ROOT
`},
		{[]string{root + "/static/a"}, `  http://ADDR/a
  /   sendfile  ROOT/static/a
  /a  sendfile  ROOT/static/a
`},
		{[]string{"--root=" + root, "--mount=/=static", "--mount=/etc=/etc:dynamic", "--listen=unix:" + socket}, `  unix:ROOT/socket
  /     sendfile  ROOT/static
  /etc  buffers   /etc
`},
		{[]string{"--config=" + config}, `  http://ADDR/
  a.example, b.example, any other host
    /static   sendfile  ROOT/static
    /dynamic  buffers   ROOT/dynamic
  *.example.org
    /           sendfile, listing  ROOT/static
    /lang%20er  buffers, listing   ROOT/dynamic
`},
	} {
		s := startBy(t, w, c.args...)
		want := strings.NewReplacer("ROOT", root, "ADDR", s.addrs[0]).Replace(c.want)
		children.Eventually(t, "all lines", func() bool { return len(s.below()) >= len(want) })
		if got := s.below(); got != want {
			t.Errorf("%q: below the start line:\n%swant\n%s", c.args, got, want)
		}
	}
}

// A server for all addresses names the loopback's first, and then some of the
// machine's own. Each can be opened.
func TestAllAddressesArePrinted(t *testing.T) {
	needs(t, "curl")
	t.Parallel()
	for _, listen := range []string{":0", "0.0.0.0:0"} {
		s := startBy(t, raw(backends[0]), rootWith(t, "a", nil), "--listen="+listen)
		children.Eventually(t, "the mount", func() bool { return strings.Contains(s.below(), "listing") })
		urls := regexp.MustCompile(`http://\S+`).FindAllString(s.below(), -1)
		if len(urls) == 0 || len(urls) > 5 || !strings.HasPrefix(urls[0], "http://127.0.0.1:") {
			t.Errorf("--listen=%s: %q", listen, urls)
		}
		for _, url := range urls {
			if listen != ":0" && strings.Contains(url, "[") {
				t.Errorf("%s is IPv6, and --listen=%s is not", url, listen)
			}
			curl(t, "--globoff", url)
		}
	}
}

// With --quiet nothing is printed but errors and warnings.
func TestQuiet(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		w.says = []string{"WARNING: messages are being broken up"}
		socket := filepath.Join(rootWith(t, "a", nil), "socket")
		s := launch(t, w, []string{"--quiet", "--fault=split", "--listen=unix:" + socket, fixture})
		t.Cleanup(func() { s.end(t) })
		children.Eventually(t, "the socket", func() bool {
			_, err := os.Lstat(socket)
			return err == nil
		})
		children.Eventually(t, "the warning", func() bool { return strings.Contains(s.stderr.String(), w.says[0]) })
		curl(t, "--unix-socket", socket, "http://aws/static/"+small)
		if out := s.stdout.String(); out != "" {
			t.Errorf("printed with --quiet:\n%s", out)
		}
	})
}

// onTerminal starts a server on a terminal of its own and returns what it prints
// there, up to the last mount.
func onTerminal(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd, terminal := startOnTerminal(t, dir, env, args...)
	var text strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(text.String(), "sendfile") || !strings.HasSuffix(text.String(), "\n") {
		n, err := terminal.Read(buf)
		text.Write(buf[:n])
		must(t, err)
	}
	must(t, cmd.Process.Signal(unix.SIGTERM))
	if err := cmd.Wait(); err != nil {
		t.Errorf("the end: %v", err)
	}
	return strings.ReplaceAll(text.String(), "\r\n", "\n")
}

// openTerminal returns both ends of a terminal: what is written to other is read from
// the first.
func openTerminal(t *testing.T) (terminal, other *os.File) {
	t.Helper()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { _ = terminal.Close() })
	must(t, unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPTN)
	must(t, err)
	other, err = os.OpenFile(filepath.Join("/dev/pts", strconv.Itoa(number)), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	return terminal, other
}

// startOnTerminal starts aws on a terminal of its own.
func startOnTerminal(t *testing.T, dir string, env []string, args ...string) (*children.Cmd, *os.File) {
	t.Helper()
	terminal, other := openTerminal(t)
	cmd := children.Command(t, built.aws, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.Stdout = other
	must(t, cmd.Start())
	must(t, other.Close())
	return cmd, terminal
}

// Colours are for terminals, unless the user or the terminal wants none.
func TestColours(t *testing.T) {
	t.Parallel()
	root := rootWith(t, "a", nil)
	for _, c := range []struct {
		env     []string
		colours bool
	}{
		{[]string{"NO_COLOR=", "TERM=xterm"}, true},
		{[]string{"NO_COLOR=1", "TERM=xterm"}, false},
		{[]string{"NO_COLOR=", "TERM=dumb"}, false},
	} {
		out := onTerminal(t, root, c.env, ".", "--listen=127.0.0.1:0")
		if got := strings.Contains(out, "\x1b["); got != c.colours {
			t.Errorf("%q: colours %v, want %v:\n%q", c.env, got, c.colours, out)
		}
		plain := regexp.MustCompile(`\x1b\[\d+m`).ReplaceAllString(out, "")
		if !startLine.MatchString(plain) {
			t.Errorf("%q: the start line is another one:\n%s", c.env, plain)
		}
	}
}
