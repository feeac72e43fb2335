package contest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
)

// KeeperCommand is the hidden command of awsbench that runs as its keeper.
const KeeperCommand = "keep"

// keeper is a process that kills what awsbench leaves behind. When awsbench
// ends, the kernel sends SIGTERM to its servers, so that those with workers can
// end them first. But a server may ignore the signal, and one that changed its
// user does not get it (prctl(2), PR_SET_PDEATHSIG). The keeper knows the
// process groups of all servers, and kills the remaining ones when its input
// ends.
type keeper struct {
	cmd *exec.Cmd
	in  io.WriteCloser
}

func startKeeper() (*keeper, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, KeeperCommand)
	// In its own process group: a signal for awsbench must not end the keeper.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the keeper: %w", err)
	}
	return &keeper{cmd, in}, nil
}

// add registers a process group, and remove forgets it.
func (k *keeper) add(group int)    { _, _ = fmt.Fprintf(k.in, "+%d\n", group) }
func (k *keeper) remove(group int) { _, _ = fmt.Fprintf(k.in, "-%d\n", group) }

// close ends the keeper, which kills all remaining groups.
func (k *keeper) close() {
	_ = k.in.Close()
	_ = k.cmd.Wait()
}

// Keep runs as the keeper: it reads process groups until its input ends.
func Keep(in io.Reader) {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	groups := map[int]bool{}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		switch group, err := strconv.Atoi(lines.Text()); {
		case err != nil:
		case group > 0:
			groups[group] = true
		default:
			delete(groups, -group)
		}
	}
	for group := range groups {
		_ = syscall.Kill(-group, syscall.SIGKILL)
	}
}
