package contest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const countersTimeout = 30 * time.Second

// Counters asks aws for the counters of its engines, and sums those of its workers: at
// its admin address if that is a unix socket, and otherwise by SIGUSR1. Then aws logs a
// line of name=value pairs for each, unless it has an access log in a file.
func (s *Server) Counters(workers int) (map[string]uint64, error) {
	for _, arg := range s.Launch.Args {
		if socket, found := strings.CutPrefix(arg, adminFlag); found {
			return askStats(socket)
		}
	}
	return s.loggedCounters(workers)
}

// adminFlag is how flags of aws name such an address.
const adminFlag = "--admin=unix:"

// askStats asks a unix socket.
func askStats(socket string) (map[string]uint64, error) {
	client := http.Client{Timeout: countersTimeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	answer, err := client.Get("http://localhost/stats.json")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", socket, answer.Status)
	}
	var figures struct {
		Total struct{ Engine map[string]uint64 }
	}
	if err := json.NewDecoder(answer.Body).Decode(&figures); err != nil {
		return nil, fmt.Errorf("%s: %w", socket, err)
	}
	counters := map[string]uint64{}
	for name, n := range figures.Total.Engine {
		counters[strings.ReplaceAll(name, "_", "")] = n // as they are called in the log
	}
	return counters, nil
}

// loggedCounters has aws log them.
func (s *Server) loggedCounters(workers int) (map[string]uint64, error) {
	before, err := os.ReadFile(s.log)
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(countersTimeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(s.log)
		if err != nil {
			return nil, err
		}
		if counters, lines := parseCounters(string(text[len(before):])); lines >= workers {
			return counters, nil
		}
	}
	return nil, errors.New("aws did not log its counters")
}

// parseCounters sums the counters of complete log lines. Their names have the
// prefix of a log group, which ends with a dot.
func parseCounters(text string) (counters map[string]uint64, lines int) {
	counters = map[string]uint64{}
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") || !strings.Contains(line, "waits=") {
			continue
		}
		lines++
		for _, word := range strings.Fields(line) {
			name, value, _ := strings.Cut(word, "=")
			_, name, found := strings.Cut(name, ".")
			if n, err := strconv.ParseUint(value, 10, 64); found && err == nil {
				counters[name] += n
			}
		}
	}
	return counters, lines
}
