// Command aws, the asynchronous web server, serves files over HTTP/1.1.
//
// This package has the command line, the limits of the process and the choice of
// the engine. The server is package httpx; the engines are below package backend.
package main

import (
	"errors"
	"fmt"
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
	fmt.Fprintln(stderr, "aws:", err)
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintln(stderr, "Try 'aws --help'.")
		return 2
	}
	return 1
}

const longHelp = `aws, the asynchronous web server, serves files over HTTP/1.1.

Without arguments it listens on port 8888 and serves two folders of the current
directory: static/ at /static, with sendfile(2), and dynamic/ at /dynamic, through
buffers that Linux AIO fills.`

const examples = `  aws                                          # ./static and ./dynamic on port 8888
  aws --root=/srv/www --mount=/=public         # a site
  aws --listen=127.0.0.1:8080 --listen=unix:/run/aws.sock
  aws --fault=split                            # see it cope with partial transfers`

func newCommand() *cobra.Command {
	opts := &options{}
	root := &cobra.Command{
		Use:           "aws [flags]",
		Short:         "serve files over HTTP/1.1",
		Long:          longHelp,
		Example:       examples,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opts.settle(cmd.Flags()); err != nil || opts.checkOnly {
				return err
			}
			return serve(opts)
		},
	}
	root.SetVersionTemplate("aws {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	opts.register(root.Flags())
	root.AddCommand(&cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  noArguments,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), "aws", version())
		},
	})
	return root
}

// noArguments refuses all arguments: flags and commands are not among them.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unknown command or argument %q", args[0])}
	}
	return nil
}
