package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// curl fetches with the given options and returns the body.
func curl(t *testing.T, args ...string) string {
	t.Helper()
	args = append([]string{"--noproxy", "*", "--silent", "--show-error", "--fail"}, args...)
	out, err := children.Command(t, "curl", args...).CombinedOutput()
	if err != nil {
		t.Errorf("curl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestListenTwice(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("a"))
		s := start(t, w, root, "--listen=127.0.0.1:0", "--listen=127.0.0.1:0")
		if len(s.addrs) != 2 || s.addrs[0] == s.addrs[1] {
			t.Fatalf("listening on %v, want two addresses", s.addrs)
		}
		for _, addr := range s.addrs {
			if got := curl(t, "http://"+addr+"/static/a"); got != "a" {
				t.Errorf("on %s: %q", addr, got)
			}
		}
	})
}

func TestListenIPv6(t *testing.T) {
	needs(t, "curl")
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil {
		backendtest.Missing(t, "this kernel has no IPv6")
	}
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, rootWith(t, "a", []byte("a")), "--listen=[::1]:0")
		if got := curl(t, "--globoff", s.url("/dynamic/a")); got != "a" || !strings.HasPrefix(s.addrs[0], "[::1]:") {
			t.Errorf("on %s: %q", s.addrs[0], got)
		}
	})
}

// A unix socket serves and is removed with its server. One that a killed server
// has left is in nobody's way.
func TestListenUnix(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("a"))
		socket := filepath.Join(root, "socket")
		listen := "--listen=unix:" + socket
		fetch := func() {
			t.Helper()
			for _, tree := range trees {
				if got := curl(t, "--unix-socket", socket, "http://test"+tree+"a"); got != "a" {
					t.Errorf("%sa: %q", tree, got)
				}
			}
		}

		s := start(t, w, root, listen)
		fetch()
		run(t, "", listen).wantError(t, 1, "socket: address already in use")
		fetch()
		s.end(t)
		if _, err := os.Lstat(socket); err == nil {
			t.Error("the socket is left behind")
		}

		killed := start(t, w, root, listen)
		killed.signal(unix.SIGKILL)
		<-killed.exited
		start(t, w, root, listen)
		fetch()
	})
}

func TestMounts(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root, outside := rootWith(t, "a", []byte("a")), rootWith(t, "a", []byte("outside"))
		s := start(t, w, root, "--mount=/=static", "--mount=/files=dynamic:dynamic", "--mount=/out/side="+outside+"/static:dynamic")
		for path, want := range map[string]string{"/a": "a", "/files/a": "a", "/out/side/a": "outside"} {
			if got := curl(t, s.url(path)); got != want {
				t.Errorf("%s: %q, want %q", path, got, want)
			}
		}
		c := s.dial(t)
		for _, path := range []string{"/static/a", "/dynamic/a", "/out/a", "/filesa", "/files/../../a"} {
			c.send(get(path))
			c.refusal(404)
		}
	})
}

func TestConfigFile(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("a"))
		config := filepath.Join(root, "aws.toml")
		write(t, config, `
workers = 3
listen = ["127.0.0.1:0", "127.0.0.1:0"]
mount = ["/one=static", "/two=dynamic:dynamic"]
`)
		s := start(t, w, root, "--config="+config, "--workers=2")
		if len(s.addrs) != 1 || !strings.Contains(s.line, "2 workers") {
			t.Errorf("%s: the command line does not win", s.line)
		}
		for _, path := range []string{"/one/a", "/two/a"} {
			if got := curl(t, s.url(path)); got != "a" {
				t.Errorf("%s: %q", path, got)
			}
		}

		s = start(t, w, root, "--config="+config)
		if !strings.Contains(s.line, "3 workers") {
			t.Errorf("%s: want what the file says", s.line)
		}

		write(t, config, `header-timeout = "300ms"`)
		w.ownTimeouts = true
		start(t, w, root, "--config="+config).dial(t).ends() // by the file's timeout
	})
}
