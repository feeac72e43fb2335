package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// result is the outcome of a command that ends by itself.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a server that is to end by itself, in a folder that holds nothing
// but a file and a configuration file.
func run(t *testing.T, config string, args ...string) result {
	t.Helper()
	return runProgram(t, built.aws, config, args...)
}

// runProgram is run with a program that runs the server.
func runProgram(t *testing.T, program, config string, args ...string) result {
	t.Helper()
	cmd := children.Command(t, program, args...)
	cmd.Dir = t.TempDir()
	write(t, filepath.Join(cmd.Dir, "file"), "")
	must(t, os.Mkdir(filepath.Join(cmd.Dir, "static"), 0o755))
	write(t, filepath.Join(cmd.Dir, "aws.toml"), config)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
		t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// ofGo are words of Go's packages, which mean nothing to a user.
var ofGo = regexp.MustCompile(`strconv|parsing "|: toml: |time: [a-z]|pflag|invalid argument "|invalid syntax|unmarshal`)

// wantError wants one line that says what is wrong and, after wrong usage,
// another one that says where to look.
func (r result) wantError(t *testing.T, code int, pattern string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(r.stderr, "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, tooManyWorkers) })
	if code == 2 && len(lines) == 2 && lines[1] == "Try 'aws --help'." {
		lines = lines[:1]
	}
	if words := ofGo.FindString(r.stderr); words != "" {
		t.Errorf("the message speaks of %q, which is Go's:\n%s", words, r.stderr)
	}
	if r.code != code || len(lines) != 1 || r.stdout != "" || !regexp.MustCompile("^aws: .*"+pattern).MatchString(lines[0]) {
		t.Errorf("exit code %d, stdout %q, stderr:\n%swant %d and a line that matches %q",
			r.code, r.stdout, r.stderr, code, pattern)
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, pattern string }{
		{"--nonsense", "there is no flag --nonsense$"},
		{"--autoindx", "there is no flag --autoindx; did you mean --autoindex[?]$"},
		{"--port=80", "there is no flag --port; did you mean --listen=:PORT[?]$"},
		{"-p 80", "there is no flag -p; did you mean --listen=:PORT[?]$"},
		{"--help=3", "--help=3: want true or false$"},
		{"-v=3", "--version=3: want true or false$"},
		{"--lisetn=:1", "no flag --lisetn; did you mean --listen[?]$"},
		{"-autoindex", "no flag -autoindex; did you mean --autoindex[?]$"},
		{"-backend=uring", "--backend=ackend=uring: want one of epoll-aio, uring, auto$"},
		{"--root", "--root needs a value: --root=DIR$"},
		{"-m", "--mount needs a value: --mount=PREFIX=DIR"},
		{"--=x", "--=x is not a flag$"},
		{"--autoindex=perhaps", "--autoindex=perhaps: want true or false$"},
		{"--max-connections=99999999999999999999", "--max-connections=9+: the number is too large$"},
		{"--max-connections=1.5", "--max-connections=1.5: want a whole number"},
		{"--idle-timeout=60", "--idle-timeout=60: want a time with its unit, such as 500ms, 30s or 2m$"},
		{"--idle-timeout=99999999999999999999s", "--idle-timeout=9+s: want a time"},
		{"--memory=99999999999GiB", "--memory=9+GiB: the number is too large$"},
		{"--index=a,,b", "--index=a,,b: want names with commas"},
		{"verison", `neither a command nor a folder or file "verison"; did you mean 'aws version'[?]$`},
		{"hlep", `did you mean 'aws help'[?]$`},
		{"help confg", `no help on "confg"; did you mean 'aws help config'[?]$`},
		{"help nothing", `no help on "nothing"$`},
		{"version again", `'aws version' takes no argument, such as "again"$`},
		{"completion", "bash, zsh, fish$"},
		{"completion powershell", "bash, zsh, fish$"},
		{"--listen=nonsense", "nonsense: want HOST:PORT, :PORT or unix:/path"},
		{"--listen=127.0.0.1:http", `"http" is not a number`},
		{"--listen=127.0.0.1:65536", "65536"},
		{"--listen=unix:", "unix:/path"},
		{"--mount=/a=static --mount=/a=.", "/a.*twice"},
		{"--mount=/a=static --mount=/a/=.", "/a.*twice"},
		{"-x", "-x"},
		{"--backend=nonsense", "epoll-aio, uring, auto"},
		{"--workers=none", "--workers"},
		{"--workers=0", "--workers=0"},
		{"--workers=4 --max-connections=3", "--max-connections=3"},
		{"--max-connections=-1", "--max-connections=-1"},
		{"--max-connections=2000000", "--max-connections=2000000"},
		{"--header-timeout=0", "--header-timeout"},
		{"--body-timeout=0", "--body-timeout"},
		{"--idle-timeout=-1s", "--idle-timeout"},
		{"--stall-timeout=10", "--stall-timeout"},
		{"--drain-timeout=soon", "--drain-timeout"},
		{"--min-rate=slow", "--min-rate.*number of bytes"},
		{"--file-cache-ttl=-1s", "--file-cache-ttl"},
		{"--max-connections-per-ip=-1", "--max-connections-per-ip=-1: want 0 or more"},
		{"--rate=10", "--rate=10: want requests in a second or a minute"},
		{"--rate=10/h", "--rate=10/h: want requests in a second or a minute"},
		{"--rate=0/s", "--rate=0/s: want requests"},
		{"--rate-per-ip=10/s,burst=", "burst=: want requests"},
		{"--rate-per-ip=10/s,burst=0", "burst=0: want requests"},
		{"--rate-per-ip=99999999999999999999/s", "the number is too large"},
		{"--bandwidth=1MB/s", "--bandwidth=1MB/s: want bytes in a second"},
		{"--bandwidth=1MiB", "--bandwidth=1MiB: want bytes in a second"},
		{"--bandwidth=1MiB/m", "want bytes in a second"},
		{"--bandwidth-total=1/s", "want at least 1KiB/s"},
		{"--bandwidth-per-ip=2GiB/s", "the number is too large"},
		{"--limit-exempt=10.0.0.1/8", "the network is 10.0.0.0/8"},
		{"--limit-exempt=office", "want a network"},
		{"--max-age=-1s", "--max-age=-1s: want 0 or more"},
		{"--max-pipelined=few", "want a whole number"},
		{"--open-file-idle=-1s", "--open-file-idle"},
		{"--fault=nonsense", "split, eagain=P"},
		{"--fault=eagain=2", "probability"},
		{"--fault=split,split", "twice"},
		{"--autoindex --archive=rar", "rar.*want tar.zst, tar.gz or zip"},
		{"--autoindex --archive=zip,zip", "zip.*twice"},
		{"--archive=zip", "--archive.*--autoindex"},
		{"--socket-calls=nonsense", "auto, raw, libc"},
		{"--mount=nonsense", "PREFIX=DIR"},
		{"--mount=a=b", "prefix"},
		{"--mount=/a=", "PREFIX=DIR"},
		{"--mime=nonsense", "nonsense.*EXT=TYPE"},
		{"--mime==text/html", "an extension before"},
		{"--mime=tar.gz=a/b", `last dot.*"gz"`},
		{"--mime=a=text", "TYPE/SUBTYPE"},
		{"--header=*:Content-Length:5", "the server itself decides on Content-Length: it frames"},
		{"--header=*:Vary:", "Vary.*12.5.5"},
		{"--header=nonsense", "want .always .PATTERN: Name: value"},
		{"--cors=example.org", "SCHEME://HOST"},
		{"--cors=* --cors=https://a", "every origin"},
		{"--spa --index=", "--spa.*--index"},
		{"--clean-urls --try=$path", "clean-urls.*leave out try"},
		{"--fallback-for=", "pattern of paths"},
		{"--config=nowhere.toml", "nowhere.toml: no such file"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			run(t, "", strings.Fields(c.args)...).wantError(t, 2, c.pattern)
		})
	}
}

// Mistakes that show only when the server looks at the machine.
func TestStartFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, pattern string }{
		{"--listen=192.0.2.1:8888", "192.0.2.1:8888: cannot assign requested address; .*ip addr"},
		{"--listen=name.invalid:8888", `host "name.invalid" is neither an address nor a known name; .*ip addr.*--listen=:PORT`},
		{"--listen=256.0.0.1:8888", `host "256.0.0.1" is neither`},
		{"--listen=unix:/nowhere/socket", "/nowhere/socket: no such file.*; choose another path"},
		{"--listen=unix:file", "file: file exists; choose another path"},
		{"--root=nowhere", "nowhere: no such file or directory; make it, .*--root=FOLDER"},
		{"--root=/nope", "/nope: no such file or directory; make it, .*--root=FOLDER"},
		{"--root=file", "file: not a directory; .*--root=FOLDER"},
		{"--mount=/a=/nowhere", "/nowhere: no such file or directory; make it, .*--mount=PREFIX=FOLDER"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(c.args)
			if !strings.Contains(c.args, "--listen") {
				args = append(args, "--listen=127.0.0.1:0")
			}
			run(t, "", args...).wantError(t, 1, c.pattern)
		})
	}
}

