package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
)

// logLines waits for so many lines in a log, and returns them.
func logLines(t *testing.T, path string, n int) (lines []string) {
	t.Helper()
	children.Eventually(t, fmt.Sprint(n, " lines in the log"), func() bool {
		text, err := os.ReadFile(path)
		return err == nil && strings.Count(string(text), "\n") >= n
	})
	text, err := os.ReadFile(path)
	must(t, err)
	lines = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != n {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), n, text)
	}
	return lines
}

// What curl knows of a request and its response stands in the line, field by field.
func TestAccessLogLine(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		needs(t, "curl")
		path := filepath.Join(t.TempDir(), "log")
		fields := "time,client,client_port,method,target,request,host,status,bytes,duration,first_byte,outcome,source,site,engine,listener,loop,referer,user_agent,time_clf"
		s := start(t, w, fixture, "--access-log="+path, "--access-log-format=json:"+fields, "--workers=1")
		for i, c := range []struct {
			target string
			flags  []string
			source string
		}{
			{"/static/" + small, nil, "cache"},
			{"/dynamic/" + medium + "?a=%22b", []string{"-A", `x"\y`, "-e", "http://a/b"}, "cache"},
			{"/static/nothing", nil, "none"},
			{"/static/" + small, []string{"-I"}, "none"},
			{"/static/" + large, []string{"-r", "5-1000000", "--http1.0"}, "cache"},
		} {
			before := time.Now().Add(-time.Second)
			args := slices.Concat([]string{"-s", "-o", "/dev/null", "-w", "%{http_code} %{size_header} %{size_download} %{local_port}"}, c.flags, []string{s.url(c.target)})
			out, err := children.Command(t, "curl", args...).Output()
			must(t, err)
			var status, head, body, port int
			_, err = fmt.Sscan(string(out), &status, &head, &body, &port)
			must(t, err)
			if slices.Contains(c.flags, "-I") {
				body = 0
			}
			var l struct {
				Time       time.Time
				Client     string
				ClientPort int `json:"client_port"`
				Method     string
				Target     string
				Request    string
				Host       string
				Status     int
				Bytes      int
				Duration   float64
				FirstByte  float64 `json:"first_byte"`
				Outcome    string
				Source     string
				Site       string
				Engine     string
				Listener   string
				Loop       int
				Referer    string
				Agent      string `json:"user_agent"`
				CLF        string `json:"time_clf"`
			}
			line := logLines(t, path, i+1)[i]
			must(t, json.Unmarshal([]byte(line), &l))
			method, version, agent, referer := "GET", "1.1", `^curl/`, ""
			if slices.Contains(c.flags, "-I") {
				method = "HEAD"
			}
			if slices.Contains(c.flags, "--http1.0") {
				version = "1.0"
			}
			if slices.Contains(c.flags, "-A") {
				agent, referer = `^x"\\y$`, "http://a/b"
			}
			clf, err := time.ParseInLocation("02/Jan/2006:15:04:05 -0700", l.CLF, time.Local)
			must(t, err)
			for name, right := range map[string]bool{
				"time":     l.Time.After(before) && !l.Time.After(time.Now()) && clf.Equal(l.Time.Truncate(time.Second)),
				"client":   l.Client == "127.0.0.1" && l.ClientPort == port,
				"request":  l.Method == method && l.Target == c.target && l.Request == method+" "+c.target+" HTTP/"+version,
				"host":     l.Host == s.addrs[0],
				"status":   l.Status == status,
				"bytes":    l.Bytes == head+body,
				"duration": l.Duration >= l.FirstByte && l.FirstByte >= 0 && l.Duration < time.Since(before).Seconds(),
				"outcome":  l.Outcome == "whole",
				"source":   l.Source == c.source || c.source == "cache" && l.Source == "disk", // on a machine with little memory
				"server":   l.Site == "default" && l.Engine == w.backend() && l.Listener == s.addrs[0] && l.Loop == 0,
				"fields":   l.Referer == referer && regexp.MustCompile(agent).MatchString(l.Agent),
			} {
				if !right {
					t.Errorf("%s: wrong %s in %s; curl says %s", c.target, name, line, out)
				}
			}
		}
	})
}

