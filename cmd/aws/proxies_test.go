// Proxies in front of the server, as people run them: HAProxy and nginx, which say whom
// a request is from by the PROXY protocol or by a field. Rules by network show whom the
// server takes it to be from.

package main_test

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// The machine has all addresses of 127.0.0.0/8.
const (
	friend   = "127.0.0.5"
	stranger = "127.0.0.6"
)

// onlyFriends are rules that let one client in. Everybody may have open.txt.
var onlyFriends = []string{"--mount=/=static", "--deny=/*=all", "--allow=/*=" + friend, "--allow=/open.txt=all"}

func friendsRoot(t *testing.T) string {
	t.Helper()
	root := rootWith(t, "open.txt", []byte("open"))
	mustPublish(t, root, "secret.txt", "secret")
	return root
}

// door is where clients reach a proxy.
type door struct {
	addr string
	file *os.File // the listening socket, for the proxy
}

// doors opens n of them. Nobody else can have their ports, and clients may connect before
// the proxy is ready.
func doors(t *testing.T, n int) (all []door, files []*os.File) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		f, err := l.(*net.TCPListener).File()
		must(t, err)
		all, files = append(all, door{l.Addr().String(), f}), append(files, f)
		must(t, l.Close())
	}
	return all, files
}

// runProxy runs a proxy with a configuration and listening sockets until the end of the
// test, and before that of a server which was started earlier.
func runProxy(t *testing.T, config string, files []*os.File, env string, argv ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "proxy.conf")
	write(t, file, config)
	cmd := children.Command(t, argv[0], append(argv[1:], file)...)
	cmd.Env, cmd.ExtraFiles = append(os.Environ(), env), files
	said := &children.Output{}
	cmd.Stdout, cmd.Stderr = said, said
	must(t, cmd.Start())
	for _, f := range files { // clients of a proxy that has ended must not wait for it
		_ = f.Close()
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Kill()
		<-ended
		if t.Failed() {
			t.Logf("%s says:\n%s", argv[0], said)
		}
	})
}

// as asks for a path through a proxy, from an address.
func (d door) as(t *testing.T, from, path string, args ...string) answer {
	t.Helper()
	s := &server{addrs: []string{d.addr}}
	return s.curl(t, path, append(args, "--interface", from)...)
}

// wantFriends wants the rules to hold for who is in front of the proxy.
func (d door) wantFriends(t *testing.T, what string) {
	t.Helper()
	for range 2 { // a proxy may keep its connections
		if a := d.as(t, friend, "/secret.txt"); a.status != 200 || string(a.body) != "secret" {
			t.Errorf("%s: %d for a friend", what, a.status)
		}
		if a := d.as(t, stranger, "/secret.txt"); a.status != 403 {
			t.Errorf("%s: %d for a stranger", what, a.status)
		}
		if a := d.as(t, stranger, "/secret.txt", "--header", "X-Forwarded-For: "+friend, "--header", "Forwarded: for="+friend); a.status != 403 {
			t.Errorf("%s: %d for a stranger who says to be a friend", what, a.status)
		}
		d.as(t, stranger, "/open.txt").want(t, 200, "open")
	}
}

func TestBehindHAProxy(t *testing.T) {
	needs(t, "haproxy", "curl")
	eachBackend(t, func(t *testing.T, w way) {
		socket := filepath.Join(t.TempDir(), "s")
		s := start(t, w, friendsRoot(t), append(onlyFriends, "--listen=127.0.0.1:0,proxy=127.0.0.1,proxy=::1", "--listen=127.0.0.1:0",
			"--listen=unix:"+socket+",proxy", "--listen=unix:"+socket+"2", "--trusted-proxy=127.0.0.1", "--trusted-proxy=unix")...)
		ways := []struct{ name, mode, options, server string }{
			{"version 1", "tcp", "", s.addrs[0] + " send-proxy"},
			{"version 2", "tcp", "", s.addrs[0] + " send-proxy-v2"},
			{"version 2 with a checksum", "tcp", "", s.addrs[0] + " send-proxy-v2 proxy-v2-options crc32c"},
			{"version 2 in HTTP", "http", "", s.addrs[0] + " send-proxy-v2"},
			{"version 1 on a unix socket", "tcp", "", "unix@" + socket + " send-proxy"},
			{"version 2 on a unix socket", "tcp", "", "unix@" + socket + " send-proxy-v2"},
			{"X-Forwarded-For", "http", "option forwardfor", s.addrs[1]},
			{"X-Forwarded-For on a unix socket", "http", "option forwardfor", "unix@" + socket + "2"},
			{"Forwarded", "http", "http-request del-header X-Forwarded-For\n http-request add-header Forwarded \"for=\\\"%[src]:%[src_port]\\\";proto=http;host=\\\"a,b\\\"\"", s.addrs[1]},
		}
		open, files := doors(t, len(ways))
		config := "global\n maxconn 100\ndefaults\n timeout connect 24h\n timeout client 24h\n timeout server 24h\n"
		for i, c := range ways {
			config += fmt.Sprintf("listen l%d\n mode %s\n bind fd@%d\n %s\n server s %s\n", i, c.mode, 3+i, c.options, c.server)
		}
		runProxy(t, config, files, "", "haproxy", "-db", "-f")
		for i, c := range ways {
			open[i].wantFriends(t, c.name)
		}
	})
}

// nginxStream is nginx's module for the PROXY protocol, where Debian puts it.
const nginxStream = "/usr/lib/nginx/modules/ngx_stream_module.so"

