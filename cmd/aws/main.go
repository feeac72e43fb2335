// Command aws, the asynchronous web server, serves files over HTTP/1.1.
//
// This package has the command line, the limits of the process and the choice of
// the engine. The server is package httpx; the engines are below package backend.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"github.com/spf13/cobra"
)

// usageError is a mistake on the command line or in the configuration, as opposed
// to trouble with the machine. Its exit code is 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// The process's first thread does nothing but wait. The kernel hands it every signal
// of the process that it may take (complete_signal, kernel/signal.c). If goroutines
// ran on it, one that waits for a dead file system would keep SIGTERM from all others.
func init() { runtime.LockOSThread() }

func main() {
	tryRuntimeCalls()
	code := make(chan int)
	go func() { code <- run(os.Args[1:]) }()
	c := <-code
	stdout.flush()
	stderr.flush()
	os.Exit(c)
}

// run carries out a command line and returns the exit code: 0 for success, 1 for
// a failure, 2 for wrong usage.
func run(args []string) int {
	root := newCommand()
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		return 0
	}
	say(slog.LevelError, err.Error())
	var usage usageError
	if errors.As(err, &usage) {
		if stderr.log.Load() == nil {
			fmt.Fprintln(stderr, "Try 'aws --help'.")
		}
		return 2
	}
	return 1
}

func newCommand() *cobra.Command {
	opts := &options{}
	root := &cobra.Command{
		Use:               "aws [flags] [DIR|FILE]",
		Short:             "serve files over HTTP/1.1",
		Version:           version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeArgument,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if opts.argument, err = readArgument(cmd, args); err != nil {
				return err
			}
			if err := opts.settle(cmd.Flags()); err != nil || opts.checkOnly {
				return err
			}
			return serve(opts)
		},
	}
	root.SetVersionTemplate("aws {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{flagError(cmd.Flags(), err)} })
	flags := newFlagSet(root.Flags())
	opts.register(flags)
	completeFlags(root)
	root.AddCommand(newDoctorCommand(), newExplainCommand(), newStatsCommand(), newTopCommand(), newVersionCommand(), newCompletionCommand())
	root.SetHelpCommand(newHelpCommand())
	root.SetHelpFunc(helpFunc(flags, root.HelpFunc()))
	return root
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  noArguments,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), "aws", version())
		},
	}
}

// noArguments refuses all arguments of a command.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("'%s' takes no argument, such as %q", cmd.CommandPath(), args[0])}
	}
	return nil
}
