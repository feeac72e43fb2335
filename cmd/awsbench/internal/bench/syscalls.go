package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"aws/cmd/awsbench/internal/load"
)

const (
	straceTime    = 500 * time.Millisecond
	straceTimeout = 10 * time.Second
)

// countSyscalls counts each contestant's system calls per request under
// strace, in a run of its own: strace slows a server down several times.
func (w *work) countSyscalls(ctx context.Context) error {
	if !w.Syscalls {
		return nil
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		w.out.Notes = append(w.out.Notes, "System calls are not counted: strace is not installed; apt-get install strace.")
		return nil
	}
	for _, e := range w.fair() {
		w.Progress.Step(fmt.Sprintf("%s · system calls · %s", w.Title, e.contestant.Name))
		counts, err := w.strace(ctx, strace, e)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.out.Notes = append(w.out.Notes, fmt.Sprintf("System calls of %s are not counted: %v.", e.contestant.Name, err))
			continue
		}
		e.row.Syscalls, e.row.SyscallsFrom = counts, "strace -c"
	}
	return nil
}

// strace counts between two moments of a load that is already running, so
// that opening the connections is not part of it.
func (w *work) strace(ctx context.Context, strace string, e *entry) (map[string]float64, error) {
	l, err := load.Start(load.Plan{
		Addr: e.server.Addr, Targets: w.targets, Connections: w.Scenario.Connections, Pipeline: w.Pipeline,
		PerRequest: w.PerRequest, SampleEvery: w.sampleEvery(), CPUs: w.ClientCPUs,
	})
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = l.Stop() }()
	out := filepath.Join(w.Dir, "strace.out")
	args := []string{"-f", "-c", "-q", "-o", out}
	pids := e.server.Processes()
	for _, pid := range pids {
		args = append(args, "-p", strconv.Itoa(pid))
	}
	var complaint bytes.Buffer
	cmd := exec.Command(strace, args...)
	cmd.Stderr = &complaint
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	defer func() { _ = cmd.Process.Kill(); <-ended }()
	if !traced(ctx, pids, ended) {
		return nil, fmt.Errorf("strace: %s", strings.TrimSpace(complaint.String()))
	}
	before := l.Totals()
	pause(ctx, l, straceTime)
	after := l.Totals()
	_ = cmd.Process.Signal(syscall.SIGINT) // detach and print
	select {
	case <-ended:
	case <-time.After(straceTimeout):
		return nil, errors.New("strace does not end")
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	requests := float64(after.Requests - before.Requests)
	if w.Body >= largeBody {
		requests = float64(after.Bytes-before.Bytes) / float64(w.Body)
	}
	if requests == 0 {
		return nil, errors.New("no answer under strace")
	}
	return parseStrace(string(text), requests), nil
}

// traced waits until all threads of processes are under strace.
func traced(ctx context.Context, pids []int, ended <-chan struct{}) bool {
	for deadline := time.Now().Add(straceTimeout); time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return false
		case <-ended:
			return false
		case <-time.After(time.Millisecond):
		}
		all := true
		for _, pid := range pids {
			tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
			for _, task := range tasks {
				status, err := os.ReadFile(task)
				if err == nil && bytes.Contains(status, []byte("\nTracerPid:\t0\n")) {
					all = false
				}
			}
		}
		if all {
			return true
		}
	}
	return false
}

// parseStrace reads the table of strace -c:
//
//	% time     seconds  usecs/call     calls    errors syscall
//	 48.37    0.000741           7       100         3 recvfrom
func parseStrace(text string, requests float64) map[string]float64 {
	counts := map[string]float64{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 5 || words[len(words)-1] == "total" {
			continue
		}
		if _, err := strconv.ParseFloat(words[0], 64); err != nil {
			continue
		}
		calls, err := strconv.ParseFloat(words[3], 64)
		if err != nil {
			continue
		}
		counts[words[len(words)-1]] = calls / requests
	}
	return counts
}
