// Limits for each client: of real clients, from many addresses.

package main_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"aws/backend/backendtest/children"
)

// address is the n-th of a thousand addresses of this machine.
func address(n int) *net.TCPAddr {
	return &net.TCPAddr{IP: net.IPv4(127, 1, byte(n/250), byte(1+n%250))}
}

// metric is a figure of the server, 0 without one.
func (s *server) metric(t *testing.T, name string) (n int) {
	t.Helper()
	text := curl(t, s.admin(t)+"/metrics")
	if found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\d+)$`).FindStringSubmatch(text); found != nil {
		n, _ = strconv.Atoi(found[1])
	}
	return n
}

// meetsLimits is a way whose server may log that clients meet limits.
func meetsLimits(w way) way {
	w.says = append(w.says[:len(w.says):len(w.says)], "over a limit")
	return w
}

// One client opens 2,000 connections and holds on to what it gets; a thousand others are
// served meanwhile, and it is again once it has let go.
func TestOneClientOpensManyConnections(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		const most, attempts = 20, 2000
		s := start(t, meetsLimits(w), fixture, "--max-connections-per-ip=20", "--max-connections=200", "--workers=2", "--open-file-idle=1h", adminFlag)
		attacker := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 66, 6, 6)}}
		var held []*net.TCPConn
		for range attempts {
			c, err := attacker.Dial("tcp", s.addrs[0])
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			held = append(held, c.(*net.TCPConn))
		}
		for i := range 1000 {
			c := s.dialBy(t, net.Dialer{LocalAddr: address(i)})
			c.goesOn()
			_ = c.Close()
		}
		children.Eventually(t, "the others to be turned away", func() bool {
			return s.metric(t, "aws_connections_turned_away_total") == attempts-2*most
		})
		told := s.dialBy(t, net.Dialer{LocalAddr: address(0)})
		told.goesOn() // it is another's limit
		for _, c := range held {
			_ = c.Close()
		}
		children.Eventually(t, "the client to be served again", func() bool {
			c, err := attacker.Dial("tcp", s.addrs[0])
			if err != nil {
				return false
			}
			defer c.Close()
			_, _ = io.WriteString(c, get("/static/"+small))
			b := make([]byte, 12)
			_, _ = io.ReadFull(c, b)
			return string(b) == "HTTP/1.1 200"
		})
	})
}

// Curl is told to wait, in the form that it asks for, and a client of another address is
// not.
func TestCurlAsksTooOften(t *testing.T) {
	needs(t, "curl")
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, meetsLimits(w), fixture, "--rate-per-ip=1/m,burst=3", adminFlag)
		url := s.url("/static/" + small)
		for i := range 5 {
			code, mediaType, body := status(t, url)
			if i < 3 && code != "200" || i >= 3 && (code != "429" || body != "429 Too Many Requests\n" || !strings.HasPrefix(mediaType, "text/plain")) {
				t.Errorf("request %d: %s, %s, %q", i, code, mediaType, cut([]byte(body)))
			}
		}
		code, mediaType, body := status(t, "--header", "Accept: text/html", url)
		if code != "429" || !strings.HasPrefix(mediaType, "text/html") || !strings.Contains(body, "Please wait a little") {
			t.Errorf("a browser gets %s, %s, %q", code, mediaType, cut([]byte(body)))
		}
		_, _, head := status(t, "--head", url)
		after := regexp.MustCompile(`(?m)^Retry-After: (\d+)\r$`).FindStringSubmatch(head)
		if after == nil {
			t.Fatalf("no Retry-After:\n%s", head)
		}
		if n, _ := strconv.Atoi(after[1]); n < 1 || n > 60 {
			t.Errorf("Retry-After: %d", n)
		}
		if code, _, _ := status(t, "--interface", "127.0.0.2", "--output", os.DevNull, url); code != "200" {
			t.Errorf("another client gets %s", code)
		}
		if n := s.metric(t, `aws_refusals_total{reason="rate_per_ip"}`); n != 4 {
			t.Errorf("%d refusals are counted", n)
		}
		if !strings.Contains(s.stderr.String(), "client 127.0.0.1,") {
			t.Errorf("the log does not name the client: %s", &s.stderr)
		}
	})
}

// Wget gets a file whole, with waits in between; clients of a network that is exempt, and
// those on unix sockets, do not wait.
func TestWgetIsSentSlowly(t *testing.T) {
	needs(t, "wget", "curl")
	eachBackend(t, func(t *testing.T, w way) {
		socket := filepath.Join(t.TempDir(), "s")
		s := start(t, w, fixture, "--bandwidth=1MiB/s", "--bandwidth-total=2MiB/s,burst=1MiB", "--limit-exempt=127.0.0.64/26", "--listen=127.0.0.1:0", "--listen=unix:"+socket, adminFlag)
		for _, c := range [][]string{{"--interface", "127.0.0.77"}, {"--unix-socket", socket}} {
			curl(t, append(c, "--output", os.DevNull, s.url("/static/"+large))...)
		}
		if n := s.metric(t, "aws_bandwidth_waits_total"); n != 0 {
			t.Errorf("who is exempt waited %d times", n)
		}
		for _, tree := range trees {
			before := s.metric(t, "aws_bandwidth_waits_total")
			s.wantFile(t, "wget", tree, medium)
			// A piece is 256 KiB, or 128 KiB in a stream buffer, and on a slow machine it may
			// have its turn at once.
			pieces := len(contents[medium]) >> 17
			if n := s.metric(t, "aws_bandwidth_waits_total") - before; n < 1 || n > 2*pieces {
				t.Errorf("%s: %d waits for %d pieces", tree, n, pieces)
			}
		}
	})
}

// Connections end after some requests, and when they are old, idle or not.
func TestConnectionsEndInTime(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--max-requests-per-connection=3", "--max-pipelined=2")
		c := s.dial(t)
		c.send(strings.Repeat(get("/static/"+small), 5))
		for i := range 3 {
			if a := c.file(small); a.Close != (i == 2) {
				t.Errorf("answer %d says close: %v", i, a.Close)
			}
		}
		c.ends()
		s = start(t, w, fixture, "--max-age=1s")
		idle, silent := s.dial(t), s.dial(t)
		_, _ = io.WriteString(idle, get("/static/"+small)) // on a slow machine it comes too late
		_, _ = io.Copy(io.Discard, idle.in)
		silent.ends()
	})
}

// All limits work from a configuration file, and together.
func TestLimitsInAFile(t *testing.T) {
	w := meetsLimits(raw("epoll-aio"))
	config := filepath.Join(t.TempDir(), "aws.toml")
	write(t, config, fmt.Sprintf(`root = %q
max-connections-per-ip = 2
rate-per-ip = "1/m,burst=2"
rate = "1/m,burst=3"
bandwidth = "10MiB/s"
bandwidth-per-ip = "20MiB/s,burst=1MiB"
bandwidth-total = "30MiB/s"
limit-exempt = ["127.0.0.128/25", "::1"]
max-requests-per-connection = 100
max-age = "1h"
max-pipelined = 10
`, fixture))
	s := startBy(t, w, "--config="+config)
	ask := func(ip string, status int) {
		t.Helper()
		c := s.dialBy(t, net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}})
		c.send(get("/static/" + small))
		if a := c.head("GET"); a.StatusCode != status {
			t.Errorf("%s: %s, want %d", ip, a.Status, status)
		}
	}
	ask("127.0.0.2", http.StatusOK)
	ask("127.0.0.2", http.StatusOK)
	ask("127.0.0.2", http.StatusTooManyRequests)
	ask("127.0.0.3", http.StatusOK)
	ask("127.0.0.3", http.StatusServiceUnavailable)
	ask("127.0.0.129", http.StatusOK)
}