func TestWrongConfig(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, pattern string }{
		"syntax":  {"root = \n", "aws.toml:1: column 8: "},
		"unknown": {"nonsense = 1\n", "aws.toml:1: nonsense: no such setting"},
		"itself":  {"config = \"aws.toml\"\n", "aws.toml:1: config: no such setting in a file"},
		"value":   {"\nworkers = \"many\"\n", "aws.toml:2: workers \"many\": want a whole number"},
		"range":   {"workers = 0\n", "aws.toml:1: workers 0: want 1 to 1024"},
		"choice":  {"backend = \"nonsense\"\n", "aws.toml:1: backend \"nonsense\": .*epoll-aio, uring, auto"},
		"table":   {"[listen]\naddress = 1\n", "aws.toml:1: listen: no such table"},

		"similar":   {"autoindx = true\n", "aws.toml:1: autoindx: no such setting; did you mean autoindex[?]$"},
		"int":       {"workers = 1.5\n", "aws.toml:1: workers 1.5: want a whole number, such as 4$"},
		"bool":      {"autoindex = \"perhaps\"\n", "aws.toml:1: autoindex \"perhaps\": want true or false$"},
		"time":      {"idle-timeout = 60\n", "aws.toml:1: idle-timeout 60: want a time with its unit"},
		"size":      {"memory = \"much\"\n", "aws.toml:1: memory \"much\": want a number of bytes"},
		"array":     {"listen = [[1]]\n", "aws.toml:1: listen"},
		"twice":     {"root = \".\"\nroot = \".\"\n", "aws.toml:2"},
		"site":      {"[[site]]\nautoindx = true\n", "aws.toml:2: autoindx: no such setting; did you mean autoindex[?]$"},
		"misplaced": {"[[site]]\nworkers = 2\n", "aws.toml:2: workers: no such setting of a site: it stands at the top"},
		"no sites":  {"site = 1\n", "aws.toml:1: site"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, c.text, "--config=aws.toml").wantError(t, 2, c.pattern)
		})
	}
}

