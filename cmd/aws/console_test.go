package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// fullPipe is a pipe that takes no more until somebody reads it.
func fullPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	var fds [2]int
	must(t, unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	line := []byte(strings.Repeat("x", 63) + "\n")
	for {
		if _, err := unix.Write(fds[1], line); err == unix.EAGAIN {
			break
		}
	}
	must(t, unix.SetNonblock(fds[0], false))
	must(t, unix.SetNonblock(fds[1], false)) // for the server it is an ordinary pipe
	r, w = os.NewFile(uintptr(fds[0]), "reader"), os.NewFile(uintptr(fds[1]), "writer")
	t.Cleanup(func() { _ = r.Close() })
	return r, w
}

// Nobody reads what the server prints: a log collector hangs, or a pager waits
// for a key. It starts, serves, and ends all the same.
func TestNobodyReadsWhatIsPrinted(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		socket := filepath.Join(t.TempDir(), "s")
		admin := "unix:" + socket + "admin"
		cmd := children.Command(t, w.binary, append(w.args, "--root="+fixture, "--listen=unix:"+socket, "--workers=2", "--access-log=-", "--admin="+admin)...)
		reader, full := fullPipe(t)
		cmd.Stdout, cmd.Stderr = full, full
		must(t, cmd.Start())
		must(t, full.Close())
		client := &http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "unix", socket)
			},
		}}
		fetch := func() error {
			response, err := client.Get("http://aws/static/" + small)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err == nil && string(body) != string(contents[small]) {
				err = fmt.Errorf("status %d with %d bytes", response.StatusCode, len(body))
			}
			return err
		}
		children.Eventually(t, "the first response", func() bool { return fetch() == nil })
		for range 1000 { // more lines than are kept
			_ = unix.Kill(cmd.Process.Pid, unix.SIGUSR1)
			_ = unix.Kill(cmd.Process.Pid, unix.SIGHUP)
			if err := fetch(); err != nil {
				t.Fatal(err)
			}
		}
		if logs := figuresAt(t, admin).Logs; logs.Dropped == 0 {
			t.Errorf("lines were dropped, and none is counted: %+v", logs)
		}
		lines := bufio.NewScanner(reader)
		dropped, started := false, false
		for !(started && dropped) && lines.Scan() { // stdout and stderr come in any order
			started = started || strings.HasPrefix(lines.Text(), "aws ")
			dropped = dropped || strings.Contains(lines.Text(), "lines were dropped here")
		}
		if !started || !dropped {
			t.Errorf("the start line was printed: %v; that lines were dropped: %v", started, dropped)
		}
		_ = unix.Kill(cmd.Process.Pid, unix.SIGTERM) // with the pipe full again, or soon
		if err := cmd.Wait(); err != nil {
			t.Errorf("the end: %v", err)
		}
	})
}

// A terminal that closes does not end the server.
func TestHangUpEndsNothing(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		w.says = []string{"SIGHUP has no effect"}
		s := start(t, w, fixture)
		_, body, first := s.begin(t, "/static/")
		s.signal(unix.SIGHUP)
		children.Eventually(t, "a line that says so", func() bool { return strings.Contains(s.stderr.String(), "SIGHUP") })
		rest, err := io.ReadAll(io.LimitReader(body, int64(len(contents[large])-len(first))))
		if n := len(first) + len(rest); err != nil || n != len(contents[large]) {
			t.Errorf("%d bytes and %v", n, err)
		}
	})
}
