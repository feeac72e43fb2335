// 'aws doctor', as users run it.

package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
	"aws/httpx/httpxtest"
	"aws/httpx/httpxtest/slowfs"
)

// diagnosis is what 'aws doctor --json' prints.
type diagnosis struct {
	Starts   bool
	Findings []struct{ ID, Level, Finding, Meaning, Remedy string }
	Facts    struct{ Engine, Backend string }
}

// diagnose runs 'aws doctor --json' by a command, or directly if that is empty.
func diagnose(t *testing.T, wrap []string, config string, args ...string) (d diagnosis, code int) {
	t.Helper()
	line := slices.Concat(wrap, []string{built.aws, "doctor", "--json", "--listen=127.0.0.1:0"}, args)
	r := runProgram(t, line[0], config, line[1:]...)
	if err := json.Unmarshal([]byte(r.stdout), &d); err != nil {
		t.Fatalf("%q: %v, exit code %d\n%s%s", line, err, r.code, r.stdout, r.stderr)
	}
	if d.Starts != (r.code == 0) || d.Starts == strings.Contains(r.stderr, "would not start") {
		t.Errorf("%q: starts is %v, exit code %d, stderr %q", line, d.Starts, r.code, r.stderr)
	}
	return d, r.code
}

// level is that of a finding, whose text has to match.
func (d diagnosis) level(t *testing.T, id, pattern string) string {
	t.Helper()
	for _, f := range d.Findings {
		if f.ID == id && regexp.MustCompile(pattern).MatchString(f.Finding+"|"+f.Meaning+"|"+f.Remedy) {
			return f.Level
		}
	}
	t.Errorf("no finding %s that matches %q in %+v", id, pattern, d.Findings)
	return ""
}

// Where a server starts, doctor says so, of each engine.
func TestDoctor(t *testing.T) {
	t.Parallel()
	for _, backend := range append([]string{"auto"}, backends...) {
		d, code := diagnose(t, nil, "", "--backend="+backend)
		if code != 0 || d.Facts.Backend != backend || backend != "auto" && d.Facts.Engine != backend {
			t.Errorf("%s: exit code %d, %+v", backend, code, d)
		}
		if level := d.level(t, "backend", "--backend="+backend+" (works|takes uring)"); level != "ok" {
			t.Errorf("%s: %s", backend, level)
		}
	}
}

// It looks at what the flags and the configuration file say, as a start does.
func TestDoctorTakesSettings(t *testing.T) {
	t.Parallel()
	const config = "backend = \"uring\"\nmax-connections = 1234\nworkers = 1\n"
	if d, code := diagnose(t, nil, config, "--config=aws.toml", "."); code != 0 || d.Facts.Engine != "uring" || d.level(t, "open_files", "1,234 connections") != "ok" {
		t.Errorf("exit code %d, %+v", code, d)
	}
	if d, code := diagnose(t, nil, "", "--root=nowhere"); code != 1 || d.level(t, "settings", "--root=nowhere: .*no such file") != "failure" {
		t.Errorf("exit code %d, %+v", code, d)
	}
	if d, code := diagnose(t, nil, "", ".", "--error-page=404=/nowhere"); code != 0 || d.level(t, "settings", "/nowhere, which is not there") != "warning" {
		t.Errorf("exit code %d, %+v", code, d)
	}
	run(t, "", "doctor", "--listen=nonsense").wantError(t, 2, "--listen=nonsense: want HOST:PORT")
	run(t, "", "doctor", "--nonsense").wantError(t, 2, "there is no flag --nonsense")
	run(t, "", "doctor", "--backend=uring", "--socket-calls=libc").wantError(t, 2, "--socket-calls=libc.*--fault")
	run(t, "", "doctor", "nowhere/x").wantError(t, 1, "nowhere/x: no such file or directory; name a folder")
}