// Filters and the sites of a file's settings reach the log.
func TestAccessLogOnly(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		dir := t.TempDir()
		path := filepath.Join(dir, "log")
		write(t, filepath.Join(dir, "aws.toml"), fmt.Sprintf(`
access-log = %q
access-log-format = '$site $listener $status "$request"'
access-log-only = "status>=400 && !(path=/static/quiet*)"
[[site]]
host = ["a.example"]
root = %q
[[site]]
host = ["b.example"]
root = %[2]q
`, path, fixture))
		s := startBy(t, w, "--config="+filepath.Join(dir, "aws.toml"), "--workers=1") // a loop writes in its order
		c := s.dial(t)
		for _, target := range []string{"/static/" + small, "/static/quiet", "/static/none"} {
			c.send(strings.Replace(get(target), "Host: test", "Host: b.example", 1))
			c.head("GET").Body.Close()
		}
		c = s.dial(t)
		c.send("GET /\" HTTP/1.1\n\n")
		c.refusal(400)
		lines := logLines(t, path, 2)
		if want := []string{`b.example ` + s.addrs[0] + ` 404 "GET /static/none HTTP/1.1"`, `a.example ` + s.addrs[0] + ` 400 "GET /\" HTTP/1.1"`}; !slices.Equal(lines, want) {
			t.Errorf("%q, want %q", lines, want)
		}
	})
}

// logrotate renames the log and sends the signal, again and again, while clients load
// pages. Each request has one line, and goaccess can read them.
func TestLogrotate(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		needs(t, "logrotate", "goaccess")
		dir := t.TempDir()
		must(t, os.Chmod(dir, 0o755)) // logrotate refuses folders that others may write to
		path := filepath.Join(dir, "access.log")
		s := start(t, w, fixture, "--access-log="+path, "--workers=2")
		config := filepath.Join(dir, "logrotate.conf")
		write(t, config, fmt.Sprintf("%s {\nsu root root\nrotate 100\ncreate 0640\nmissingok\npostrotate\nkill -USR1 %d\nendscript\n}\n", path, s.pid))
		if os.Getuid() != 0 {
			text, err := os.ReadFile(config)
			must(t, err)
			write(t, config, strings.Replace(string(text), "su root root\n", "", 1))
		}
		const clients, rotations = 4, 8
		var running sync.WaitGroup
		done := make(chan struct{})
		asked := make([]int, clients)
		for i := range clients {
			c := s.dial(t)
			running.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if _, err := fmt.Fprintf(c, "GET /static/%s?%d.%d HTTP/1.1\r\nHost: a\r\nUser-Agent: \"\\\xff\r\n\r\n", small, i, asked[i]); err != nil {
						t.Error(err)
						return
					}
					asked[i]++
					response := c.head("GET")
					if _, err := c.in.Discard(int(response.ContentLength)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for i := range rotations {
			children.Eventually(t, "lines in the log", func() bool { info, err := os.Stat(path); return err == nil && info.Size() > 0 })
			if out, err := children.Command(t, "logrotate", "--force", "--state="+filepath.Join(dir, "state"), config).CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("rotation %d: %v: %s", i, err, out)
			}
		}
		close(done)
		running.Wait()
		s.signal(unix.SIGTERM)
		if code := s.wait(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
		all := ""
		for i := range rotations + 1 {
			name := path
			if i > 0 {
				name += "." + strconv.Itoa(i)
			}
			text, err := os.ReadFile(name)
			must(t, err)
			all += string(text)
		}
		seen := map[string]int{}
		for line := range strings.Lines(all) {
			m := regexp.MustCompile(`^127\.0\.0\.1 - - \[[^]]+\] "GET /static/` + small + `\?(\d+\.\d+) HTTP/1\.1" 200 \d+ "-" "\\"\\\\\\xff"\n$`).FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("torn: %q", line)
			}
			seen[m[1]]++
		}
		for i, n := range asked {
			for j := range n {
				if lines := seen[fmt.Sprint(i, ".", j)]; lines != 1 {
					t.Errorf("request %d of client %d has %d lines", j, i, lines)
				}
			}
		}
		wantGoaccess(t, all)
	})
}

