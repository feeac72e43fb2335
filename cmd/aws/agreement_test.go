// The access log, the figures and the clients tell the same of the same requests.

package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"aws/backend/backendtest/children"
	"aws/httpx/stats"
)

// figuresAt are what 'aws stats' prints of the server at an admin address.
func figuresAt(t *testing.T, admin string) (s stats.Snapshot) {
	t.Helper()
	r := run(t, "", "stats", "--json", "--admin="+strings.TrimPrefix(admin, "http://"))
	if r.code != 0 {
		t.Fatalf("aws stats: exit code %d, %s", r.code, r.stderr)
	}
	must(t, json.Unmarshal([]byte(r.stdout), &s))
	return s
}

// sample is the sum of the samples of a metric in a text for Prometheus.
func sample(t *testing.T, text, metric string) (sum uint64) {
	t.Helper()
	found := regexp.MustCompile(`(?m)^`+metric+`(?:\{.*\})? (\d+)$`).FindAllStringSubmatch(text, -1)
	if found == nil {
		t.Errorf("no %s in\n%s", metric, text)
	}
	for _, match := range found {
		n, err := strconv.ParseUint(match[1], 10, 64)
		must(t, err)
		sum += n
	}
	return sum
}

// conversation is what a client says on a connection of its own.
type conversation struct {
	name     string
	says     string
	requests int
	cut      bool // the client reads a little, and resets the connection
	gone     bool // the client ends the connection before the request is complete
}

// conversations are of all kinds. In each, the last response ends the connection.
func conversations() (all []conversation) {
	const last = "Connection: close"
	one := func(name, says string) { all = append(all, conversation{name: name, says: says, requests: 1}) }
	for _, tree := range trees {
		for _, file := range []string{"empty.txt", "one.txt", small, medium, large} {
			one("whole", get(tree+file, last))
		}
		one("not modified", get(tree+small, "If-None-Match: *", last))
		one("not found", get(tree+"none", last))
		one("a range", get(tree+medium, "Range: bytes=5-100000", last))
		one("ranges", get(tree+large, "Range: bytes=0-9,1000000-2000000,-5", last))
		one("no such range", get(tree+small, "Range: bytes=99999999-", last))
		one("HEAD", request("HEAD", tree+large, last))
		one("HTTP/1.0", "GET "+tree+medium+" HTTP/1.0\r\n\r\n")
		one("method", request("POST", tree+small, "Content-Length: 0", last))
		one("timed out", get(tree+small, "Content-Length: 10")+"12345")
		pipelined := ""
		for range 7 {
			pipelined += get(tree+small) + get(tree+"none")
		}
		all = append(all,
			conversation{name: "pipelined", says: pipelined + get(tree+medium, last), requests: 15},
			conversation{name: "cut", says: get(tree + sparse), requests: 1, cut: true},
			conversation{name: "gone", says: "GET " + tree, gone: true}) // that is no request yet
	}
	one("no host", "GET /static/"+small+" HTTP/1.1\r\n\r\n")
	one("no HTTP", "nonsense\r\n\r\n")
	one("version", "GET / HTTP/3.0\r\n\r\n")
	return all
}

// hold holds the conversation, and returns how many bytes the client got if it read all.
func (v conversation) hold(t *testing.T, s *server, c *client) (received int64) {
	if _, err := io.WriteString(c, v.says); err != nil {
		t.Errorf("%s: %v", v.name, err)
	}
	switch {
	case v.cut:
		if _, err := io.CopyN(io.Discard, c.in, 1000); err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
		c.reset()
		return 0
	case v.gone:
		_ = c.CloseWrite()
	}
	received, err := io.Copy(io.Discard, c.in)
	if err != nil || received == 0 && !v.gone {
		t.Errorf("%s: %d bytes and %v", v.name, received, err)
	}
	return received
}

// Each request has one line in the log and counts once, with the same status and outcome.
// The bytes of the lines are those that were sent, and that the clients got.
func TestLogFiguresAndClientsAgree(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		path := filepath.Join(t.TempDir(), "log")
		s := start(t, w, fixture, adminFlag, "--access-log="+path, "--access-log-format=json:request,status,bytes,outcome", "--body-timeout=1s", "--workers=2")
		at := s.admin(t)
		var requests int
		var received atomic.Int64
		var clients sync.WaitGroup
		for range 3 {
			for _, v := range conversations() {
				requests += v.requests
				c := s.dial(t)
				clients.Go(func() { received.Add(v.hold(t, s, c)) })
			}
		}
		clients.Wait()
		lines := logLines(t, path, requests)
		codes, outcomes := map[string]uint64{}, map[string]uint64{}
		var bytes, whole uint64
		for _, line := range lines {
			var l struct {
				Request, Outcome string
				Status           int
				Bytes            uint64
			}
			must(t, json.Unmarshal([]byte(line), &l))
			codes[strconv.Itoa(l.Status)]++
			outcomes[strings.ReplaceAll(l.Outcome, "-", "_")]++
			bytes += l.Bytes
			if !strings.Contains(l.Request, sparse) {
				whole += l.Bytes
			}
		}
		// A line and a count come in the same turn of a loop, so all are counted.
		f := figuresAt(t, at)
		text := curl(t, at+"/metrics")
		maps.DeleteFunc(f.Total.Outcomes, func(_ string, n uint64) bool { return n == 0 })
		for name, c := range map[string][2]any{
			"requests in /metrics":  {sample(t, text, "aws_requests_total"), uint64(requests)},
			"responses in /metrics": {sample(t, text, "aws_responses_total"), uint64(requests)},
			"outcomes in /metrics":  {sample(t, text, "aws_outcomes_total"), uint64(requests)},
			"durations":             {sample(t, text, "aws_request_duration_seconds_count"), uint64(requests)},
			"lines in /metrics":     {sample(t, text, "aws_access_log_lines_total"), uint64(requests)},
			"lines dropped":         {sample(t, text, "aws_access_log_lines_dropped_total"), uint64(0)},
			"open requests":         {sample(t, text, "aws_open_requests"), uint64(0)},
			"statuses":              {fmt.Sprint(f.Total.Codes), fmt.Sprint(codes)},
			"outcomes":              {fmt.Sprint(f.Total.Outcomes), fmt.Sprint(outcomes)},
			"bytes sent":            {sample(t, text, "aws_sent_bytes_total"), bytes},
			"sizes":                 {f.Total.Size.Sum, bytes},
			"bytes that clients got, of those who read all": {uint64(received.Load()), whole},
		} {
			if c[0] != c[1] {
				t.Errorf("%s: %v, want %v", name, c[0], c[1])
			}
		}
		for _, code := range []string{"200", "206", "304", "400", "404", "405", "408", "416", "505"} {
			if codes[code] == 0 {
				t.Errorf("no response with status %s: %v", code, codes)
			}
		}
		if outcomes["client_gone"] != 6 {
			t.Errorf("outcomes %v", outcomes)
		}
		children.Eventually(t, "the connections to be gone", func() bool { f := figuresAt(t, at).Total; return f.Open() == 0 })
	})
}
