package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"aws/httpx/stats"
)

// madeUp is a snapshot with figures that are easy to find again.
func madeUp() *stats.Snapshot {
	f := stats.Figures{
		Requests: []stats.Requests{{Site: "example.org", Method: "GET", Class: "2xx", Count: 1234567}, {Site: "example.org", Method: "HEAD", Class: "4xx", Count: 3}},
		Codes:    map[string]uint64{"200": 1234567, "404": 3, "206": 0}, Outcomes: map[string]uint64{"whole": 1234560, "client_gone": 10},
		Refusals: map[string]uint64{"host": 2, "head_late": 1, "memory": 0}, Connections: map[string]uint64{"idle": 5, "sending": 1},
		Sent: 3 << 30, Received: 100, CPU: 900e9, Turns: 1000, Completions: 2500,
	}
	f.Duration.Add(1e6, 1234570)
	f.Size.Add(2000, 1234570)
	f.Engine.Recvs, f.Engine.Sends, f.Engine.Opened = 1234570, 1234570, 1000
	f.Files.Hits, f.Files.Misses = 999, 1
	f.Held.Exchanges, f.Held.Descriptors = 1, 7
	s := &stats.Snapshot{
		Time: time.Unix(4600, 0), Started: time.Unix(1000, 0), Build: stats.Build{Version: "v9", Engine: "uring", Go: "go1"},
		Memory: stats.Memory{Used: 1536 << 10, Limit: 1 << 30}, Limits: stats.Limits{Connections: 1024, OpenFiles: 500},
		Logs:    stats.Logs{Access: 1234000, AccessDropped: 567, Dropped: 8},
		Process: stats.Process{Resident: 20 << 20, Goroutines: 9},
		Loops:   []stats.Loop{{Number: 0, Lag: 31234, Figures: f}, {Number: 1, Late: true}},
	}
	s.Sum()
	return s
}

// answering is the address of something that answers every connection with a text, once
// it has heard a request.
func answering(t *testing.T, network, address, answer string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b := make([]byte, 1000)
			n, _ := c.Read(b)
			if request := string(b[:n]); !strings.HasPrefix(request, "GET /stats.json HTTP/1.0\r\n") || !strings.HasSuffix(request, "\r\n\r\n") {
				t.Errorf("asked for %q", request)
			}
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}()
	if network == "unix" {
		return "unix:" + address
	}
	return l.Addr().String()
}

// statsOf is what 'aws stats' prints.
func statsOf(args ...string) (string, error) {
	var out bytes.Buffer
	c := newCommand()
	c.SetOut(&out)
	c.SetArgs(append([]string{"stats"}, args...))
	err := c.Execute()
	return out.String(), err
}

// The figures of a server are printed for people, and as JSON, over TCP and over a unix
// socket.
func TestStats(t *testing.T) {
	s := madeUp()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	answer := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + string(b)
	tcp := answering(t, "tcp", "127.0.0.1:0", answer)
	unix := answering(t, "unix", filepath.Join(t.TempDir(), "admin"), answer)
	for _, address := range []string{tcp, unix} {
		text, err := statsOf("--admin=" + address)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{
			`aws v9 with uring, 2 workers, up 1h0m0s`,
			`Workers that do not answer, whose figures are old: 1`,
			`Requests +1,234,570, 342.9 a second; 1 open`,
			`Responses +200: 1,234,567, 404: 3`,
			`Ended +whole: 1,234,560, client gone: 10`,
			`Refused +host: 2, head late: 1`,
			`By site +example.org GET 2xx: 1,234,567`,
			`Duration +half up to 9\d\dµs, 90 % 9\d\dµs, 99 % 9\d\dµs, 99.9 % 9\d\dµs; mean 1ms`,
			`First byte +none`,
			`Bytes +3 GiB sent, 873.8 KiB a second; 100 bytes received`,
			`Connections +6 of 1,024: idle: 5, sending: 1`,
			`Memory +1.5 MiB of 1 GiB; .*`,
			`Files +7 of 500 descriptors, 0 in use; 99.9 % of look-ups found one open`,
			`Lines +1,234,000 written in the access log, 567 dropped; 8 of the server's own dropped`,
			`System calls +2,469,140, 2.00 a request`,
			` +recv: 1,234,570, send: 1,234,570`,
			` +0 +1,234,570 +6 +25.0 % +31.2µs +1,000 +2.5 events`,
			` +1 +0 +0 +0.0 % +late +0 +0.0 events`,
		} {
			if !regexp.MustCompile(`(?m)^` + line + `$`).MatchString(text) {
				t.Errorf("no line %q in\n%s", line, text)
			}
		}
		for line := range strings.Lines(text) {
			if strings.TrimRight(line, " \n")+"\n" != line && line != "\n" {
				t.Errorf("a line ends with a space: %q", line)
			}
		}
		if text, err := statsOf("--json", "--admin="+address); err != nil || text != string(b)+"\n" {
			t.Errorf("%v, %.200s", err, text)
		}
	}
}

// Where there are no figures, it is said why and what to do.
func TestNoStats(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	other := func(answer string) string { return answering(t, "tcp", "127.0.0.1:0", answer) }
	const notOurs = "is not the admin address of an aws"
	for address, want := range map[string]string{
		closed:       "nothing listens on " + closed + ": start aws with --admin=" + closed + ", ",
		"unix:/none": "nothing listens on unix:/none: start aws with --admin=unix:/none, ",
		"none":       "--admin=none: want HOST:PORT, :PORT or unix:/path",
		other("HTTP/1.1 404 Not Found\r\n\r\n404\n"):        notOurs,
		other("HTTP/1.1 200 OK\r\n\r\n<html>"):              notOurs,
		other("HTTP/1.1 200 OK\r\n\r\n{}"):                  notOurs,
		other("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"):  notOurs,
		other("SSH-2.0-OpenSSH\r\n"):                        notOurs,
		other(""):                                           notOurs,
		other("HTTP/1.1 200 OK\r\n\r\n" + `{"loops":[{"ru`): notOurs,
	} {
		text, err := statsOf("--admin=" + address)
		var usage usageError
		if err == nil || !strings.Contains(err.Error(), want) || text != "" || errors.As(err, &usage) != (address == "none") {
			t.Errorf("%s: %v, %q; want %q", address, err, text, want)
		}
	}
}

// Numbers are short and have their unit.
func TestFigureTexts(t *testing.T) {
	for got, want := range map[string]string{
		thousands(0): "0", thousands(999): "999", thousands(uint64(1000)): "1,000", thousands(-12345678): "-12,345,678",
		inBytes(int64(0)): "0 bytes", inBytes(uint64(1023)): "1,023 bytes", inBytes(uint64(1 << 10)): "1 KiB", inBytes(int64(1500 << 10)): "1.4 MiB", inBytes(int64(5 << 40)): "5 TiB",
		shortTime(0): "0s", shortTime(999): "999ns", shortTime(123456789): "123ms", shortTime(61e9): "1m1s",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
