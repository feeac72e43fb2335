// The admin address: what it answers, whom, and when.

package main_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

const adminFlag = "--admin=127.0.0.1:0"

// admin is where the admin address is served.
func (s *server) admin(t *testing.T) string {
	t.Helper()
	printed := regexp.MustCompile(`(?m)^  admin: (.*)$`)
	children.Eventually(t, "the admin address", func() bool { return printed.MatchString(s.below()) })
	return strings.TrimSuffix(printed.FindStringSubmatch(s.below())[1], "/")
}

// status fetches from an address and returns the status, the media type and the body.
func status(t *testing.T, args ...string) (code, mediaType, body string) {
	t.Helper()
	args = append([]string{"--noproxy", "*", "--silent", "--show-error", "--write-out", "\n%{http_code}\n%{content_type}"}, args...)
	out, err := children.Command(t, "curl", args...).CombinedOutput()
	if err != nil {
		t.Errorf("curl %s: %v\n%s", strings.Join(args, " "), err, out)
		return "", "", ""
	}
	parts := strings.Split(string(out), "\n")
	n := len(parts)
	return parts[n-2], parts[n-1], strings.Join(parts[:n-2], "\n")
}

// Everything that the admin address has comes with its type, and by HEAD without a body.
func TestAdminAnswers(t *testing.T) {
	needs(t, "curl")
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, adminFlag)
		at := s.admin(t)
		curl(t, "--output", os.DevNull, s.url("/static/"+medium))
		for path, want := range map[string]struct{ code, mediaType, body string }{
			"/healthz":          {"200", "text/plain; charset=utf-8", `^ok\n$`},
			"/readyz":           {"200", "text/plain; charset=utf-8", `^ok\n$`},
			"/metrics":          {"200", "text/plain; version=0.0.4; charset=utf-8", `(?m)^aws_requests_total\{site="default",method="GET",class="2xx"\} 1$`},
			"/stats.json":       {"200", "application/json", `^\{"state":"serving",.*"engine":"` + w.backend() + `"`},
			"/":                 {"200", "text/html; charset=utf-8", `<script src="/live.js"`},
			"/live.js":          {"200", "text/javascript; charset=utf-8", `EventSource`},
			"/live.css":         {"200", "text/css; charset=utf-8", `prefers-color-scheme`},
			"/none":             {"404", "text/plain; charset=utf-8", "404"},
			"/LICENSE":          {"404", "text/plain; charset=utf-8", "404"},
			"/debug/pprof/heap": {"404", "text/plain; charset=utf-8", "404"},
		} {
			code, mediaType, body := status(t, at+path)
			if code != want.code || mediaType != want.mediaType || !regexp.MustCompile(want.body).MatchString(body) {
				t.Errorf("%s: status %s, %s\n%.400s", path, code, mediaType, body)
			}
			if code, mediaType, _ = status(t, "--head", "--output", os.DevNull, at+path); code != want.code || mediaType != want.mediaType {
				t.Errorf("HEAD of %s: status %s, %s", path, code, mediaType)
			}
			if code, _, body = status(t, "--http1.0", at+path); code != want.code || !regexp.MustCompile(want.body).MatchString(body) {
				t.Errorf("%s with HTTP/1.0: status %s\n%.400s", path, code, body)
			}
		}
		if code, _, _ := status(t, "--data", "x", at+"/healthz"); code != "405" {
			t.Errorf("POST: status %s", code)
		}
	})
}