// What the kernel refuses shows in a finding, with a remedy. Only what the engine in
// question needs keeps it from starting.
func TestDoctorWhereCallsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		call        string
		errno       unix.Errno
		args        string
		code        int
		id, pattern string
		level       string
	}{
		{"io_uring_setup", unix.EPERM, "--backend=uring", 1, "io_uring", `not permitted\|.*(io_uring_disabled|seccomp).*\|.*--backend=epoll-aio`, "failure"},
		{"io_uring_setup", unix.ENOSYS, "--backend=uring", 1, "io_uring", "not implemented.*no io_uring.*--backend=epoll-aio", "failure"},
		{"io_uring_setup", unix.ENOMEM, "--backend=uring", 1, "io_uring", "ulimit -l", "failure"},
		{"io_uring_enter", unix.EPERM, "--backend=uring", 1, "io_uring", "io_uring_enter", "failure"},
		{"io_uring_setup", unix.EPERM, "--backend=uring", 1, "backend", "uring cannot start", "failure"},
		{"io_uring_setup", unix.EPERM, "--backend=auto", 0, "io_uring", "not permitted", "warning"},
		{"io_uring_setup", unix.EPERM, "--backend=auto", 0, "backend", "auto takes epoll-aio", "ok"},
		{"io_uring_setup", unix.EPERM, "", 0, "io_uring", "not permitted", "note"},
		{"io_uring_setup", unix.EPERM, "", 0, "kernel", "seccomp filter", "ok"},
		{"io_setup", unix.ENOSYS, "", 1, "aio", "io_setup: function not implemented.*--backend=uring", "failure"},
		{"io_setup", unix.EAGAIN, "", 1, "aio", "All of fs.aio-max-nr is in use", "failure"},
		{"io_setup", unix.ENOSYS, "--backend=uring", 0, "aio", "io_setup", "note"},
		{"sendfile", unix.EPERM, "", 1, "backend", "cannot start", "failure"},
		{"openat2", unix.EPERM, "", 0, "openat2", "no openat2.*not permitted.*allow openat2 in the seccomp filter", "warning"},
		{"openat2", unix.ENOSYS, "", 0, "openat2", "no openat2", "warning"},
		{"statx", unix.EPERM, "", 1, "root", "statx: operation not permitted.*seccomp.*18.09", "failure"},
	} {
		t.Run(fmt.Sprint(c.call, " ", unix.ErrnoName(c.errno), " ", c.args, " ", c.id), func(t *testing.T) {
			t.Parallel()
			d, code := diagnose(t, refusing(c.errno, c.call), "", strings.Fields(c.args)...)
			if level := d.level(t, c.id, c.pattern); level != c.level || code != c.code {
				t.Errorf("%s, exit code %d; want %s, %d\n%+v", level, code, c.level, c.code, d)
			}
		})
	}
}

// The limits of a process show, and what follows from them.
func TestDoctorWithLimits(t *testing.T) {
	needs(t, "setpriv", "prlimit")
	t.Parallel()
	files := []string{"prlimit", "--nofile=1024"}
	if d, code := diagnose(t, files, "", "--max-connections=100000", "--workers=2"); code != 1 ||
		d.level(t, "open_files", "1024, too low for 2 workers and --max-connections=100000, which takes 100066.*ulimit -n 200064.*LimitNOFILE=200064") != "failure" {
		t.Errorf("exit code %d, %+v", code, d)
	}
	if d, code := diagnose(t, files, "", "--workers=2"); code != 0 || d.level(t, "open_files", "1,024.*480 connections.*ulimit -n") != "warning" {
		t.Errorf("exit code %d, %+v", code, d)
	}
	if d, code := diagnose(t, unprivileged("0"), "", "--backend=uring"); code != 1 || d.level(t, "io_uring", "ulimit -l") != "failure" {
		t.Errorf("exit code %d, %+v", code, d)
	}
}

// Addresses are tried as a start does, and nobody who listens is disturbed.
func TestDoctorTriesAddresses(t *testing.T) {
	needs(t, "setpriv")
	t.Parallel()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer in.Close()
	if d, code := diagnose(t, nil, "", "--listen="+in.Addr().String()); code != 0 || d.level(t, "listen", regexp.QuoteMeta(in.Addr().String())+" is in use") != "warning" {
		t.Errorf("exit code %d, %+v", code, d)
	}
	if d, code := diagnose(t, nil, "", "--listen=192.0.2.1:80"); code != 1 || d.level(t, "listen", "cannot assign requested address.*ip addr") != "failure" {
		t.Errorf("exit code %d, %+v", code, d)
	}
	if d, code := diagnose(t, nil, "", "--admin="+in.Addr().String()); code != 0 || d.level(t, "admin", regexp.QuoteMeta(in.Addr().String())+" is in use.*--admin=127.0.0.1:PORT") != "warning" {
		t.Errorf("exit code %d, %+v", code, d)
	}
	if d, code := diagnose(t, nil, "", "--admin=unix:/nowhere/admin"); code != 1 || d.level(t, "admin", "unix:/nowhere/admin: no such file or directory") != "failure" {
		t.Errorf("exit code %d, %+v", code, d)
	}
	first, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	must(t, err)
	privileged := strings.TrimSpace(string(first)) == "1024"
	d, code := diagnose(t, []string{"setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"}, "", "--listen=127.0.0.1:1")
	if privileged && (code != 1 || d.level(t, "listen", "127.0.0.1:1: permission denied.*setcap") != "failure") || !privileged && code != 0 {
		t.Errorf("exit code %d, %+v", code, d)
	}
}

