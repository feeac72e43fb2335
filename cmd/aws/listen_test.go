package main_test

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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

// Both families may be asked for one after the other, in any order. "[::]" alone is both.
func TestListenOnBothFamilies(t *testing.T) {
	needs(t, "curl")
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil {
		backendtest.Missing(t, "this kernel has no IPv6")
	}
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("a"))
		fetch := func(port string, hosts ...string) {
			t.Helper()
			for _, host := range hosts {
				if got := curl(t, "--globoff", "http://"+host+":"+port+"/static/a"); got != "a" {
					t.Errorf("on %s: %q", host, got)
				}
			}
		}
		for _, listen := range [][]string{
			{"127.0.0.1:PORT", "[::]:PORT"}, {"[::]:PORT", "127.0.0.1:PORT"}, {"127.0.0.1:PORT", "[::1]:PORT"}, {"0.0.0.0:PORT", "[::]:PORT"}, {"[::]:PORT"}, {":PORT"},
		} {
			port := freePort(t)
			var args []string
			for _, addr := range listen {
				args = append(args, "--listen="+strings.ReplaceAll(addr, "PORT", port))
			}
			s := start(t, w, root, append(args, "--workers=2")...)
			fetch(port, "127.0.0.1", "[::1]")
			s.end(t)
		}
	})
}

// freePort is a port that nobody listens on now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	must(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	return port
}

// A unix socket has its permissions and its group before anybody can connect.
func TestListenUnixWithPermissions(t *testing.T) {
	needs(t, "curl", "strace")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("a"))
		group := strconv.Itoa(os.Getgid())
		for _, c := range []struct {
			file, options string
			mode          os.FileMode
		}{
			{"s", ",mode=0666", 0o666},
			{"s", ",mode=0600,group=" + group, 0o600},
			{"s", ",owner=" + strconv.Itoa(os.Getuid()) + ",mode=660", 0o660},
			{"comma,mode=0600", "", 0o755},
		} {
			socket := filepath.Join(root, c.file)
			s := start(t, w, root, "--listen=unix:"+strings.ReplaceAll(socket, ",", ",,")+c.options)
			if s.addrs[0] != "unix:"+socket {
				t.Errorf("on %s", s.addrs[0])
			}
			info, err := os.Lstat(socket)
			must(t, err)
			if got := info.Mode().Perm(); c.options != "" && got != c.mode {
				t.Errorf("%s: mode %o, want %o", c.options, got, c.mode)
			}
			if got := curl(t, "--unix-socket", socket, "http://test/static/a"); got != "a" {
				t.Errorf("%s: %q", c.options, got)
			}
			s.end(t)
		}

		// Until listen(2) the kernel refuses everybody: the rest has to come before it.
		trace := filepath.Join(root, "trace")
		w.wrap = []string{"strace", "-f", "-e", "trace=bind,listen,chmod,fchmod,fchmodat,fchownat", "-o", trace}
		start(t, w, root, "--listen=unix:"+filepath.Join(root, "s")+",mode=0660,group="+group).end(t)
		text, err := os.ReadFile(trace)
		must(t, err)
		if !regexp.MustCompile(`(?s)fchmod\(\d+, 0660\).*bind\(.*fchownat\(.*chmod(at)?\(.*0660.*listen\(`).Match(text) {
			t.Errorf("calls:\n%s", text)
		}
	})
}

// A process that may not give its socket to a group says what to do.
func TestListenUnixWithAForeignGroup(t *testing.T) {
	needs(t, "setpriv")
	if os.Getuid() != 0 {
		backendtest.Missing(t, "only root can run it as another user")
	}
	eachBackend(t, func(t *testing.T, w way) {
		dir, err := os.MkdirTemp("/tmp", "aws-socket-")
		must(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		must(t, os.Chmod(dir, 0o777))
		program, err := os.ReadFile(built.static)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, "aws"), program, 0o755))
		r := runProgram(t, "setpriv", "", "--reuid=65534", "--regid=65534", "--clear-groups", filepath.Join(dir, "aws"), "--backend="+w.backend(),
			"--root="+dir, "--mount=/=.", "--listen=unix:"+dir+"/s,group=0")
		r.wantError(t, 1, `/s: owner "", group "0": this user may not give it away; take a group of its own .*, or start aws as root`)
		if _, err := os.Lstat(dir + "/s"); err == nil {
			t.Error("the socket is left behind")
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