// Requests that name another host are refused: a page may have a browser ask a name of
// its own that leads here.
func TestAdminRefusesOtherHosts(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, "--admin=localhost:0")
		at := s.admin(t)
		_, port, _ := net.SplitHostPort(strings.TrimPrefix(at, "http://"))
		for host, want := range map[string]string{
			"localhost": "200", "LocalHost:" + port: "200", "127.0.0.1:" + port: "200", "[::1]:1": "200",
			"evil.example": "403", "evil.example:" + port: "403", "localhost.evil.example": "403", "127.0.0.1.evil.example": "403", "10.0.0.1": "403", "a.localhost": "403",
		} {
			for _, path := range []string{"/", "/metrics", "/events", "/none"} {
				if path == "/events" && want == "200" || path == "/none" && want == "200" {
					continue
				}
				if code, _, body := status(t, "--header", "Host: "+host, "--output", os.DevNull, at+path); code != want {
					t.Errorf("host %s, %s: status %s %s", host, path, code, body)
				}
			}
		}
		if code, _, _ := status(t, "--http1.0", "--header", "Host:", at+"/metrics"); code != "403" {
			t.Errorf("without a host: status %s", code)
		}
		head := curl(t, "--head", "--header", "Origin: http://evil.example", at+"/metrics")
		if strings.Contains(head, "Access-Control") || !strings.Contains(head, "Cache-Control: no-store") || !strings.Contains(head, "default-src 'none'") {
			t.Errorf("%s", head)
		}
	})
}

// While the server drains, it is healthy and not ready. Its last event says so, and the
// stream of events ends whole, with the process.
func TestAdminDuringDrain(t *testing.T) {
	needs(t, "curl")
	eachWay(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, adminFlag)
		at := s.admin(t)
		stream := children.Command(t, "curl", "--noproxy", "*", "--silent", "--no-buffer", at+"/events")
		var events children.Output
		stream.Stdout = &events
		must(t, stream.Start())
		children.Eventually(t, "an event", func() bool { return strings.Contains(events.String(), `data: {"state":"serving"`) })
		c, body, _ := s.begin(t, "/static/")
		s.signal(unix.SIGTERM)
		s.wantRefused(t)
		if code, _, body := status(t, at+"/readyz"); code != "503" || body != "draining\n" {
			t.Errorf("/readyz: status %s, %q", code, body)
		}
		if code, _, body := status(t, at+"/healthz"); code != "200" {
			t.Errorf("/healthz: status %s, %q", code, body)
		}
		children.Eventually(t, "an event of the drain", func() bool { return strings.Contains(events.String(), `data: {"state":"draining"`) })
		if _, err := io.Copy(io.Discard, body); err != nil {
			t.Error(err)
		}
		_ = c.Close()
		if code := s.wait(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if err := stream.Wait(); err != nil {
			t.Errorf("the stream of events was cut off: %v", err)
		}
		if !strings.HasPrefix(events.String(), "retry: 2000\n\nevent: figures\n") || !strings.HasSuffix(events.String(), "}\n\n") {
			t.Errorf("events %.300s", events.String())
		}
	})
}

// A unix socket has its permissions from the start, and is gone at the end.
func TestAdminOnUnixSocket(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		socket := filepath.Join(t.TempDir(), "admin")
		s := start(t, w, fixture, "--admin=unix:"+socket+",mode=0620")
		if at := s.admin(t); at != "unix:"+socket {
			t.Errorf("printed as %s", at)
		}
		info, err := os.Stat(socket)
		if err != nil || info.Mode().Perm() != 0o620 {
			t.Errorf("%v, %v", info, err)
		}
		if got := curl(t, "--unix-socket", socket, "http://localhost/healthz"); got != "ok\n" {
			t.Errorf("%q", got)
		}
		if code, _, _ := status(t, "--unix-socket", socket, "http://evil.example/healthz"); code != "403" {
			t.Errorf("another host: status %s", code)
		}
		s.signal(unix.SIGTERM)
		s.wait(t)
		if _, err := os.Stat(socket); err == nil {
			t.Error("the socket is still there")
		}
	})
}

