// Package children starts processes for tests. No child outlives its test,
// however the test ends: it is killed when the test's time is up, when the test
// is over, and when the test's own process is killed.
//
// Three things see to that. Each child leads a process group, which is killed
// as a whole. The kernel kills a child when the thread that started it ends
// (PR_SET_PDEATHSIG), so one thread starts them all and lives as long as the
// process. And a keeper, in keeper.go, kills the groups that are left, since the
// kernel's signal goes to the leader of a group only. It learns of a group once
// the child has started; what the child starts in that instant may escape it.
package children

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Cmd is an exec.Cmd whose process cannot be left behind. Of its methods only
// Start, Wait, Run, Output and CombinedOutput may be used.
type Cmd struct {
	*exec.Cmd
	kept bool // the keeper knows the group
}

// Command returns a command that is killed when the test ends, or when its time
// is nearly up.
func Command(t testing.TB, name string, args ...string) *Cmd {
	ctx, cancel := context.WithDeadline(context.Background(), killTime(t))
	t.Cleanup(cancel)
	return CommandContext(ctx, name, args...)
}

// CommandContext returns a command that is killed when ctx is done.
func CommandContext(ctx context.Context, name string, args ...string) *Cmd {
	c := &Cmd{Cmd: exec.CommandContext(ctx, name, args...)}
	c.SysProcAttr = Attributes()
	c.Cancel = c.Kill
	c.WaitDelay = 10 * time.Second // only for a process that has left the group and holds the output
	return c
}

// Attributes are the ones that every child has.
func Attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// Start starts the process, on the thread that starts all of them.
func (c *Cmd) Start() error {
	failed := make(chan error)
	starts() <- start{c.Cmd, failed}
	if err := <-failed; err != nil {
		return err
	}
	if err := Keep(c.Process.Pid); err != nil {
		_ = c.Kill()
		_ = c.Cmd.Wait()
		return err
	}
	c.kept = true
	return nil
}

// Wait waits for the process to end.
func (c *Cmd) Wait() error {
	err := c.Cmd.Wait()
	if c.kept {
		c.kept = false
		Release(c.Process.Pid)
	}
	return err
}

// Kill kills the process and its group.
func (c *Cmd) Kill() error {
	err := syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// Run starts the process and waits for it to end.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Output runs the process and returns its standard output. An error holds what
// the process wrote to its standard error, unless that goes elsewhere.
func (c *Cmd) Output() ([]byte, error) {
	var out, complaint bytes.Buffer
	c.Stdout = &out
	if c.Stderr == nil {
		c.Stderr = &complaint
	}
	err := c.Run()
	if err != nil && complaint.Len() > 0 {
		err = fmt.Errorf("%w\n%s", err, &complaint)
	}
	return out.Bytes(), err
}

// CombinedOutput runs the process and returns its standard output and error.
func (c *Cmd) CombinedOutput() ([]byte, error) {
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.Bytes(), err
}

// start is a command to start, and where to report the outcome.
type start struct {
	cmd    *exec.Cmd
	failed chan<- error
}

// starts returns the channel to the thread that starts processes.
var starts = sync.OnceValue(func() chan<- start {
	requests := make(chan start)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread must not end
		for s := range requests {
			s.failed <- s.cmd.Start()
		}
	}()
	return requests
})
