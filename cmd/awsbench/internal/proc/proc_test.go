package proc

import (
	"bufio"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// shell starts a shell that runs a script and then waits until its standard
// input is closed. The first line that it prints is returned.
func shell(t *testing.T, script string) (pid int, line string) {
	t.Helper()
	cmd := children.Command(t, "sh", "-c", script) // the leader of a process group
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Kill()
		_ = cmd.Wait()
	})
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return cmd.Process.Pid, strings.TrimSpace(line)
}

func TestTree(t *testing.T) {
	pid, line := shell(t, `sh -c 'echo $$; read x' & read y; wait`)
	child, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	if tree := Tree(pid); !slices.Contains(tree, pid) || !slices.Contains(tree, child) || slices.Contains(tree, os.Getpid()) {
		t.Errorf("tree of %d: %v; want it and %d, and not %d", pid, tree, child, os.Getpid())
	}
}

func TestCPUOfAnotherProcess(t *testing.T) {
	pid, _ := shell(t, `i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo done; read x`)
	used, err := ReadUsage([]int{pid})
	if err != nil {
		t.Fatal(err)
	}
	if used.CPU <= 0 {
		t.Errorf("%+v after a loop", used)
	}
	user, system := used.Split()
	if user < 0 || system < 0 || user+system != used.CPU {
		t.Errorf("%v user and %v system of %v", user, system, used.CPU)
	}
	later, err := ReadUsage([]int{pid})
	if err != nil {
		t.Fatal(err)
	}
	if idle := later.Sub(used); idle.CPU < 0 || idle.CPU > used.CPU {
		t.Errorf("%v while it waited, %v before", idle.CPU, used.CPU)
	}
	memory, err := ReadMemory([]int{pid})
	if err != nil || memory.RSS == 0 || memory.PSS == 0 || memory.PSS > memory.RSS {
		t.Errorf("memory %+v, %v", memory, err)
	}
	if _, err := ReadUsage([]int{1 << 30}); err == nil {
		t.Error("no error for a process that is not there")
	}
}

func TestBusy(t *testing.T) {
	cpus, err := Allowed()
	if err != nil || len(cpus) == 0 {
		t.Fatal(cpus, err)
	}
	busy, err := Busy(cpus)
	if err != nil || busy <= 0 {
		t.Errorf("CPUs %v: %v, %v", cpus, busy, err)
	}
	if busy, err := Busy(nil); err != nil || busy != 0 {
		t.Errorf("of no CPUs: %v, %v", busy, err)
	}
	if _, err := Busy([]int{1 << 20}); err == nil {
		t.Error("no error for a CPU that is not there")
	}
}

func TestField(t *testing.T) {
	text := []byte("voluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t12\nPss:      34 kB\nEmpty:\n")
	for name, want := range map[string]uint64{
		"voluntary_ctxt_switches:": 7, "nonvoluntary_ctxt_switches:": 12, "Pss:": 34, "Empty:": 0, "Rss:": 0,
	} {
		if got := field(text, name); got != want {
			t.Errorf("%s %d, want %d", name, got, want)
		}
	}
}
