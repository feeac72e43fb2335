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
	aws, before, flags   string
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
  awsbench run --quick                          # a minute or two: checks that nothing is broken
  awsbench run --scenario=1k,64m --only=aws-epoll,aws-epoll-copy,aws-uring,nginx
  awsbench run --server='mine=./server --port={port} {root}'
  awsbench run --server='split=aws --fault=split' --scenario=1k
  awsbench run --grid                           # epoll-aio and uring by connections × sizes
  awsbench run --before=/tmp/aws-before         # this build compared with an earlier one
  awsbench run --aws=./aws --before=./aws --flags='--access-log={dir}/log --admin=unix:{dir}/admin'   # with an access log, and without
  awsbench run --growth                         # cost per request with more connections, files, …`

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
	flags.BoolVar(&f.quick, "quick", false, "run few scenarios in short rounds, without verdicts")
	flags.BoolVar(&f.grid, "grid", false, "measure the engines of aws over connections × file sizes instead of the scenarios")
	flags.BoolVar(&f.growth, "growth", false, "measure curves of the cost per request with more connections, files and so on, instead of the scenarios or, with --scenario, in addition")
	flags.StringSliceVar(&f.scenarios, "scenario", nil, "run only the scenarios of these `names` (see awsbench list)")
	flags.StringSliceVar(&f.only, "only", nil, "run only the contestants of this `name`")
	flags.StringSliceVar(&f.without, "without", nil, "leave out the contestants of this `name`")
	flags.StringArrayVar(&f.servers, "server", nil, "add a contestant: 'name=command {port} {root}', or 'name=aws FLAGS' (repeatable)")
	flags.StringVar(&f.Baseline, "baseline", "", "contestant that ratios refer to (default: nginx, or else the first)")
	flags.IntVar(&f.Rounds, "rounds", 5, "number of rounds; a verdict needs 5 (default with --before: 9)")
	flags.DurationVar(&f.Duration, "duration", time.Second, "measured time per contestant and round")
	flags.DurationVar(&f.Warmup, "warmup", 150*time.Millisecond, "unmeasured load before that")
	flags.IntVar(&f.Workers, "workers", 1, "loops, worker processes or threads of each server, each on its own CPU")
	flags.IntVar(&f.Connections, "connections", 0, "number of connections, instead of the scenario's")
	flags.IntSliceVar(&f.serverCPUs, "server-cpus", nil, "CPUs for the servers (default: the first ones, one per worker)")
	flags.IntSliceVar(&f.clientCPUs, "client-cpus", nil, "CPUs for the generator, with a thread on each (default: the next ones)")
	flags.BoolVar(&f.noPinning, "no-pinning", false, "let servers and generator run on any CPU")
	flags.BoolVar(&f.noLatency, "no-latency", false, "skip the open loops, which measure latency at a constant rate")
	flags.Float64Var(&f.Load, "load", 0.5, "rate of the open loops, as a fraction of the baseline's throughput")
	flags.Float64Var(&f.Rate, "rate", 0, "rate of the open loops in requests per second, instead of --load")
	flags.BoolVar(&f.noSyscalls, "no-syscalls", false, "do not count system calls")
	flags.BoolVar(&f.noGrowth, "no-growth", false, "leave the curves out of a full run")
	flags.IntVar(&f.SampleEvery, "sample-every", 16, "hash one body in this many")
	flags.StringVar(&f.client, "client", "awsbench", "load generator: awsbench, or wrk as a cross-check if it is installed")
	flags.BoolVar(&f.gate, "gate", false, "check the run as awsbench gate does; the exit code is 1 if a target was missed")
	flags.StringVar(&f.aws, "aws", "", "`path` of aws (default: built from this module, or else next to awsbench)")
	flags.StringVar(&f.before, "before", "", "`path` of an earlier build of aws: compare only the two builds, engine by engine")
	flags.StringVar(&f.flags, "flags", "", "with --before: further `flags` for this build, such as '--access-log={dir}/log'")
	flags.StringVarP(&f.out, "out", "o", filepath.Join("bench", "REPORT"), "`folder` for report.html, report.md and raw.json")
	flags.StringVar(&f.tmp, "tmp", "", "`folder` for the files to serve (default: the system's temporary folder)")
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
	if err := os.Chmod(dir, 0o755); err != nil { // some servers change their user
		return err
	}
	f.Dir = dir
	missing, err := f.gather(ctx)
	if err != nil {
		return err
	}
	for _, m := range missing {
		fmt.Fprintf(os.Stderr, "awsbench: skipping %s: %s\n", m.Name, m.Advice)
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

// settle checks the flags and sets the values that depend on the machine.
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

// agree rejects flags that exclude each other.
func (f *runFlags) agree() error {
	switch {
	case f.SampleEvery < 1:
		return fmt.Errorf("--sample-every=%d: want 1 or more", f.SampleEvery)
	case f.grid && f.before != "":
		return errors.New("--grid excludes --before: builds are compared by scenarios")
	case f.flags != "" && f.before == "":
		return errors.New("--flags needs --before: what to compare this build with these flags to")
	case f.grid && (f.growth || f.gate):
		return errors.New("--grid excludes --growth and --gate: it replaces the scenarios")
	case f.growth && f.gate && len(f.scenarios) == 0:
		return errors.New("--growth --gate: the targets apply to scenarios; name some with --scenario")
	case f.growth && f.client != "awsbench":
		return fmt.Errorf("--growth --client=%s: only awsbench can generate all of these loads", f.client)
	}
	return nil
}

// beforeRounds narrows the interval of a ratio to a few per cent.
const beforeRounds = 9

// defaults sets the flags whose default depends on the kind of run.
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
