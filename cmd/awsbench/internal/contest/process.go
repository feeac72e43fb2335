package contest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"aws/cmd/awsbench/internal/proc"
	"aws/cmd/awsbench/internal/spawn"
)

const (
	startTimeout = time.Minute
	// stopTimeout is how long a server may take to stop. It has no connections
	// left by then.
	stopTimeout = 300 * time.Millisecond
)

// Starter starts servers from an OS thread of its own. The thread runs on the
// servers' CPUs, which they inherit. When it ends, as it does with this process,
// the kernel tells the servers to end; the keeper kills those that do not.
type Starter struct {
	thread *spawn.Thread
	keeper *keeper
}

// NewStarter makes a starter whose servers run on the given CPUs, or on any CPU
// if there are none.
func NewStarter(cpus []int) (*Starter, error) {
	keeper, err := startKeeper()
	if err != nil {
		return nil, err
	}
	thread, err := spawn.NewThread(func() error {
		if len(cpus) == 0 {
			return nil
		}
		return proc.PinThread(cpus)
	})
	if err != nil {
		keeper.close()
		return nil, err
	}
	return &Starter{thread, keeper}, nil
}

// Close ends the starter and all servers that it started.
func (s *Starter) Close() {
	s.thread.Close()
	s.keeper.close()
}

// Server is a running contestant.
type Server struct {
	Contestant Contestant
	Addr       netip.AddrPort
	Launch     Launch
	Begin      time.Time // when its process was started

	cmd   *exec.Cmd
	log   string
	ended chan struct{}

	keeper *keeper
}

// Start starts a contestant in its own directory on a free port of 127.0.0.1,
// and waits until it accepts connections.
func (s *Starter) Start(ctx context.Context, c Contestant, site Site) (*Server, error) {
	var err error
	// Another process may take the port before the server binds it.
	for range 3 {
		var server *Server
		if server, err = s.try(ctx, c, site); err == nil {
			return server, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("%s: %w", c.Name, err)
}

func (s *Starter) try(ctx context.Context, c Contestant, site Site) (*Server, error) {
	dir, err := os.MkdirTemp(site.Dir, c.Name+"-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // some servers change their user
		return nil, err
	}
	site.Dir = dir
	if site.Port, err = freePort(); err != nil {
		return nil, err
	}
	launch, err := c.Launch(site)
	if err != nil {
		return nil, err
	}
	for name, text := range launch.File {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	server := &Server{
		Contestant: c, Launch: launch, log: filepath.Join(dir, "output"),
		Addr:  netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(site.Port)),
		ended: make(chan struct{}), keeper: s.keeper,
	}
	server.Begin = time.Now()
	s.thread.Do(func() { err = server.exec(dir) })
	if err != nil {
		return nil, err
	}
	if err := server.awaitReady(ctx); err != nil {
		server.Stop()
		return nil, err
	}
	return server, nil
}

// exec runs on the starter's thread.
func (s *Server) exec(dir string) error {
	log, err := os.Create(s.log)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(s.Launch.Args[0], s.Launch.Args[1:]...)
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), s.Launch.Env...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.keeper.add(s.cmd.Process.Pid)
	go func() { _ = s.cmd.Wait(); close(s.ended) }()
	return nil
}

func (s *Server) awaitReady(ctx context.Context) error {
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		c, err := net.DialTimeout("tcp4", s.Addr.String(), time.Second)
		if err == nil {
			return c.Close()
		}
		select {
		case <-s.ended:
			return fmt.Errorf("exited at start: %s", s.output())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Microsecond):
		}
	}
	return fmt.Errorf("accepted no connection within %v: %s", startTimeout, s.output())
}

// output returns the last line that the server printed.
func (s *Server) output() string {
	text, _ := os.ReadFile(s.log)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return last
	}
	return "it printed nothing"
}

// Processes lists the server's processes.
func (s *Server) Processes() []int { return proc.Tree(s.cmd.Process.Pid) }

// Pid returns the process that was started.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Why explains an error of a load. If the server exited, its last output says
// more than a lost connection.
func (s *Server) Why(err error) error {
	const moment = 100 * time.Millisecond // for a process that is about to exit
	select {
	case <-s.ended:
		return errors.New("the server exited: " + s.output())
	case <-time.After(moment):
		return err
	}
}

// Stop stops the server and all its processes.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(stopTimeout):
	}
	// The rest of its process group is killed, and gone once no process can be
	// signalled.
	group := -s.cmd.Process.Pid
	for deadline := time.Now().Add(stopTimeout); syscall.Kill(group, syscall.SIGKILL) == nil && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	<-s.ended
	s.keeper.remove(s.cmd.Process.Pid)
}

// freePort finds a port that nothing listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
