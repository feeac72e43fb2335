// 'aws stats': what a server that runs has counted, once. It asks the admin address.

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"aws/httpx/stats"
)

// newStatsCommand prints the figures of a server.
func newStatsCommand() *cobra.Command {
	address, asJSON := "", false
	c := &cobra.Command{
		Use:   "stats",
		Short: "print what a server that runs has counted",
		Long: `Print what a server that runs has counted since its start, and what it holds.
The server has to have been started with --admin=ADDRESS. All figures are in
docs/operations.md.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := askAdmin(address, "/stats.json")
			if err != nil {
				return err
			}
			var s stats.Snapshot
			if err := json.Unmarshal(text, &s); err != nil || len(s.Loops) == 0 {
				return noAdmin(address)
			}
			if asJSON {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", bytes.TrimSpace(text))
			} else {
				_, err = io.WriteString(cmd.OutOrStdout(), statsText(&s))
			}
			return err
		},
	}
	adminFlag(c, &address)
	c.Flags().BoolVar(&asJSON, "json", false, "print all figures as JSON")
	return c
}
