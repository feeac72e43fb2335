// Command awsbench compares aws with other web servers on the user's machine:
//
//	flags ─► internal/contest ─► internal/bench ─► internal/record ─► internal/report
//	         who takes part      measures with      raw.json           table, report.md,
//	                             internal/load                         report.html
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"aws/cmd/awsbench/internal/contest"
)

// usageError is a mistake on the command line. Its exit code is 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// interrupted is the exit code that a shell reports for a process ended by
// SIGINT.
const interrupted = 128 + int(unix.SIGINT)

func main() { os.Exit(run(os.Args[1:])) }

// run executes a command line and returns the exit code.
func run(args []string) int {
	// The first signal ends the run cleanly and stops all servers. Later
	// signals are no longer caught and end awsbench at once.
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	go func() { <-ctx.Done(); stop() }()
	// A reader that stops reading ('awsbench run | head') must not end awsbench
	// before it has cleaned up. The signal is caught rather than ignored,
	// because servers would inherit that.
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE)
	root := newCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch usage := (usageError{}); {
	case err == nil, errors.Is(err, unix.EPIPE): // the work is done, only its reader has gone
		return 0
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "awsbench: interrupted; all servers have been stopped")
		return interrupted
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "awsbench: %v\nTry 'awsbench --help'.\n", err)
		return 2
	default:
		fmt.Fprintln(os.Stderr, "awsbench:", err)
		return 1
	}
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "awsbench",
		Short:         "comparative benchmarks of web servers that serve files",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newRunCommand(), newReportCommand(), newCompareCommand(), newGateCommand(), newListCommand(), newPeerCommand(), newKeepCommand())
	return root
}

// newPeerCommand serves as one of the compiled-in peers. awsbench starts itself
// with it, so that each peer is measured as a separate process.
func newPeerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    contest.BuiltinCommand + " NAME ADDRESS ROOT",
		Hidden: true,
		Args:   cobra.ExactArgs(3),
		RunE: func(_ *cobra.Command, args []string) error {
			signal.Reset() // a server obeys SIGTERM
			return contest.ServeBuiltin(args[0], args[1], args[2])
		},
	}
}

// newKeepCommand runs as the keeper, which awsbench starts along with its
// servers.
func newKeepCommand() *cobra.Command {
	return &cobra.Command{
		Use:    contest.KeeperCommand,
		Hidden: true,
		Args:   cobra.NoArgs,
		Run: func(_ *cobra.Command, _ []string) {
			contest.Keep(os.Stdin)
		},
	}
}
