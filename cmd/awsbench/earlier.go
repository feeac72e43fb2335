package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/report"
)

func newCompareCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compare A.json B.json",
		Short: "compare two runs",
		Long: `Compare two runs: what each contestant needed in B, as a ratio to what it needed
in A, with a confidence interval. To compare two builds of aws, measure both in
one run: awsbench run --before.`,
		Example: "  awsbench compare before/raw.json after/raw.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError{fmt.Errorf("want two files, A.json and B.json, not %d", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			a, err := record.Read(args[0])
			if err != nil {
				return err
			}
			b, err := record.Read(args[1])
			if err != nil {
				return err
			}
			return report.Compare(c.OutOrStdout(), a, b)
		},
	}
}

func newGateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "gate raw.json",
		Short: "check a run against the targets of aws",
		Long: `Check a run against the targets of aws. Most are ratios to nginx, judged by the
best round of each contestant. A run with --before is checked against the earlier
build instead: at most 1.03 of its CPU per request, and 1.01 of its memory per
connection. The exit code is 1 if a target was missed.`,
		Example: `  awsbench gate bench/REPORT/raw.json
  awsbench run --scenario=1k,connect --only=aws-epoll,aws-uring,nginx --gate`,
		Args: oneFile("raw.json"),
		RunE: func(c *cobra.Command, args []string) error {
			run, err := record.Read(args[0])
			if err != nil {
				return err
			}
			return report.Gate(c.OutOrStdout(), run)
		},
	}
}

// oneFile accepts the path of exactly one file.
func oneFile(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{fmt.Errorf("want one file, %s, not %d", name, len(args))}
		}
		return nil
	}
}

func newReportCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:     "report raw.json",
		Short:   "rewrite the report of an earlier run",
		Example: "  awsbench report bench/REPORT/raw.json --out=bench/REPORT",
		Args:    oneFile("raw.json"),
		RunE: func(c *cobra.Command, args []string) error {
			run, err := record.Read(args[0])
			if err != nil {
				return err
			}
			if err := report.Write(run, out); err != nil {
				return err
			}
			return report.Text(c.OutOrStdout(), run)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", ".", "`folder` for report.html, report.md and raw.json")
	return c
}
