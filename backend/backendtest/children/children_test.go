package children

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// family starts a shell with a child of its own, and prints both numbers.
const family = `sleep 100000 & echo $$ $!; wait`

// victimVariable makes TestKilledTestLeavesNobody the test that is killed.
const victimVariable = "CHILDREN_VICTIM"

// gone reports whether a process has ended. One that nobody has waited for yet
// counts as ended.
func gone(t *testing.T, pid int) bool {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return rest[0] == 'Z' || rest[0] == 'X'
}

// numbers reads the process numbers in the first line that cmd prints.
func numbers(t *testing.T, cmd *Cmd) (pids []int) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(line) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

func wantGone(t *testing.T, pids []int) {
	t.Helper()
	if len(pids) != 2 {
		t.Fatalf("the shell said %v, want two processes", pids)
	}
	for _, pid := range pids {
		Eventually(t, fmt.Sprintf("the end of process %d", pid), func() bool { return gone(t, pid) })
	}
}

// A test binary that is killed in the middle leaves no process behind, and no
// child of one.
func TestKilledTestLeavesNobody(t *testing.T) {
	if os.Getenv(victimVariable) != "" {
		fmt.Println(numbers(t, Command(t, "sh", "-c", family)))
		select {} // until it is killed
	}
	victim := Command(t, "/proc/self/exe", "-test.run=^TestKilledTestLeavesNobody$")
	victim.Env = append(os.Environ(), victimVariable+"=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	if err := victim.Kill(); err != nil { // its group only: the shell has another
		t.Fatal(err)
	}
	_ = victim.Wait()
	var shell, child int
	if _, err := fmt.Sscanf(line, "[%d %d]", &shell, &child); err != nil {
		t.Fatalf("%q: %v, %v", line, err, readErr)
	}
	wantGone(t, []int{shell, child})
}

// The end of a test ends its processes.
func TestEndOfTestKills(t *testing.T) {
	var pids []int
	t.Run("test", func(t *testing.T) { pids = numbers(t, Command(t, "sh", "-c", family)) })
	wantGone(t, pids)
}

// A command whose time is up is killed with all that it has started, and what it
// printed is not lost.
func TestKilledWhenTimeIsUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var printed atomic.Pointer[string]
	cmd := CommandContext(ctx, "sh", "-c", family)
	cmd.Stdout = writerFunc(func(b []byte) {
		text := string(b)
		printed.Store(&text)
		cancel()
	})
	if err := cmd.Run(); err == nil || !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("%v, want the error of a command that was killed", err)
	}
	var shell, child int
	if _, err := fmt.Sscan(*printed.Load(), &shell, &child); err != nil {
		t.Fatal(err)
	}
	wantGone(t, []int{shell, child})
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(b)
	return len(b), nil
}

func TestOutput(t *testing.T) {
	out, err := Command(t, "sh", "-c", "echo out; echo complaint >&2; exit 3").Output()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(err.Error(), "complaint") {
		t.Errorf("%v, want exit code 3 and the complaint", err)
	}
	if string(out) != "out\n" {
		t.Errorf("%q", out)
	}
	if out, err := Command(t, "sh", "-c", "echo out; echo complaint >&2").CombinedOutput(); err != nil || string(out) != "out\ncomplaint\n" {
		t.Errorf("%q, %v", out, err)
	}
	if err := Command(t, "/nowhere").Run(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v, want %v", err, os.ErrNotExist)
	}
}

// A test waits for less than it has, and its processes live a little longer.
func TestDeadlines(t *testing.T) {
	end, margin := end(t)
	if margin <= 0 || !Deadline(t).Before(killTime(t)) || !killTime(t).Before(end) {
		t.Errorf("waiting until %v, killing at %v, over at %v", Deadline(t), killTime(t), end)
	}
	if left := Patience(t); left <= 0 || left > time.Until(end) {
		t.Errorf("%v, with %v left", left, time.Until(end))
	}
}
