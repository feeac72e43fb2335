package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"aws/cmd/awsbench/internal/bench"
	"aws/cmd/awsbench/internal/contest"
	"aws/cmd/awsbench/internal/proc"
	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/report"
)

// runFlags are the flags of awsbench run.
type runFlags struct {
	bench.Options
	quick, grid           bool
	aws, out, tmp, client string
	servers, scenarios    []string
	only, without         []string
	serverCPUs            []int
	clientCPUs            []int
	noPinning, noLatency  bool
	noSyscalls, gate      bool
}

const runExamples = `  awsbench run                                  # everything, into bench/REPORT
  awsbench run --quick                          # under a minute: is anything broken?
  awsbench run --scenario=1k,64m --only=aws-epoll,aws-epoll-copy,aws-uring,nginx
  awsbench run --server='mine=./server --port={port} {root}'
  awsbench run --server='split=aws --fault=split' --scenario=1k
  awsbench run --grid                           # epoll-aio against uring, connections × sizes`

func newRunCommand() *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use:     "run",
		Short:   "measure all servers on this machine and write a report",
		Example: runExamples,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unexpected %q", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c.Context(), c) },
	}
	flags := c.Flags()
	flags.SortFlags = false
	flags.BoolVar(&f.quick, "quick", false, "few scenarios, short rounds, no verdicts")
	flags.BoolVar(&f.grid, "grid", false, "connections × file sizes for the engines of aws instead of the scenarios")
	flags.StringSliceVar(&f.scenarios, "scenario", nil, "only these `names` (see awsbench list)")
	flags.StringSliceVar(&f.only, "only", nil, "only these contestants, by `name`")
	flags.StringSliceVar(&f.without, "without", nil, "not these contestants, by `name`")
	flags.StringArrayVar(&f.servers, "server", nil, "another contestant: 'name=command {port} {root}', or 'name=aws FLAGS' (repeatable)")
	flags.StringVar(&f.Baseline, "baseline", "", "contestant that ratios refer to (default nginx, else the first)")
	flags.IntVar(&f.Rounds, "rounds", 5, "rounds; a verdict takes 5")
	flags.DurationVar(&f.Duration, "duration", time.Second, "measured time of one contestant in one round")
	flags.DurationVar(&f.Warmup, "warmup", 150*time.Millisecond, "load before it that is not measured")
	flags.IntVar(&f.Workers, "workers", 1, "loops, worker processes or threads of each server, each on a CPU of its own")
	flags.IntVar(&f.Connections, "connections", 0, "connections instead of those of the scenarios")
	flags.IntSliceVar(&f.serverCPUs, "server-cpus", nil, "CPUs for the servers (default: the first, one for each worker)")
	flags.IntSliceVar(&f.clientCPUs, "client-cpus", nil, "CPUs for the generator, a thread on each (default: the next ones)")
	flags.BoolVar(&f.noPinning, "no-pinning", false, "leave servers and generator on any CPU")
	flags.BoolVar(&f.noLatency, "no-latency", false, "no open loops at a constant rate")
	flags.Float64Var(&f.Load, "load", 0.5, "rate of the open loops, as a share of the baseline's throughput")
	flags.Float64Var(&f.Rate, "rate", 0, "rate of the open loops in requests per second instead")
	flags.BoolVar(&f.noSyscalls, "no-syscalls", false, "do not count system calls (strace)")
	flags.IntVar(&f.SampleEvery, "sample-every", 16, "one body in so many is hashed")
	flags.StringVar(&f.client, "client", "awsbench", "awsbench, or wrk as a cross-check where it is installed")
	flags.BoolVar(&f.gate, "gate", false, "hold the run against the targets of awsbench gate; ends with 1 if one was missed")
	flags.StringVar(&f.aws, "aws", "", "`path` of aws (default: built from this module, else beside awsbench)")
	flags.StringVarP(&f.out, "out", "o", filepath.Join("bench", "REPORT"), "`folder` for report.html, report.md and raw.json")
	flags.StringVar(&f.tmp, "tmp", "", "`folder` for the files that are served (default: the system's for temporary files)")
	return c
}

func (f *runFlags) run(ctx context.Context, c *cobra.Command) (err error) {
	raiseFileLimit()
	if err := f.settle(c); err != nil {
		return usageError{err}
	}
	dir, err := os.MkdirTemp(f.tmp, "awsbench-")
	if err != nil {
		return err
	}
	defer func() {
		if e := os.RemoveAll(dir); err == nil {
			err = e
		}
	}()
	if err := os.Chmod(dir, 0o755); err != nil { // servers change users
		return err
	}
	f.Dir = dir
	missing, err := f.gather(ctx)
	if err != nil {
		return err
	}
	for _, m := range missing {
		fmt.Fprintf(os.Stderr, "awsbench: without %s: %s\n", m.Name, m.Advice)
	}
	if err := f.choose(); err != nil {
		return usageError{err}
	}
	progress := newProgress(os.Stderr)
	f.Progress = progress
	var run *record.Run
	if f.grid {
		run, err = bench.Grid(ctx, f.Options)
	} else {
		run, err = bench.Run(ctx, f.Options)
	}
	progress.end()
	if err != nil {
		return err
	}
	for _, m := range missing {
		run.Missing = append(run.Missing, record.Missing(m))
	}
	run.Command = append([]string{"awsbench"}, os.Args[1:]...)
	if err := report.Write(run, f.out); err != nil {
		return err
	}
	if err := report.Text(os.Stdout, run); err != nil {
		return err
	}
	fmt.Printf("\nReport: %s\n", filepath.Join(f.out, "report.html"))
	if f.gate {
		return report.Gate(os.Stdout, run)
	}
	return nil
}