// The admin address answers when the server has no place left, and is not among those
// that it counts.
func TestAdminHasPlaceOfItsOwn(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, adminFlag, "--workers=1", "--max-connections=2")
		at := s.admin(t)
		for range 2 {
			s.begin(t, "/dynamic/")
		}
		s.dial(t).send(get("/static/" + small)) // waits
		text := curl(t, at+"/metrics")
		for _, want := range []string{`aws_connections{state="sending"} 2`, "aws_connections_limit 2", "aws_connections_opened_total 2", "aws_open_requests 2"} {
			if !strings.Contains(text, "\n"+want+"\n") {
				t.Errorf("no %s in\n%s", want, text)
			}
		}
		if got := curl(t, at+"/healthz"); got != "ok\n" {
			t.Errorf("%q", got)
		}
	})
}

// 'go tool pprof' and 'go tool trace' read what is asked for.
func TestAdminProfiles(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, fixture, adminFlag, "--admin-pprof")
		at := s.admin(t)
		for profile, want := range map[string]string{
			"heap": "Type: inuse_space", "heap?gc=1": "Type: inuse_space", "goroutine": "Type: goroutine", "allocs": "Type: alloc_space", "profile?seconds=1": "Type: cpu",
		} {
			cmd := children.Command(t, "go", "tool", "pprof", "-top", at+"/debug/pprof/"+profile)
			cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir(), "no_proxy=*")
			if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%s: %v\n%s", profile, err, out)
			}
		}
		file := filepath.Join(t.TempDir(), "trace")
		curl(t, "--output", file, at+"/debug/pprof/trace?seconds=1")
		out, err := children.Command(t, "go", "tool", "trace", "-d=parsed", file).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "GoCreate") && !strings.Contains(string(out), "StateTransition") {
			t.Errorf("trace: %v\n%.500s", err, out)
		}
		for path, want := range map[string]string{"": "goroutine", "goroutine?debug=2": "goroutine 1", "threadcreate?debug=1": "threadcreate profile"} {
			if _, mediaType, body := status(t, at+"/debug/pprof/"+path); !strings.Contains(body, want) || mediaType != "text/plain; charset=utf-8" {
				t.Errorf("%s: %s\n%.400s", path, mediaType, body)
			}
		}
	})
}

// An admin address that cannot be had, or that others reach, is told of at the start.
func TestAdminMistakes(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	run(t, "", "--listen=127.0.0.1:0", fmt.Sprint("--admin=127.0.0.1:", port)).
		wantError(t, 1, fmt.Sprintf(`listen on 127.0.0.1:%d: address already in use; stop the other server, or choose another port with --admin=127.0.0.1:PORT$`, port))
	run(t, "", "--admin=9888").wantError(t, 2, `--admin=9888: want HOST:PORT`)
	run(t, "", "--listen=:7777", "--admin=127.0.0.1:7777").wantError(t, 2, `--admin=127.0.0.1:7777: clashes with --listen=:7777`)
	run(t, "admin = 9888\n", "--config=aws.toml").wantError(t, 2, `aws.toml:1: admin 9888: want HOST:PORT`)
	for _, c := range []struct {
		code               int
		config, args, want string
	}{
		{1, "", "--admin=0.0.0.0:9888", "aws: warning: --admin=0.0.0.0:9888: others than this machine can reach that address"},
		{1, "", "--admin-pprof", "aws: warning: --admin-pprof: has no effect without --admin"},
		{1, "admin = \":9888\"\n", "--config=aws.toml", `aws: warning: aws.toml:1: admin ":9888": others than this machine`},
		{1, "", "--admin=unix:/nowhere/admin", "aws: error: --admin=unix:/nowhere/admin: listen on unix:/nowhere/admin: no such file or directory"},
		{0, "admin = \"127.0.0.1:9888\"\nadmin-pprof = true\n", "--config=aws.toml", ""},
	} {
		r := run(t, c.config, "--check", "--mount=/=static", "--listen=127.0.0.1:0", c.args)
		if r.code != c.code || !strings.HasPrefix(r.stderr, c.want) {
			t.Errorf("%s, %q: exit code %d, %q", c.args, c.config, r.code, r.stderr)
		}
	}
}