func TestBehindNginx(t *testing.T) {
	needs(t, "nginx", "curl")
	if _, err := os.Stat(nginxStream); err != nil {
		backendtest.Missing(t, "nginx has no module for streams; try: apt install libnginx-mod-stream")
	}
	eachBackend(t, func(t *testing.T, w way) {
		socket := filepath.Join(t.TempDir(), "s")
		s := start(t, w, friendsRoot(t), append(onlyFriends, "--listen=127.0.0.1:0,proxy=127.0.0.0/8", "--listen=127.0.0.1:0",
			"--listen=unix:"+socket+",proxy", "--trusted-proxy=127.0.0.1")...)
		me, err := user.Current() // who may connect to the socket
		must(t, err)
		open, files := doors(t, 4)
		config := fmt.Sprintf(`
daemon off; worker_processes 1; user %[10]s; error_log stderr; pid %[1]s/pid; load_module %[2]s;
events { worker_connections 100; }
stream {
  server { listen %[3]s; proxy_protocol on; proxy_pass %[7]s; }
  server { listen %[4]s; proxy_protocol on; proxy_pass unix:%[9]s; }
}
http {
  access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  upstream plain { server %[8]s; keepalive 4; }
  proxy_http_version 1.1; proxy_set_header Connection "";
  server { listen %[5]s; location / { proxy_pass http://plain; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; } }
  server { listen %[6]s; location / { proxy_pass http://plain; proxy_set_header X-Forwarded-For $remote_addr:$remote_port; } }
}
`, t.TempDir(), nginxStream, open[0].addr, open[1].addr, open[2].addr, open[3].addr, s.addrs[0], s.addrs[1], socket, me.Username)
		runProxy(t, config, files, "NGINX=3;4;5;6;", "nginx", "-e", "stderr", "-c")
		for i, name := range []string{"stream", "stream to a unix socket", "X-Forwarded-For that is added to", "X-Forwarded-For with a port"} {
			open[i].wantFriends(t, name)
		}
	})
}

// On a listener for proxies nobody else is served, and no proxy without a header.
func TestListenerForProxies(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		w.says = append(w.says, "there is no PROXY header", "the PROXY header is malformed")
		root, log := friendsRoot(t), filepath.Join(t.TempDir(), "log")
		s := start(t, w, root, append(onlyFriends, "--listen=127.0.0.1:0,proxy="+friend, "--listen=127.0.0.1:0", "--access-log="+log, "--access-log-format=$client $status")...)
		if got := string(s.curl(t, "/secret.txt", "--haproxy-protocol", "--interface", friend).body); got != "secret" {
			t.Errorf("with a header: %q", got)
		}
		for _, args := range [][]string{{"--interface", friend}, {"--interface", stranger}, {"--interface", stranger, "--haproxy-protocol"}} {
			a := s.curl(t, "/open.txt", args...)
			if a.status != 400 || a.header.Get("Connection") != "close" {
				t.Errorf("%q: status %d, %v", args, a.status, a.header)
			}
		}
		for _, client := range []string{friend, stranger} { // whom the header names counts, in every piece
			c := s.dialBy(t, net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(friend)}})
			c.sendBytewise("PROXY TCP4 " + client + " 192.0.2.1 4711 80\r\n" + get("/secret.txt") + get("/open.txt"))
			if client == friend {
				c.answer("GET", 200)
			} else {
				c.refusal(403)
			}
			c.answer("GET", 200)
		}
		c := s.dialBy(t, net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(friend)}})
		c.send("PROXY TCP4 256.0.0.1 192.0.2.1 4711 80\r\n" + get("/open.txt"))
		c.refusal(400)
		c.ends()
		s.addrs = s.addrs[1:]
		if a := s.curl(t, "/open.txt", "--haproxy-protocol"); a.status != 400 {
			t.Errorf("a header that nobody asked for: status %d", a.status)
		}
		wantClients(t, log, 10, friend+" 200", friend+" 400", stranger+" 400", friend+" 200", stranger+" 403")
	})
}

// wantClients wants lines of an access log to be among so many.
func wantClients(t *testing.T, log string, n int, lines ...string) {
	t.Helper()
	all := logLines(t, log, n)
	for _, line := range lines {
		if !slices.Contains(all, line) {
			t.Errorf("%q does not stand in %q", line, all)
		}
	}
}

// Rules by network may stand in the configuration file, for all sites and for each.
func TestAccessRulesOfSites(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := friendsRoot(t)
		config := filepath.Join(root, "aws.toml")
		write(t, config, strings.ReplaceAll(`
root = "ROOT"
mount = ["/=static"]
trusted-proxy = ["127.0.0.1", "unix"]
deny = ["/secret.txt=all"]

[[site]]
host = "a"

[[site]]
host = "b"
allow = ["/secret*=127.0.0.5,192.0.2.0/24"]
`, "ROOT", root))
		log := filepath.Join(t.TempDir(), "log")
		s := startBy(t, w, "--config="+config, "--access-log="+log, "--access-log-format=$client $status")
		for _, c := range []struct {
			host, from, field string
			status            int
		}{
			{"a", friend, "", 403}, {"b", friend, "", 200}, {"b", stranger, "", 403},
			{"b", "127.0.0.1", "X-Forwarded-For: 192.0.2.7", 200}, {"b", "127.0.0.1", "Forwarded: for=198.51.100.7", 403}, {"b", stranger, "X-Forwarded-For: 192.0.2.7", 403},
		} {
			a := s.curl(t, "/secret.txt", "--header", "Host: "+c.host, "--interface", c.from, "--header", c.field)
			if a.status != c.status {
				t.Errorf("%+v: status %d", c, a.status)
			}
		}
		wantClients(t, log, 6, friend+" 403", friend+" 200", stranger+" 403", "192.0.2.7 200", "198.51.100.7 403")
	})
}
