package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"aws/backend/backendtest/children"
	"aws/cmd/awsbench/internal/proc"
	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/spawn"
)

// built is the folder of the binaries that the tests run.
var built string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if built, err = os.MkdirTemp("", "awsbench-built-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(built)
		return m.Run()
	}())
}

// binaries builds awsbench and aws, once for all tests.
func binaries(t *testing.T) (awsbench, aws string) {
	t.Helper()
	awsbench, aws = filepath.Join(built, "awsbench"), filepath.Join(built, "aws")
	if _, err := os.Stat(aws); err == nil {
		return awsbench, aws
	}
	build := exec.Command("go", "build", "-o", built, "aws/cmd/awsbench", "aws/cmd/aws")
	if out, err := spawn.CombinedOutput(build); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return awsbench, aws
}

// servedDir makes a folder that servers can read after giving up root.
func servedDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "awsbench-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A run says how long it takes, and leaves a report.
func TestRunLeavesAReport(t *testing.T) {
	awsbench, aws := binaries(t)
	tmp, out := servedDir(t), filepath.Join(t.TempDir(), "a", "REPORT")
	cmd := exec.Command(awsbench, "run", "--quick", "--aws="+aws, "--tmp="+tmp, "--out="+out,
		"--scenario=1k,connect", "--server=split=aws --fault=split", "--without=caddy,h2o,lighttpd")
	if _, missing := found(t, awsbench); missing {
		cmd.Args = cmd.Args[:len(cmd.Args)-1]
	}
	text, err := spawn.CombinedOutput(cmd)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{"1 KiB, keep-alive", "aws-epoll", "split", "net-http", "fasthttp", "report.html"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, name := range []string{"report.html", "report.md", "raw.json"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	run, err := record.Read(filepath.Join(out, "raw.json"))
	if err != nil {
		t.Fatal(err)
	}
	var turns int
	var load, upTo string
	if line := regexp.MustCompile(`(?m)^awsbench: (\d+) turns, (\S+) of load; with starting and checking the servers up to (\S+)$`).FindSubmatch(text); line != nil {
		turns, _ = strconv.Atoi(string(line[1]))
		load, upTo = string(line[2]), string(line[3])
	}
	want := time.Duration(float64(turns) * float64(run.Method.Warmup+run.Method.Duration) * float64(time.Second))
	if turns == 0 || load != want.Round(time.Second).String() || upTo != (2*want).Round(time.Second).String() {
		t.Errorf("%d turns, %s of load, up to %s, want %v", turns, load, upTo, want)
	}
	for _, name := range []string{"aws-epoll", "split"} {
		for _, s := range run.Scenarios {
			if row := s.Row(name); row == nil || row.Refused != "" || len(row.Rounds) != run.Method.Rounds {
				t.Errorf("%s, %s: %+v", s.Name, name, row)
			}
		}
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left in the folder for temporary files: %v, %v", left, err)
	}
	compare, err := spawn.CombinedOutput(exec.Command(awsbench, "compare", filepath.Join(out, "raw.json"), filepath.Join(out, "raw.json")))
	if err != nil || !bytes.Contains(compare, []byte("B ÷ A")) {
		t.Errorf("compare: %v\n%s", err, compare)
	}
}

// A low soft limit on open files does not limit the connections: awsbench raises
// it for itself and for the servers.
func TestSoftLimitIsRaised(t *testing.T) {
	awsbench, aws := binaries(t)
	out := t.TempDir()
	run := exec.Command("sh", "-c", `ulimit -Sn 256; exec "$@"`, "sh", awsbench, "run", "--aws="+aws, "--tmp="+servedDir(t), "--out="+out,
		"--scenario=idle", "--only=aws-epoll,net-http", "--rounds=1", "--duration=50ms", "--connections=700")
	if text, err := spawn.CombinedOutput(run); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	result, err := record.Read(filepath.Join(out, "raw.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range result.Scenarios[0].Rows {
		if row.Refused != "" || len(row.Rounds) != 1 || row.Rounds[0].Held != 700 {
			t.Errorf("%+v, notes %q", row, result.Scenarios[0].Notes)
		}
	}
}

// The counters that aws reports must agree with the requests it received, also where it
// has no log to report them in.
func TestCountersOfAWS(t *testing.T) {
	awsbench, aws := binaries(t)
	for name, args := range map[string][]string{
		"aws-epoll": {"--only=aws-epoll"},
		"logging":   {"--only=logging", "--server=logging=aws --access-log={dir}/log --admin=unix:{dir}/admin"},
	} {
		out := t.TempDir()
		text, err := spawn.CombinedOutput(exec.Command(awsbench, slices.Concat([]string{"run"}, args, []string{"--aws=" + aws, "--tmp=" + servedDir(t), "--out=" + out,
			"--scenario=1k", "--rounds=1", "--duration=100ms", "--no-latency"})...))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		run, err := record.Read(filepath.Join(out, "raw.json"))
		if err != nil {
			t.Fatal(err)
		}
		row := run.Scenarios[0].Row(name)
		// One call per request, except for those in flight when counting began and
		// ended.
		if n := row.Counters["recvs"]; n < 0.5 || n > 2 {
			t.Errorf("%s: %v recvs a request; counters %v, notes %q", name, n, row.Counters, run.Scenarios[0].Notes)
		}
		if row.SyscallsFrom == "tracepoints" && (row.Syscalls["recvfrom"] < 0.5 || row.Syscalls["recvfrom"] > 2) {
			t.Errorf("%s: system calls %v", name, row.Syscalls)
		}
	}
}

// found reports whether one of the peers to leave out is not installed: a
// contestant that does not exist cannot be left out.
func found(t *testing.T, awsbench string) (list string, missing bool) {
	t.Helper()
	out, err := spawn.Output(exec.Command(awsbench, "list"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "not installed") && !strings.Contains(line, "nginx") {
			missing = true
		}
	}
	return string(out), missing
}

// Whatever ends awsbench, its servers end too. Unless it is killed, it leaves no
// files.
func TestSignalsCleanUp(t *testing.T) {
	awsbench, aws := binaries(t)
	for _, c := range []struct {
		name    string
		signal  syscall.Signal
		group   bool // to the whole process group, as a terminal sends Ctrl-C
		code    int
		cleanUp bool
	}{
		{"SIGINT", syscall.SIGINT, false, 130, true},
		{"Ctrl-C", syscall.SIGINT, true, 130, true},
		{"SIGTERM", syscall.SIGTERM, false, 130, true},
		{"SIGKILL", syscall.SIGKILL, false, -1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tmp := servedDir(t)
			// One server ignores SIGTERM and has a child.
			stubborn := `stubborn=sh -c 'trap "" TERM; ` + awsbench + ` peer net/http 127.0.0.1:{port} {root} & while :; do sleep 1; done'`
			cmd := exec.Command(awsbench, "run", "--aws="+aws, "--tmp="+tmp, "--out="+filepath.Join(tmp, "out"),
				"--scenario=1k,64k", "--duration=1h", "--server="+stubborn)
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := spawn.Start(cmd); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill() }()
			text := bufio.NewReader(stderr)
			servers := awaitServers(t, cmd.Process.Pid, text)
			target := cmd.Process.Pid
			if c.group {
				target = -target
			}
			if err := syscall.Kill(target, c.signal); err != nil {
				t.Fatal(err)
			}
			said, _ := io.ReadAll(text)
			err = cmd.Wait()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != c.code {
				t.Errorf("it ended with %v, want exit code %d\n%s", err, c.code, said)
			}
			awaitGone(t, servers)
			if left, err := os.ReadDir(tmp); c.cleanUp && (err != nil || len(left) > 0) {
				t.Errorf("left in the folder for temporary files: %v, %v", left, err)
			}
		})
	}
}

// A reader that stops reading ('awsbench run | head') does not cut a run short.
func TestReaderGone(t *testing.T) {
	awsbench, aws := binaries(t)
	tmp, out := servedDir(t), t.TempDir()
	cmd := exec.Command(awsbench, "run", "--quick", "--aws="+aws, "--tmp="+tmp, "--out="+out, "--scenario=1k", "--only=aws-epoll,net-http", "--baseline=net-http")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	_ = r.Close()
	err = spawn.Run(cmd)
	_ = w.Close()
	if err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(out, "report.html")); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left in the folder for temporary files: %v, %v", left, err)
	}
}

