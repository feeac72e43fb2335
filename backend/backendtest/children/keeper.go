// The keeper: a process that outlives the test binary for a moment, and kills
// what the binary has left behind.

package children

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
)

// keeperVariable makes a test binary a keeper.
const keeperVariable = "CHILDREN_KEEPER"

func init() {
	if os.Getenv(keeperVariable) != "" {
		keep(os.Stdin)
		os.Exit(0)
	}
}

// keep reads which process groups there are: "+" and "-" lines with a number.
// The input ends when the test binary does, in whatever way. Then it kills those
// that are left.
func keep(in io.Reader) {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	groups := map[int]bool{}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var sign string
		var group int
		if _, err := fmt.Sscanf(lines.Text(), "%1s%d", &sign, &group); err != nil {
			continue
		}
		groups[group] = sign == "+"
	}
	for group, left := range groups {
		if left {
			_ = syscall.Kill(-group, syscall.SIGKILL)
		}
	}
}

// keeper is this binary's keeper: the pipe to it.
var keeper = sync.OnceValues(func() (io.Writer, error) {
	in, out, err := os.Pipe() // no child inherits out: it is closed on exec
	if err != nil {
		return nil, err
	}
	defer in.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), keeperVariable+"=1")
	cmd.Stdin = in
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // not in reach of the terminal's signals
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the keeper of processes: %w", err)
	}
	_ = cmd.Process.Release() // not some time later: tests count descriptors
	return out, nil
})

// Keep has a process group killed when this process has ended. It is for those
// who cannot start a process by a Cmd.
func Keep(group int) error { return tellKeeper("+", group) }

// Release takes Keep back.
func Release(group int) { _ = tellKeeper("-", group) }

func tellKeeper(sign string, group int) error {
	out, err := keeper()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s%d\n", sign, group) // less than PIPE_BUF: lines stay whole
	return err
}
