package contest

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const countersTimeout = 30 * time.Second

// Counters asks aws for the counters of its engines by SIGUSR1, and sums those
// of its workers. aws logs a line of name=value pairs for each.
func (s *Server) Counters(workers int) (map[string]uint64, error) {
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