// settle checks the flags and sets what depends on the machine.
func (f *runFlags) settle(c *cobra.Command) error {
	f.Latency, f.Syscalls = !f.noLatency, !f.noSyscalls
	if f.grid && f.gate {
		return errors.New("--grid --gate: the targets are for scenarios, which --grid leaves out")
	}
	if f.SampleEvery < 1 {
		return fmt.Errorf("--sample-every=%d: want 1 or more", f.SampleEvery)
	}
	if f.quick {
		f.Small, f.Syscalls = true, false
		for name, set := range map[string]func(){
			"rounds":   func() { f.Rounds = 2 },
			"duration": func() { f.Duration = 80 * time.Millisecond },
			"warmup":   func() { f.Warmup = 20 * time.Millisecond },
		} {
			if !c.Flags().Changed(name) {
				set()
			}
		}
	}
	if err := f.chooseScenarios(); err != nil {
		return err
	}
	switch f.client {
	case "awsbench":
	case "wrk":
		return f.useWrk()
	default:
		return fmt.Errorf("--client=%s: want awsbench or wrk", f.client)
	}
	return f.pin()
}

func (f *runFlags) chooseScenarios() error {
	for _, name := range f.scenarios {
		i := slices.IndexFunc(bench.Scenarios, func(s bench.Scenario) bool { return s.Name == name })
		if i < 0 {
			return fmt.Errorf("--scenario=%s: no such scenario; awsbench list names them", name)
		}
		f.Scenarios = append(f.Scenarios, bench.Scenarios[i])
	}
	if len(f.scenarios) > 0 {
		return nil
	}
	for _, s := range bench.Scenarios {
		if s.Quick || !f.quick {
			f.Scenarios = append(f.Scenarios, s)
		}
	}
	return nil
}

// useWrk makes wrk the client, for what it can do.
func (f *runFlags) useWrk() error {
	path, err := contest.LookPath("wrk")
	if err != nil {
		return errors.New("--client=wrk: wrk is not installed; apt-get install wrk")
	}
	f.Wrk = path
	f.Scenarios = slices.DeleteFunc(f.Scenarios, func(s bench.Scenario) bool {
		if !bench.WrkCan(s) {
			fmt.Fprintf(os.Stderr, "awsbench: without %s: wrk cannot make that load\n", s.Name)
			return true
		}
		return false
	})
	if len(f.Scenarios) == 0 {
		return errors.New("--client=wrk: no scenario is left")
	}
	return f.pin()
}

// pin divides the CPUs: one for each worker of the servers, and as many of
// the others for the generator.
func (f *runFlags) pin() error {
	allowed, err := proc.Allowed()
	if err != nil {
		return err
	}
	f.ServerCPUs, f.ClientCPUs = f.serverCPUs, f.clientCPUs
	for _, cpu := range slices.Concat(f.serverCPUs, f.clientCPUs) {
		if !slices.Contains(allowed, cpu) {
			return fmt.Errorf("CPU %d: this process may use %v", cpu, allowed)
		}
	}
	switch {
	case f.noPinning || len(allowed) < 2:
		f.ServerCPUs, f.ClientCPUs = nil, nil
		return nil
	case f.Workers < 1:
		return fmt.Errorf("--workers=%d: want 1 or more", f.Workers)
	}
	if len(f.ServerCPUs) == 0 {
		free := without(allowed, f.ClientCPUs)
		f.ServerCPUs = free[:min(f.Workers, max(1, len(free)-1), len(free))]
	}
	if len(f.ClientCPUs) == 0 {
		free := without(allowed, f.ServerCPUs)
		if len(free) == 0 {
			return fmt.Errorf("--server-cpus=%v leaves none of the CPUs %v to the generator", f.ServerCPUs, allowed)
		}
		f.ClientCPUs = free[:min(len(f.ServerCPUs), len(free))]
	}
	return nil
}

func without(cpus, taken []int) []int {
	return slices.DeleteFunc(slices.Clone(cpus), func(cpu int) bool { return slices.Contains(taken, cpu) })
}

// choose leaves out who was not asked for, and sets the baseline.
func (f *runFlags) choose() error {
	for _, name := range slices.Concat(f.only, f.without) {
		if !slices.ContainsFunc(f.Contestants, func(c contest.Contestant) bool { return c.Name == name }) {
			return fmt.Errorf("no contestant is named %s; there are %s", name, names(f.Contestants))
		}
	}
	f.Contestants = slices.DeleteFunc(f.Contestants, func(c contest.Contestant) bool {
		return len(f.only) > 0 && !slices.Contains(f.only, c.Name) || slices.Contains(f.without, c.Name)
	})
	if len(f.Contestants) == 0 {
		return errors.New("no contestant is left")
	}
	if f.Baseline == "" {
		f.Baseline = f.Contestants[0].Name
		if slices.ContainsFunc(f.Contestants, func(c contest.Contestant) bool { return c.Name == "nginx" }) {
			f.Baseline = "nginx"
		}
	}
	return nil
}

func names(contestants []contest.Contestant) string {
	var all []string
	for _, c := range contestants {
		all = append(all, c.Name)
	}
	return strings.Join(all, ", ")
}

// enoughFiles is a limit on open files that suffices for all scenarios.
const enoughFiles = 1 << 16

// raiseFileLimit raises the soft limit to the hard one, and that too if we may
// (CAP_SYS_RESOURCE), for the generator's connections and, by inheritance, for
// the servers. It goes through syscall, since Go's runtime would otherwise give
// the servers the soft limit that it found (os/exec).
func raiseFileLimit() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return
	}
	most := max(limit.Max, enoughFiles)
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: most, Max: most}) != nil {
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit.Max, Max: limit.Max})
	}
}
