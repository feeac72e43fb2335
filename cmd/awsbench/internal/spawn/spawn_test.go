package spawn

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"aws/backend/backendtest/children"
)

// The test binary stands in for a process that starts another one and is killed.
func TestMain(m *testing.M) {
	if os.Getenv("SPAWN_AND_WAIT") != "" {
		cmd := exec.Command("sleep", "1000")
		if err := Start(cmd); err != nil {
			panic(err)
		}
		println(cmd.Process.Pid)
		_ = cmd.Wait()
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestProcessEndsWithTheOneThatStartedIt(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SPAWN_AND_WAIT=1")
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := Start(cmd); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	children.Eventually(t, "the child is gone", func() bool { return gone(child) || zombie(child) })
}

// zombie reports whether a process has ended without being reaped.
func zombie(pid int) bool {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return strings.Contains(string(text), ") Z ")
}

// The end of a context also ends the children of a command. They hold its output
// open, so Wait would wait for them.
func TestEndOfContextEndsTheWholeGroup(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "sh", "-c", "sleep 1000 & echo up; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := Start(cmd); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	if line, err := in.ReadString('\n'); line != "up\n" {
		t.Fatalf("%q, %v", line, err)
	}
	cancel()
	if rest, err := in.ReadString('\n'); err == nil {
		t.Errorf("%q", rest)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it ended by itself")
	}
}

func TestOutputIsReturned(t *testing.T) {
	script := "echo out; echo err >&2; exit 3"
	if out, err := Output(exec.Command("sh", "-c", script)); string(out) != "out\n" || err == nil {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := CombinedOutput(exec.Command("sh", "-c", script)); string(out) != "out\nerr\n" || err == nil {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := Output(exec.Command("/nonexistent")); err == nil {
		t.Error("a missing program ran")
	}
}
