package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"aws/cmd/awsbench/internal/bench"
	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/report"
)

// runFlags are the flags of awsbench run.
type runFlags struct {
	bench.Options
	quick, grid, growth  bool
	aws, before          string
	out, tmp, client     string
	servers, scenarios   []string
	only, without        []string
	serverCPUs           []int
	clientCPUs           []int
	noPinning, noLatency bool
	noSyscalls, noGrowth bool
	gate                 bool
}

const runExamples = `  awsbench run                                  # everything, into bench/REPORT
  awsbench run --quick                          # under a minute: is anything broken?
  awsbench run --scenario=1k,64m --only=aws-epoll,aws-epoll-copy,aws-uring,nginx
  awsbench run --server='mine=./server --port={port} {root}'
  awsbench run --server='split=aws --fault=split' --scenario=1k
  awsbench run --grid                           # epoll-aio against uring, connections × sizes
  awsbench run --before=/tmp/aws-before         # this build against an earlier one
  awsbench run --growth                         # what a request costs with more connections, files, …`

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
	flags.BoolVar(&f.growth, "growth", false, "curves of what a request costs with more connections, files and so on; with --scenario beside the scenarios, else instead of them")
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
	flags.BoolVar(&f.noGrowth, "no-growth", false, "no curves in a run of everything")
	flags.IntVar(&f.SampleEvery, "sample-every", 16, "one body in so many is hashed")
	flags.StringVar(&f.client, "client", "awsbench", "awsbench, or wrk as a cross-check where it is installed")
	flags.BoolVar(&f.gate, "gate", false, "hold the run against the targets of awsbench gate; ends with 1 if one was missed")
	flags.StringVar(&f.aws, "aws", "", "`path` of aws (default: built from this module, else beside awsbench)")
	flags.StringVar(&f.before, "before", "", "`path` of an earlier build of aws: compare the two builds, and nobody else, in rounds of 9")
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
	if err := f.agree(); err != nil {
		return err
	}
	if f.quick {
		f.Small, f.Syscalls = true, false
	}
	for name, set := range f.defaults() {
		if !c.Flags().Changed(name) {
			set()
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

// agree says which flags do not go together.
func (f *runFlags) agree() error {
	switch {
	case f.SampleEvery < 1:
		return fmt.Errorf("--sample-every=%d: want 1 or more", f.SampleEvery)
	case f.grid && f.before != "":
		return errors.New("--grid and --before exclude each other: two builds are compared by scenarios")
	case f.grid && (f.growth || f.gate):
		return errors.New("--grid goes with neither --growth nor --gate: it is instead of the scenarios")
	case f.growth && f.gate && len(f.scenarios) == 0:
		return errors.New("--growth --gate: the targets are for scenarios; name some with --scenario")
	case f.growth && f.client != "awsbench":
		return fmt.Errorf("--growth --client=%s: only awsbench can make all of these loads", f.client)
	}
	return nil
}

// beforeRounds are enough for the interval of a ratio to be a few per cent.
const beforeRounds = 9

// defaults are those of the flags that a shorter run has shorter.
func (f *runFlags) defaults() map[string]func() {
	times := func(rounds int, duration, warmup time.Duration) map[string]func() {
		return map[string]func(){
			"rounds":   func() { f.Rounds = rounds },
			"duration": func() { f.Duration = duration },
			"warmup":   func() { f.Warmup = warmup },
		}
	}
	switch {
	case f.quick:
		return times(2, 80*time.Millisecond, 20*time.Millisecond)
	case f.before != "":
		return map[string]func(){"rounds": func() { f.Rounds = beforeRounds }}
	case f.growth && len(f.scenarios) == 0:
		return times(bench.GrowthRounds, bench.GrowthDuration, bench.GrowthWarmup)
	}
	return nil
}