// wantGoaccess wants goaccess to understand all lines of a log.
func wantGoaccess(t *testing.T, log string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "log"), log)
	cmd := children.Command(t, "goaccess", "--log-format=COMBINED", "--no-global-config", "-o", filepath.Join(dir, "report.json"), filepath.Join(dir, "log"))
	cmd.Env = append(os.Environ(), "TERM=dumb", "LANG=C")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	must(t, err)
	var report struct {
		General struct {
			Valid  int `json:"valid_requests"`
			Failed int `json:"failed_requests"`
		}
	}
	must(t, json.Unmarshal(text, &report))
	if n := strings.Count(log, "\n"); report.General.Valid != n || report.General.Failed != 0 {
		t.Errorf("goaccess understands %d lines of %d, and not %d", report.General.Valid, n, report.General.Failed)
	}
}

// Nobody reads the log, or its disk is full: requests are answered, and the server ends.
func TestAccessLogThatCannotBeWritten(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		fifo := filepath.Join(t.TempDir(), "fifo")
		must(t, unix.Mkfifo(fifo, 0o600))
		w.says = []string{"access log"}
		for _, to := range []string{fifo, "/dev/full", "syslog:" + fifo} {
			s := start(t, w, fixture, adminFlag, "--access-log="+to, "--access-log-format=json")
			c := s.dial(t)
			long := strings.Repeat("x", 1000)
			children.Eventually(t, "lines to be dropped", func() bool {
				for range 100 {
					c.send(get("/static/"+small, "User-Agent: "+long, "Referer: "+long))
					c.file(small)
				}
				return strings.Contains(s.stderr.String(), "lines of the access log are dropped")
			})
			if f := figuresAt(t, s.admin(t)); f.Logs.AccessDropped == 0 || f.Logs.Access+f.Logs.AccessDropped > f.Total.Finished() {
				t.Errorf("%s: %+v of %d requests", to, f.Logs, f.Total.Finished())
			}
			s.signal(unix.SIGTERM)
			if code := s.wait(t); code != 0 {
				t.Errorf("%s: exit code %d", to, code)
			}
			if !strings.Contains(s.stderr.String(), "the end of the access log could not be written") {
				t.Errorf("%s: what is lost is not said:\n%s", to, &s.stderr)
			}
		}
	})
}

// Lines go to the standard output, after what the server says at start.
func TestAccessLogOnStdout(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := launch(t, w, []string{"--root=" + fixture, "--access-log=-", "--access-log-format=$request"})
		s.await(t)
		c := s.dial(t)
		for range 3 {
			c.goesOn()
		}
		s.signal(unix.SIGTERM)
		if code := s.wait(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if text := s.stdout.String(); !strings.HasSuffix(text, "\n"+strings.Repeat("GET /static/"+small+" HTTP/1.1\n", 3)) {
			t.Errorf("%s", text)
		}
	})
}

// A syslog daemon that starts again gets lines again.
func TestAccessLogToSyslog(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		w.says = []string{"access log"}
		path := filepath.Join(t.TempDir(), "log")
		listen := func() *net.UnixConn {
			daemon, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
			must(t, err)
			must(t, daemon.SetReadDeadline(children.Deadline(t)))
			return daemon
		}
		daemon := listen()
		s := start(t, w, fixture, "--access-log=syslog:"+path, "--access-log-format=$status $target")
		c := s.dial(t)
		for i := range 2 {
			if i > 0 {
				daemon = listen()
			}
			c.goesOn()
			b := make([]byte, 200)
			n, err := daemon.Read(b)
			must(t, err)
			if !regexp.MustCompile(fmt.Sprintf(`^<190>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d aws\[%d\]: 200 /static/%s$`, s.pid, small)).Match(b[:n]) {
				t.Errorf("%q", b[:n])
			}
			must(t, daemon.Close())
			_ = os.Remove(path)
		}
	})
}
