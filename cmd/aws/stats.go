// 'aws stats': what a server that runs has counted, once. It asks the admin address.

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/stats"
)

// defaultAdmin is where commands look for a server.
const defaultAdmin = "127.0.0.1:9888"

// newStatsCommand prints the figures of a server.
func newStatsCommand() *cobra.Command {
	address, asJSON := defaultAdmin, false
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
	c.Flags().StringVar(&address, "admin", address, "`ADDRESS` of the server's admin pages: HOST:PORT or unix:/path")
	c.Flags().BoolVar(&asJSON, "json", false, "print all figures as JSON")
	_ = c.RegisterFlagCompletionFunc("admin", cobra.FixedCompletions([]string{defaultAdmin, "unix:"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

const (
	adminTimeout = 10 * time.Second
	// maxAdmin bounds what is read of an answer, in bytes.
	maxAdmin = 64 << 20
)

// askAdmin fetches a path from an admin address. It speaks HTTP/1.0, whose bodies have
// no framing: package net/http would cost each start of the server as well.
func askAdmin(address, path string) ([]byte, error) {
	at, err := backend.ParseListenAddress(address)
	if err != nil {
		return nil, usageError{fmt.Errorf("--admin=%s: %w", address, err)}
	}
	network, to := "tcp", at.String()
	if at.IsPath() {
		network, to = "unix", strings.TrimPrefix(to, "unix:")
	}
	c, err := net.DialTimeout(network, to, adminTimeout)
	if err != nil {
		return nil, notListening(address, err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(adminTimeout))
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.0\r\nHost: localhost\r\n\r\n"); err != nil {
		return nil, fmt.Errorf("asking %s: %w", address, err)
	}
	return readAnswer(io.LimitReader(c, maxAdmin), address)
}

// readAnswer reads the body of a 200.
func readAnswer(from io.Reader, address string) ([]byte, error) {
	r := bufio.NewReader(from)
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		switch {
		case errors.Is(err, io.EOF):
			return nil, noAdmin(address)
		case err != nil:
			return nil, fmt.Errorf("%s does not answer: %w; is it busy, or stopped?", address, err)
		case first && !(strings.HasPrefix(line, "HTTP/1.") && len(line) > 12 && line[9:12] == "200"):
			return nil, noAdmin(address)
		case strings.TrimRight(line, "\r\n") == "":
			return io.ReadAll(r)
		}
	}
}

// noAdmin says that something else answers at an address.
func noAdmin(address string) error {
	return fmt.Errorf("%s is not the admin address of an aws; that is what --admin=ADDRESS named when it was started", address)
}

// notListening says what to do if an admin address cannot be reached.
func notListening(address string, err error) error {
	errno := unix.Errno(0)
	errors.As(err, &errno)
	switch errno {
	case unix.ECONNREFUSED, unix.ENOENT:
		return fmt.Errorf("nothing listens on %s: start aws with --admin=%[1]s, or name the address that it has, with --admin=ADDRESS", address)
	case unix.EACCES:
		return fmt.Errorf("%s: permission denied; try it as the user that aws runs as", address)
	}
	return fmt.Errorf("connecting to %s: %w", address, err)
}
