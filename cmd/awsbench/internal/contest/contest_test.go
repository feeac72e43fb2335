package contest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
	"aws/cmd/awsbench/internal/proc"
)

// The test binary stands in for awsbench where that starts itself.
func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == BuiltinCommand {
		fmt.Fprintln(os.Stderr, ServeBuiltin(os.Args[2], os.Args[3], os.Args[4]))
		os.Exit(1)
	}
	if len(os.Args) == 2 && os.Args[1] == KeeperCommand {
		Keep(os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// site makes a document root with one file.
func site(t *testing.T) Site {
	t.Helper()
	// Servers that give up root must be able to read this, and the folders of
	// package testing are closed to other users.
	dir, err := os.MkdirTemp("", "contest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	root := filepath.Join(dir, "root")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "hello.bin"), []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	return Site{Root: root, Dir: dir, Workers: 1, Connections: 128, Files: 1024}
}

func starter(t *testing.T) *Starter {
	t.Helper()
	s, err := NewStarter(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// All servers on this machine start with their configuration, serve, and leave
// no process behind.
func TestServersServe(t *testing.T) {
	found, missing := Peers()
	for _, m := range missing {
		t.Logf("without %s: %s", m.Name, m.Advice)
	}
	builtins, err := Builtins()
	if err != nil {
		t.Fatal(err)
	}
	s := starter(t)
	for _, c := range append(found, builtins...) {
		t.Run(c.Name, func(t *testing.T) {
			site := site(t)
			server, err := s.Start(context.Background(), c, site)
			if err != nil {
				t.Fatal(err)
			}
			processes := server.Processes()
			get(t, "http://"+server.Addr.String()+"/hello.bin")
			server.Stop()
			awaitGone(t, processes)
			if c.Version == "" || c.Version == "unknown" {
				t.Errorf("version %q", c.Version)
			}
		})
	}
}

func get(t *testing.T, url string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 || string(body) != "hello" {
		t.Errorf("%s, %q, %v", answer.Status, body, err)
	}
}

// awaitGone waits for processes to end. A child whose parent was just killed is
// reaped by init.
func awaitGone(t *testing.T, pids []int) {
	t.Helper()
	children.Eventually(t, fmt.Sprintf("the processes %v are gone", pids), func() bool { return !slices.ContainsFunc(pids, alive) })
}

// alive reports whether a process runs. A zombie does not.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(state, "Z")
}

// Every server is told the requested number of workers, each in its own way.
func TestWorkersReachEveryServer(t *testing.T) {
	found, _ := Peers()
	builtins, err := Builtins()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range append(found, builtins...) {
		launch, err := c.Launch(Site{Root: "/root", Dir: "/dir", Port: 81, Workers: 77, Connections: 9, Files: 1024})
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint(launch)
		if !strings.Contains(text, "77") {
			t.Errorf("%s does not get its 77 workers: %s", c.Name, text)
		}
	}
}

// If aws has the switch, copying small files takes part as well as sendfile.
func TestAWSWithCopyIsAContestant(t *testing.T) {
	for _, help := range []string{"--backend name", "--backend name\n--copy-below size"} {
		aws := filepath.Join(t.TempDir(), "aws")
		// It refuses every backend, so aws-uring is missing.
		script := "#!/bin/sh\ncase $1 in --help) printf '%s' '" + help + "';; version) echo 1;; *) echo refused >&2; exit 1;; esac\n"
		if err := os.WriteFile(aws, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		found, missing, err := AWS(aws)
		if err != nil || len(missing) != 1 || missing[0].Name != "aws-uring" || missing[0].Advice != "refused" {
			t.Fatalf("missing %v, %v", missing, err)
		}
		copies := slices.IndexFunc(found, func(c Contestant) bool { return c.Name == "aws-epoll-copy" })
		if want := strings.Contains(help, "--copy-below"); want != (copies >= 0) {
			t.Errorf("with the help %q there are %d contestants", help, len(found))
		}
		if copies < 0 {
			continue
		}
		if launch, err := found[copies].Launch(site(t)); err != nil || !slices.Contains(launch.Args, "--copy-below=16KiB") {
			t.Errorf("%q, %v", launch.Args, err)
		}
	}
}

// stubborn is a server that ignores SIGTERM and serves from a child.
func stubborn(t *testing.T) Contestant {
	t.Helper()
	builtins, err := Builtins()
	if err != nil {
		t.Fatal(err)
	}
	launch, err := builtins[0].Launch(Site{Port: 1, Root: "x"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseCustom(`stubborn=sh -c 'trap "" TERM; `+launch.Args[0]+` peer net/http 127.0.0.1:{port} {root} & while :; do sleep 1; done'`, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A server that ignores SIGTERM is killed, and so are its children.
func TestStopKillsAStubbornServer(t *testing.T) {
	server, err := starter(t).Start(context.Background(), stubborn(t), site(t))
	if err != nil {
		t.Fatal(err)
	}
	processes := server.Processes()
	if len(processes) < 2 {
		t.Errorf("processes %v: want a shell and a server", processes)
	}
	server.Stop()
	awaitGone(t, processes)
}

func TestServerThatDoesNotStart(t *testing.T) {
	for spec, want := range map[string]string{
		"broken=sh -c 'echo no such configuration {port}; exit 3'": "no such configuration",
		"quiet=sh -c 'exit 3' {port}":                              "it printed nothing",
		"absent=/nonexistent/server {port}":                        "no such file",
	} {
		c, err := ParseCustom(spec, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := starter(t).Start(context.Background(), c, site(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

// A server that does not start does not delay the end of a run.
func TestStartEndsWithItsContext(t *testing.T) {
	c, err := ParseCustom("deaf=sleep 100 {port}", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s, err := NewStarter(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(ctx, c, site(t)); err == nil {
		t.Error("it started")
	}
	s.Close()
	if left := proc.Tree(os.Getpid()); len(left) != 1 {
		t.Errorf("processes are left: %v", left)
	}
}

func TestCustomCommandsAreFilledIn(t *testing.T) {
	s := Site{Root: "/the root", Port: 81, Workers: 3, Dir: "/own", Connections: 9}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for spec, want := range map[string][]string{
		"x=./x --port={port} {root}":             {here + "/x", "--port=81", "/the root"},
		"x={dir}/x {port}":                       {"/own/x", "81"},
		"x=x -c 'a \"b\"' \"\" {workers} {port}": {"x", "-c", `a "b"`, "", "3", "81"},
		"u=aws --backend=uring --fault=split":    {"/built/aws", "--listen=127.0.0.1:81", "--root=/the root", "--workers=3", "--max-connections=9", "--backend=uring", "--fault=split"},
		"old=/old/aws":                           {"/old/aws", "--listen=127.0.0.1:81", "--root=/the root", "--workers=3", "--max-connections=9"},
		"own=aws --listen=127.0.0.1:{port}":      {"/built/aws", "--listen=127.0.0.1:81"},
	} {
		c, err := ParseCustom(spec, "/built/aws")
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		if launch, err := c.Launch(s); err != nil || !slices.Equal(launch.Args, want) {
			t.Errorf("%s: %q, %v, want %q", spec, launch.Args, err, want)
		}
	}
	for _, spec := range []string{"", "x", "=x {port}", "x=", "x=server", "x='{port}", "a b=x {port}"} {
		if _, err := ParseCustom(spec, "aws"); err == nil {
			t.Errorf("%q is accepted", spec)
		}
	}
}

// Servers end with their starter, including one that ignores SIGTERM, and its
// children.
func TestProcessesEndWithTheStarter(t *testing.T) {
	s, err := NewStarter(nil)
	if err != nil {
		t.Fatal(err)
	}
	builtins, err := Builtins()
	if err != nil {
		t.Fatal(err)
	}
	var processes []int
	for _, c := range []Contestant{builtins[0], stubborn(t)} {
		server, err := s.Start(context.Background(), c, site(t))
		if err != nil {
			t.Fatal(err)
		}
		processes = append(processes, server.Processes()...)
		defer children.Closed(t, c.Name+" has ended", server.ended)
	}
	if len(processes) < 3 {
		t.Errorf("processes %v: want two servers and a child", processes)
	}
	s.Close()
	awaitGone(t, processes)
}
