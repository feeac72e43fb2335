package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// In JSON each line of the server's log is an object, also what is said at start and why
// it ends.
func TestServerLogAsJSON(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		w = faulty(w.backend(), "json", "split")
		w.says = []string{`"msg":"counters"`, `"msg":"process"`, `"msg":"SIGHUP has no effect`, `"level":"WARN","msg":"WARNING: messages are being broken up`}
		s := start(t, w, fixture, "--log-format=json")
		s.signal(unix.SIGHUP)
		s.signal(unix.SIGUSR1)
		children.Eventually(t, "all lines", func() bool {
			return strings.Contains(s.stderr.String(), "SIGHUP") && strings.Contains(s.stderr.String(), "goroutines") && strings.Contains(s.stderr.String(), "counters")
		})
		for line := range strings.Lines(s.stderr.String()) {
			var object map[string]any
			if err := json.Unmarshal([]byte(line), &object); err != nil || object["time"] == nil || object["level"] == nil {
				t.Errorf("%v: %s", err, line)
			}
		}
	})
	out, err := children.Command(t, built.aws, "--log-format=json", "--access-log=/none/log", "--listen=127.0.0.1:0", "--root="+fixture).CombinedOutput()
	var object struct{ Level, Msg string }
	if err == nil || json.Unmarshal(out, &object) != nil || object.Level != "ERROR" || object.Msg != "access log: open /none/log: no such file or directory; make its folder, or choose another file with --access-log=PATH" {
		t.Errorf("%v: %s", err, out)
	}
}

// The level leaves out what is less.
func TestServerLogLevel(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--log-level=warn")
		s.signal(unix.SIGHUP)
		s.signal(unix.SIGUSR1)
		s.signal(unix.SIGTERM)
		if code := s.wait(t); code != 0 || s.stderr.String() != "" {
			t.Errorf("exit code %d, and on stderr:\n%s", code, &s.stderr)
		}
	})
}

// What is wrong with the flags of the logs is said where it stands.
func TestLogsChecked(t *testing.T) {
	t.Parallel()
	for flags, want := range map[string]string{
		"--access-log=syslog:a":                        "error: --access-log=syslog:a: want a file, - for the standard output",
		"--access-log=/none/log":                       "error: --access-log=/none/log: open /none/log: no such file or directory; make its folder",
		"--access-log=/":                               "error: --access-log=/: open /: is a directory; choose a file",
		"--access-log-format=combind --access-log=-":   "error: --access-log-format=combind: want common, combined, json, or a template",
		"--access-log-format=$statu --access-log=-":    "error: --access-log-format=$statu: column 1: there is no field $statu",
		"--access-log-only=status>=4xx --access-log=-": "error: --access-log-only=status>=4xx: column 9: status: want a status, such as 404",
		"--access-log-sample=0 --access-log=-":         "error: --access-log-sample=0: want 1 or more",
		"--access-log-format=json":                     "warning: --access-log-format=json: has no effect without --access-log",
		"--log-level=loud":                             "error: --log-level=loud: want one of debug, info, warn, error",
	} {
		args := append([]string{"--check", "--listen=127.0.0.1:0", "--root=" + fixture}, strings.Fields(flags)...)
		out, err := children.Command(t, built.aws, args...).CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), "aws: "+want) {
			t.Errorf("%s: %v: %s", flags, err, out)
		}
	}
}
