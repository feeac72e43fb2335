// Package spawn starts processes that do not outlive this one, however it ends.
//
// The kernel ties PR_SET_PDEATHSIG to the thread that starts a process, not to
// the whole parent (prctl(2)), and the Go runtime may end threads. So this
// package starts processes from threads that it keeps for that.
package spawn

import (
	"bytes"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Thread is an OS thread that starts processes. Those with a Pdeathsig get it
// when the thread ends.
type Thread struct{ work chan func() }

// NewThread makes a thread and runs begin on it.
func NewThread(begin func() error) (*Thread, error) {
	t := &Thread{work: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := begin()
		ready <- err
		if err != nil {
			return
		}
		for f := range t.work {
			f()
		}
	}()
	if err := <-ready; err != nil {
		return nil, err
	}
	return t, nil
}

// Do runs f on the thread and waits for it.
func (t *Thread) Do(f func()) {
	done := make(chan struct{})
	t.work <- func() { f(); close(done) }
	<-done
}

// Close ends the thread.
func (t *Thread) Close() { close(t.work) }

// forever is a thread that lives as long as this process.
var forever = sync.OnceValue(func() *Thread {
	t, _ := NewThread(func() error { return nil })
	return t
})

// Start starts a command in a process group of its own. The kernel kills it
// when this process ends; the end of its context kills the group.
func Start(cmd *exec.Cmd) (err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if cmd.Cancel != nil {
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	}
	forever().Do(func() { err = cmd.Start() })
	return err
}

// Run starts a command and waits for it.
func Run(cmd *exec.Cmd) error {
	if err := Start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// Output runs a command and returns what it prints.
func Output(cmd *exec.Cmd) ([]byte, error) {
	var out bytes.Buffer
	cmd.Stdout = &out
	err := Run(cmd)
	return out.Bytes(), err
}

// CombinedOutput runs a command and returns what it prints, errors included.
func CombinedOutput(cmd *exec.Cmd) ([]byte, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := Run(cmd)
	return out.Bytes(), err
}
