// How commands ask a server that runs: by HTTP, at its admin address.

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"aws/backend"
)

// defaultAdmin is where commands look for a server.
const defaultAdmin = "127.0.0.1:9888"

// adminFlag adds the flag that names the server to a command.
func adminFlag(c *cobra.Command, address *string) {
	*address = defaultAdmin
	c.Flags().StringVar(address, "admin", defaultAdmin, "`ADDRESS` of the server's admin pages: HOST:PORT or unix:/path")
	_ = c.RegisterFlagCompletionFunc("admin", cobra.FixedCompletions([]string{defaultAdmin, "unix:"}, cobra.ShellCompDirectiveNoFileComp))
}

const (
	adminTimeout = 10 * time.Second
	// maxHead and maxAdmin bound what is read of the head of an answer and of its body,
	// in bytes.
	maxHead  = 64 << 10
	maxAdmin = 64 << 20
)

// askAdmin fetches a path from an admin address.
func askAdmin(address, path string) ([]byte, error) {
	c, body, err := openAdmin(address, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	return io.ReadAll(io.LimitReader(body, maxAdmin))
}

// openAdmin asks an admin address for a path, and returns the connection, which the caller
// closes, and the body of the answer. It speaks HTTP/1.0, whose bodies have no framing:
// package net/http would cost each start of the server as well.
func openAdmin(address, path string) (net.Conn, *bufio.Reader, error) {
	at, err := backend.ParseListenAddress(address)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("--admin=%s: %w", address, err)}
	}
	network, to := "tcp", at.String()
	if at.IsPath() {
		network, to = "unix", strings.TrimPrefix(to, "unix:")
	}
	c, err := net.DialTimeout(network, to, adminTimeout)
	if err != nil {
		return nil, nil, notListening(address, err)
	}
	_ = c.SetDeadline(time.Now().Add(adminTimeout))
	body := bufio.NewReader(c)
	if _, err = io.WriteString(c, "GET "+path+" HTTP/1.0\r\nHost: localhost\r\n\r\n"); err != nil {
		err = fmt.Errorf("asking %s: %w", address, err)
	} else {
		err = readHead(body, address)
	}
	if err != nil {
		_ = c.Close()
		return nil, nil, err
	}
	return c, body, nil
}

// readHead reads the head of a 200.
func readHead(r *bufio.Reader, address string) error {
	left := maxHead
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		left -= len(line)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, bufio.ErrBufferFull), left < 0:
			return noAdmin(address)
		case err != nil:
			return fmt.Errorf("%s does not answer: %w; is it busy, or stopped?", address, err)
		case first && !(bytes.HasPrefix(line, []byte("HTTP/1.")) && len(line) > 12 && string(line[9:12]) == "200"):
			return noAdmin(address)
		case len(bytes.TrimRight(line, "\r\n")) == 0:
			return nil
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