// awaitServers waits until awsbench announces its first round, when it has
// started all servers of the scenario, and returns its processes.
func awaitServers(t *testing.T, awsbench int, said *bufio.Reader) []int {
	t.Helper()
	for {
		line, err := said.ReadString('\n')
		if err != nil {
			t.Fatal("awsbench has measured nothing: ", line, err)
		}
		if strings.Contains(line, "round 1/") {
			break
		}
	}
	tree := slices.DeleteFunc(proc.Tree(awsbench), func(pid int) bool { return pid == awsbench })
	if len(tree) < 5 { // an engine, two compiled-in peers, the stubborn server and its child
		t.Fatalf("awsbench has started only %v", tree)
	}
	return tree
}

func awaitGone(t *testing.T, pids []int) {
	t.Helper()
	children.Eventually(t, "all processes of awsbench are gone", func() bool {
		return !slices.ContainsFunc(pids, func(pid int) bool {
			text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
			return err == nil && !strings.Contains(string(text), ") Z ")
		})
	})
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"list"}, 0},
		{[]string{"--help"}, 0},
		{[]string{"run", "--help"}, 0},
		{[]string{"run", "--scenario=nonsense"}, 2},
		{[]string{"run", "--client=ab"}, 2},
		{[]string{"run", "--sample-every=0"}, 2},
		{[]string{"run", "--server-cpus=4096"}, 2},
		{[]string{"run", "--nonsense"}, 2},
		{[]string{"run", "extra"}, 2},
		{[]string{"compare", "one.json"}, 2},
		{[]string{"report"}, 2},
		{[]string{"gate"}, 2},
		{[]string{"gate", "/nonexistent/a.json"}, 1},
		{[]string{"run", "--grid", "--gate"}, 2},
		{[]string{"run", "--grid", "--growth"}, 2},
		{[]string{"run", "--grid", "--before=aws"}, 2},
		{[]string{"run", "--before=/nonexistent/aws"}, 1},
		{[]string{"run", "--growth", "--gate"}, 2},
		{[]string{"run", "--growth", "--client=wrk"}, 2},
		{[]string{"report", "/nonexistent/a.json"}, 1},
		{[]string{"compare", "/nonexistent/a.json", "/nonexistent/b.json"}, 1},
		{[]string{"run", "--aws=/nonexistent/aws"}, 1},
	} {
		if code := run(c.args); code != c.code {
			t.Errorf("awsbench %s: exit code %d, want %d", strings.Join(c.args, " "), code, c.code)
		}
	}
}
