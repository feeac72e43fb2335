// 'aws doctor': what this machine allows, and what follows from it for a start with these
// settings.
//
//	doctor.go ► another process: doctorfacts.go, doctorroots.go ─► facts, as JSON
//	                                                                 │
//	            doctorprint.go ◄─ findings ◄─ doctorjudge.go and others
//
// A thread that waits for a dead file system cannot always be killed (request_wait_answer,
// fs/fuse/dev.c), and a process ends with its last thread. So whatever may ask one is
// done in a process of its own, which is left alone if it does not answer.

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const (
	// patience is how long a file system may take to answer.
	patience = 3 * time.Second
	// gatherTime is how long the other process may take: it asks some file systems
	// one after the other.
	gatherTime = 5 * patience
	// gatherFlag has a process do the other's work.
	gatherFlag = "gather"
)

const doctorUsage = `Say what this kernel and container allow, and what follows from it for a start
with the same flags, argument and configuration file. Nothing is changed, nothing
is listened on, and root is not needed: run it as the user that aws runs as.

Usage:
  aws doctor [flags] [DIR|FILE]    flags are those of aws ('aws --help'), and
`

// newDoctorCommand looks at the machine.
func newDoctorCommand() *cobra.Command {
	opts := &options{}
	asJSON, gather := false, false
	doctor := &cobra.Command{
		Use:               "doctor [flags] [DIR|FILE]",
		Short:             "say what this machine allows, and what follows from it",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if gather {
				return handOver(opts.gather(cmd, args))
			}
			f, err := askApart(os.Args[1:])
			if err != nil {
				return err
			}
			findings := judge(f)
			if asJSON {
				err = printJSON(stdout, f, findings)
			} else {
				printFindings(stdout, inColour(os.Stdout), f, findings, opts.quiet)
			}
			if err == nil && worstOf(findings) == failure {
				err = errors.New("with these settings it would not start here")
			}
			return err
		},
	}
	flags := newFlagSet(doctor.Flags())
	flags.BoolVar(&asJSON, "json", false, "print it for programs: the facts and what follows from them")
	jsonFlag := doctor.Flags().Lookup("json")
	flags.BoolVar(&gather, gatherFlag, false, "print the facts, and judge nothing")
	_ = flags.MarkHidden(gatherFlag)
	opts.register(flags)
	completeFlags(doctor)
	doctor.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		out := cmd.OutOrStdout()
		fmt.Fprint(out, doctorUsage)
		writeFlag(out, jsonFlag)
	})
	return doctor
}

// gathered is what one process hands to the other.
type gathered struct {
	Facts *facts `json:"facts,omitempty"`
	Error string `json:"error,omitempty"` // why there are none: mistakes in the settings
	Usage bool   `json:"usage,omitempty"` // the error is one of usage
}

// handOver prints the facts, or the error instead, as one line.
func handOver(f *facts, err error) error {
	g := gathered{Facts: f}
	if err != nil {
		g.Error, g.Usage = err.Error(), errors.As(err, new(usageError))
	}
	line, err := json.Marshal(g)
	if err == nil {
		_, err = fmt.Fprintf(stdout, "%s\n", line)
	}
	return err
}

// askApart has another process gather the facts for the same command line.
func askApart(args []string) (*facts, error) {
	const self = "/proc/self/exe"
	cmd := exec.Command(self, append([]string{"--" + gatherFlag + "=true"}, args...)...)
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = in, in
	err = cmd.Start()
	_ = in.Close()
	if err != nil {
		return nil, fmt.Errorf("%w; mount /proc here, and let aws be executed", err)
	}
	type answer struct {
		facts *facts
		err   error
	}
	a, ok := within(gatherTime, func() answer {
		f, err := readFacts(out)
		return answer{f, err}
	})
	_ = cmd.Process.Kill() // its threads may still wait
	go func() { _ = cmd.Wait() }()
	if !ok {
		return nil, fmt.Errorf("nothing has been found out within %v: a file system does not answer, that of this folder or of --config", gatherTime)
	}
	return a.facts, a.err
}

// readFacts reads what handOver has printed. What else a process may print is an error
// if there are no facts.
func readFacts(r io.Reader) (*facts, error) {
	var other []string
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadString('\n')
		if strings.HasPrefix(line, "{") {
			var g gathered
			if err := json.Unmarshal([]byte(line), &g); err != nil {
				return nil, err
			}
			switch {
			case g.Usage:
				return nil, usageError{errors.New(g.Error)}
			case g.Error != "":
				return nil, errors.New(g.Error)
			}
			return g.Facts, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the machine could not be looked at: %s", printable(strings.Join(append(other, line), "; ")))
		}
		other = append(other, strings.TrimSpace(line))
	}
}
