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
		Short: "hold two runs against each other",
		Long: `Hold two runs against each other: what each contestant needed in B, as a ratio
to what it needed in A, with an interval that says how far that can be trusted.`,
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
		Short: "hold a run against the targets that aws has set itself",
		Long: `Hold a run against the targets that aws has set itself, mostly as ratios to
nginx, by the best round of each. Ends with 1 if one was missed.`,
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

// oneFile takes the path of one file.
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
		Short:   "write the report of an earlier run anew",
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