// A root whose file system does not answer is named, and doctor ends all the same,
// though one of its threads cannot.
func TestDoctorWithDeadFileSystem(t *testing.T) {
	if !httpxtest.OwnMounts(t) {
		return
	}
	root := t.TempDir()
	remote := slowfs.Mount(t, root, 0, map[string][]byte{"static/a": contents[small]})
	if d, code := diagnose(t, nil, "", "--root="+root); code != 0 || d.level(t, "root", "is on fuse.slowfs, which asks") != "warning" {
		t.Errorf("exit code %d, %+v", code, d)
	}
	remote.Stall(slowfs.All...)
	for _, arg := range []string{root, "--root=" + root, "--mount=/=" + root} {
		d, code := diagnose(t, nil, "", arg)
		if code != 1 || d.level(t, "root", root+": its file system has not answered") != "failure" {
			t.Errorf("%s: exit code %d, %+v", arg, code, d)
		}
	}
	if remote.Waiting() == 0 {
		t.Error("nobody has asked the file system")
	}
	must(t, os.WriteFile(filepath.Join(t.TempDir(), "local"), nil, 0o644))
	remote.Resume()
	children.Eventually(t, "those who wait to end", func() bool { return remote.Waiting() == 0 })
}

// On a terminal it has colours, unless they are not wanted, and fits 80 columns. It
// changes nothing.
func TestDoctorOnTerminal(t *testing.T) {
	t.Parallel()
	root := rootWith(t, "a", []byte("a"))
	for _, c := range []struct {
		env     string
		colours bool
	}{{"NO_COLOR=", true}, {"NO_COLOR=1", false}} {
		cmd, terminal := startOnTerminal(t, root, []string{c.env, "TERM=xterm"}, "doctor", ".", "--listen=127.0.0.1:0")
		text, _ := readTerminal(terminal)
		must(t, cmd.Wait())
		if got := strings.Contains(text, "\x1b["); got != c.colours {
			t.Errorf("%q: colours %v, want %v:\n%q", c.env, got, c.colours, text)
		}
		plain := regexp.MustCompile(`\x1b\[\d+m`).ReplaceAllString(text, "")
		for line := range strings.Lines(plain) {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > 80 && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("%d columns: %s", n, line)
			}
		}
		for _, want := range []string{"✓ --backend=epoll-aio works.", "\nEngines\n", "\nLimits\n", "It would start"} {
			if !strings.Contains(plain, want) {
				t.Errorf("%q is not in\n%s", want, plain)
			}
		}
	}
	if names, err := filepath.Glob(root + "/*"); err != nil || len(names) != 2 {
		t.Errorf("%q, %v", names, err)
	}
}

// readTerminal reads what is printed on a terminal, to the end.
func readTerminal(terminal *os.File) (string, error) {
	var text strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := terminal.Read(buf)
		text.Write(buf[:n])
		if err != nil { // EIO: nobody has it open any more
			return strings.ReplaceAll(text.String(), "\r\n", "\n"), err
		}
	}
}

// docs/operations.md shows what is printed as JSON: these names, and no others.
func TestDoctorInDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operations.md")
	must(t, err)
	_, shown, _ := strings.Cut(string(text), "```json\n")
	shown, _, _ = strings.Cut(shown, "```")
	var documented, printed any
	must(t, json.Unmarshal([]byte(shown), &documented))
	r := run(t, "", "doctor", "--json", "--root=nowhere", "--max-connections=100000000", "--backend=auto", "--listen=127.0.0.1:0")
	if r.code != 2 {
		t.Errorf("exit code %d with too many connections", r.code)
	}
	r = run(t, "", "doctor", "--json", "--root=nowhere", "--listen=127.0.0.1:0")
	must(t, json.Unmarshal([]byte(r.stdout), &printed))
	if names, want := namesIn("", printed), namesIn("", documented); !slices.Equal(names, want) {
		t.Errorf("printed are\n%q\ndocumented\n%q", names, want)
	}
}

// namesIn are the paths of all names in a JSON value, without those of what may be null.
func namesIn(path string, value any) (names []string) {
	switch v := value.(type) {
	case map[string]any:
		for name, below := range v {
			at := path + "." + name
			names = append(names, at)
			if name != "refused" && name != "loops" {
				names = append(names, namesIn(at, below)...)
			}
		}
	case []any:
		for _, below := range v {
			names = append(names, namesIn(path+"[]", below)...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
