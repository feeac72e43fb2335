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
	"aws/cmd/awsbench/internal/spawn"
)

const straceTimeout = 30 * time.Second

// strace counts with strace -c, a fallback for when tracepoints are out of
// reach. It stops the server at each call, which makes the server several times
// slower: it then finds more work at each wait, and a Go runtime that sees slow
// calls makes additional ones.
func (w *work) strace(ctx context.Context, e *entry, l *load.Load) (map[string]float64, error) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return nil, errors.New("strace is not installed; apt-get install strace")
	}
	out := filepath.Join(w.Dir, "strace.out")
	args := []string{"-f", "-c", "-q", "-o", out}
	pids := e.server.Processes()
	for _, pid := range pids {
		args = append(args, "-p", strconv.Itoa(pid))
	}
	var complaint bytes.Buffer
	cmd := exec.Command(strace, args...)
	cmd.Stderr = &complaint
	if err := spawn.Start(cmd); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	defer func() { _ = cmd.Process.Kill(); <-ended }()
	if !traced(ctx, pids, ended) {
		return nil, fmt.Errorf("strace: %s", strings.TrimSpace(complaint.String()))
	}
	pause(ctx, l, settleTime)
	before := l.Totals()
	pause(ctx, l, w.syscallTime())
	after := l.Totals()
	_ = cmd.Process.Signal(syscall.SIGINT) // detach and print
	select {
	case <-ended:
	case <-time.After(straceTimeout):
		return nil, errors.New("strace did not end")
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	requests := w.requests(before, after)
	if requests == 0 {
		return nil, errors.New("no answer under strace")
	}
	return parseStrace(string(text), requests), nil
}

// traced waits until strace has attached to all threads of the processes.
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

// parseStrace parses the table that strace -c prints:
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
