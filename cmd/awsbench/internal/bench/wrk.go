package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"aws/cmd/awsbench/internal/proc"
	"aws/cmd/awsbench/internal/record"
	"aws/cmd/awsbench/internal/spawn"
)

// WrkCan reports whether wrk can generate the load of a scenario: one URL in a
// closed loop without pipelining.
func WrkCan(s Scenario) bool {
	return s.Kind == record.Throughput && s.Pipeline == 1 && !s.Parts && s.Name != "many"
}

func wrkVersion(path string) string {
	out, _ := spawn.CombinedOutput(exec.Command(path, "-v")) // its exit code is 1
	line, _, _ := strings.Cut(string(out), " [")
	return line
}

var (
	wrkTotal  = regexp.MustCompile(`(\d+) requests in ([\d.]+)(us|ms|s|m), `)
	wrkErrors = regexp.MustCompile(`(?m)^\s*(Socket errors: .*|Non-2xx or 3xx responses: .*)$`)
)

// closedByWrk measures one contestant with wrk as the client, to cross-check the
// generator. wrk checks no bodies, and opens its connections within the measured
// time.
func (w *work) closedByWrk(ctx context.Context, e *entry) (record.Round, error) {
	path, _, _ := bytes.Cut(w.targets[0].Request[len("GET "):], []byte(" "))
	args := []string{
		"-t1", fmt.Sprintf("-c%d", w.Scenario.Connections),
		fmt.Sprintf("-d%ds", max(1, int(w.Duration.Round(time.Second).Seconds()))),
		"-H", "Accept-Encoding: identity",
	}
	if w.PerRequest {
		args = append(args, "-H", "Connection: close")
	}
	cmd := exec.CommandContext(ctx, w.Wrk, append(args, "http://"+e.server.Addr.String()+string(path))...)
	pids := e.server.Processes()
	before, err := proc.ReadUsage(pids)
	if err != nil {
		return record.Round{}, err
	}
	out, err := spawn.CombinedOutput(cmd)
	if err != nil {
		return record.Round{}, fmt.Errorf("wrk: %w: %s", err, bytes.TrimSpace(out))
	}
	after, err := proc.ReadUsage(pids)
	if err != nil {
		return record.Round{}, err
	}
	r, err := parseWrk(string(out))
	if err != nil {
		return r, err
	}
	used := after.Sub(before)
	user, system := used.Split()
	r.User, r.System = seconds(user), seconds(system)
	r.Voluntary, r.Involuntary = used.Voluntary, used.Involuntary
	r.Bytes = uint64(r.Requests) * uint64(w.Body)
	r.Client = seconds(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime())
	memory, err := proc.ReadMemory(pids)
	r.RSS, r.PSS = memory.RSS, memory.PSS
	return r, err
}

func parseWrk(out string) (r record.Round, err error) {
	if m := wrkErrors.FindStringSubmatch(out); m != nil {
		return r, errors.New("wrk: " + m[1])
	}
	m := wrkTotal.FindStringSubmatch(out)
	if m == nil {
		return r, fmt.Errorf("wrk printed no total: %.200q", out)
	}
	r.Requests, _ = strconv.ParseFloat(m[1], 64)
	elapsed, err := time.ParseDuration(m[2] + m[3])
	r.Seconds = seconds(elapsed)
	return r, err
}
