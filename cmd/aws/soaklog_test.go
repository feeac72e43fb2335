// What the servers of a soak log, and those who read it, or do not.

package main_test

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// soakSays is all that a server may log besides what logReader takes.
var soakSays = []string{
	"another folder is served now", "the file was written to while it was being sent",
	"the file has become shorter while it was being sent", "finishing what is being sent",
}

// logReader stands between a server and its log. It may stop reading, and it
// keeps the newest report.
type logReader struct {
	reading sync.Mutex // held while nobody reads
	out     io.Writer

	mu       sync.Mutex
	rest     []byte // of a line
	counters map[string]string
	process  string
	dropped  atomic.Int64 // lines
}

func (l *logReader) between(out io.Writer) io.Writer {
	l.out = out
	return l
}

// Write passes on what is not a report, so that hours of them take no memory.
func (l *logReader) Write(b []byte) (int, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		if !l.take(string(line)) {
			_, _ = fmt.Fprintf(l.out, "%s\n", line)
		}
		l.rest = rest
	}
}

// take takes a line that is for the soak.
func (l *logReader) take(line string) bool {
	var n int64
	switch {
	case strings.Contains(line, "msg=counters"):
		if l.counters != nil {
			l.counters[figure(line, "loop")] = line
		}
	case strings.Contains(line, "msg=process"):
		l.process = line
	case strings.Contains(line, "SIGHUP has no effect"):
	default:
		if _, err := fmt.Sscanf(line, "aws: %d lines were dropped here", &n); err != nil {
			return false
		}
		l.dropped.Add(n)
	}
	return true
}

// figure is the value of a key in a line of the log.
func figure(line, key string) string {
	match := regexp.MustCompile(`\b` + regexp.QuoteMeta(key) + `=(\S+)`).FindStringSubmatch(line)
	if match == nil {
		return ""
	}
	return match[1]
}

// report asks a server for a report, until it comes: one line of each loop and
// one of the process.
func (s *soaked) report(t *testing.T) (loops []string, process string) {
	t.Helper()
	s.log.mu.Lock()
	s.log.counters, s.log.process = map[string]string{}, ""
	s.log.mu.Unlock()
	asked := time.Time{}
	children.Eventually(t, "a report", func() bool {
		if time.Since(asked) > time.Second { // a line may have been dropped
			s.signal(unix.SIGUSR1)
			asked = time.Now()
		}
		s.log.mu.Lock()
		defer s.log.mu.Unlock()
		return len(s.log.counters) == soakWorkers && s.log.process != ""
	})
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	for _, line := range s.log.counters {
		loops = append(loops, line)
	}
	return loops, s.log.process
}

// stormLeast is how many signals fill the pipe, and then the queue behind it.
const stormLeast = 500

// storm sends so many signals while nobody reads the log.
func (s *soak) storm(server *soaked, signals int) {
	server.log.reading.Lock()
	defer server.log.reading.Unlock()
	server.storms++
	for i := range signals {
		if i >= stormLeast && s.isClosing() {
			return
		}
		server.signal(unix.SIGHUP)
		server.signal(unix.SIGUSR1)
		time.Sleep(500 * time.Microsecond)
	}
}