// Two servers never share a port, although loops do.
func TestPortInUse(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		for _, first := range []int{1, 2} {
			s := start(t, w, fixture, fmt.Sprint("--workers=", first))
			for _, second := range []int{1, 2} {
				run(t, "", "--listen="+s.addrs[0], fmt.Sprint("--workers=", second)).
					wantError(t, 1, s.addrs[0]+": address already in use; .*--listen")
			}
		}
	})
}

func TestInformation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, pattern string }{
		{"version", `^aws \S+ ` + runtime.Version() + " linux/" + runtime.GOARCH + "\n$"},
		{"--version", `^aws \S+ `},
		{"--help", `(?s)Usage:.*--root.*--mount.*--listen.*--backend.*--workers.*--fault.*--config`},
		{"completion bash", "complete"},
		{"completion zsh", "#compdef aws"},
		{"completion fish", "complete"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			r := run(t, "", strings.Fields(c.args)...)
			if r.code != 0 || r.stderr != "" || !regexp.MustCompile(c.pattern).MatchString(r.stdout) {
				t.Errorf("exit code %d, stderr %q, stdout:\n%s", r.code, r.stderr, r.stdout)
			}
		})
	}
}

func TestStartLine(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", nil)
		s := start(t, w, root, "--workers=3")
		want := `^aws \S+: ` + w.backend() + ` on 127\.0\.0\.1:[1-9]\d*, root ` + regexp.QuoteMeta(root) + `, 3 workers\n$`
		if !regexp.MustCompile(want).MatchString(s.line) {
			t.Errorf("start line %q, want %s", s.line, want)
		}
	})
}

// Variables named AWS_* belong to another program.
func TestEnvironmentIgnored(t *testing.T) {
	t.Parallel()
	w := raw(backends[0])
	for _, name := range []string{"BACKEND", "LISTEN", "ROOT", "WORKERS", "FAULT", "CONFIG", "MOUNT"} {
		w.env = append(w.env, "AWS_"+name+"=nonsense")
	}
	start(t, w, fixture).dial(t).goesOn()
}

// The server raises the soft limit on open files. If that leaves too little
// room, it says so.
func TestFileLimit(t *testing.T) {
	needs(t, "prlimit")
	t.Parallel()
	w := raw(backends[0])
	w.wrap = []string{"prlimit", "--nofile=64:4096"}
	s := start(t, w, fixture)
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", s.pid))
	must(t, err)
	if !regexp.MustCompile(`Max open files +4096 +4096`).Match(limits) {
		t.Errorf("the soft limit is not the hard one:\n%s", limits)
	}

	for _, c := range []struct{ limit, args, want string }{
		{"40", "--workers=2", "open files is 40, too low for 2 workers, which takes 68; .*ulimit -n"},
		{"24", "--workers=1", "open files is 24, too low for 1 worker, which takes 50; .*ulimit -n"},
		{"50", "--workers=1 --max-connections=3", "too low for 1 worker and --max-connections=3, which takes 52; "},
	} {
		args := append([]string{"--nofile=" + c.limit, built.aws, "--listen=127.0.0.1:0"}, strings.Fields(c.args)...)
		runProgram(t, "prlimit", "", args...).wantError(t, 1, c.want)
	}
}
