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
