package main_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// paths are targets below /static or /dynamic with the status of their answer.
// What is found always holds "a".
var paths = []struct {
	target string
	status int
}{
	{"/a", 200},
	{"/a?query", 200},
	{"/...", 404},
	{"/...", 404},
	{"/sub/../a", 200},
	{"/nowhere/../a", 200},
	{"/sub%2f..%2F%61", 200},
	{"//a", 200},
	{"///sub//..///a", 200},
	{"/sub/b", 200},
	{"/with%20space", 200},
	{"/%C3%A4", 200},
	{"/query%3F", 200},
	{"/percent%2541", 200},
	{"/.hidden", 404},
	{"/...", 404},

	{"", 301},
	{"/", 404},
	{"/A", 404},
	{"/a/", 404},
	{"/a/b", 404},
	{"/sub", 301},
	{"/sub/", 404},
	{"/nowhere", 404},
	{"/a%00", 404},
	{"/a%00.html", 404},
	{"/%2541", 404},
	{"/../secret", 404},
	{"/../../etc/passwd", 404},
	{"/%2e%2e/secret", 404},
	{"/..%2fsecret", 404},
	{"/sub/%2e%2e/%2E./secret", 404},
	{"/..%5csecret", 404},

	{"/link", 200},
	{"/link-to-link", 200},
	{"/folder-link/b", 200},
	{"/other-tree", 200},
	{"/link-out", 404},
	{"/link-to-parent/secret", 404},
	{"/link-absolute", 404},
	{"/link-dangling", 404},
	{"/link-loop", 404},
	{"/link-loop/a", 404},

	{"/fifo", 404},
	{"/socket", 404},
	{"/device", 404},
	{"/" + strings.Repeat("n", 256), 404},
	{strings.Repeat("/n", 3000), 404},
	{strings.Repeat("/n", 4000), 404},
	{strings.Repeat("/sub/..", 1000) + "/a", 200},
}

// pathsRoot makes a document root for paths, with a secret beside it.
func pathsRoot(t *testing.T) string {
	t.Helper()
	outside := rootWith(t, "unused", nil)
	root := filepath.Join(outside, "root")
	write(t, filepath.Join(outside, "secret"), "secret")
	for _, tree := range []string{"static", "dynamic"} {
		dir := filepath.Join(root, tree)
		must(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o755))
		for _, name := range []string{
			"a", "sub/b", "with space", "ä", "query?", "percent%41", ".hidden", "...",
		} {
			write(t, filepath.Join(dir, name), "a")
		}
		for name, to := range map[string]string{
			"link": "a", "link-to-link": "sub/../link", "folder-link": "./sub",
			"other-tree": "../static/sub/b", "link-out": "../../secret", "link-to-parent": "../..",
			"link-absolute": filepath.Join(outside, "secret"), "link-dangling": "nowhere", "link-loop": "link-loop",
		} {
			must(t, os.Symlink(to, filepath.Join(dir, name)))
		}
		must(t, unix.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
		listen(t, filepath.Join(dir, "socket"))
		// Not every user may make devices. Without one its path is 404, too.
		_ = unix.Mknod(filepath.Join(dir, "device"), unix.S_IFCHR|0o644, int(unix.Mkdev(1, 3)))
	}
	write(t, filepath.Join(root, "secret"), "secret")
	return root
}

// listen puts a unix socket at path. The kernel limits the length of its address,
// hence the detour.
func listen(t *testing.T, path string) {
	t.Helper()
	fd, err := os.Open(filepath.Dir(path))
	must(t, err)
	defer fd.Close()
	l, err := net.Listen("unix", filepath.Join("/proc/self/fd", strconv.Itoa(int(fd.Fd())), filepath.Base(path)))
	must(t, err)
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	t.Cleanup(func() { _ = l.Close() })
}

func wantPaths(t *testing.T, s *server) {
	c := s.dial(t)
	for _, mount := range []string{"/static", "/dynamic"} {
		for _, p := range paths {
			c.send(get(mount + p.target))
			if p.status != http.StatusOK {
				c.refusal(p.status)
			} else if _, body := c.answer("GET", p.status); string(body) != "a" {
				t.Errorf("%s%s: %q", mount, p.target, body)
			}
			if t.Failed() {
				t.Fatalf("at %s%s", mount, p.target)
			}
		}
	}
	for _, target := range []string{"/secret", "/static/../secret", "/staticx", "/stati", "/a"} {
		c.send(get(target))
		c.refusal(http.StatusNotFound)
	}
	c.send(get("/dynamic/../static/a"))
	c.answer("GET", http.StatusOK)
}

func TestPaths(t *testing.T) {
	eachWay(t, func(t *testing.T, w way) {
		wantPaths(t, start(t, w, pathsRoot(t)))
	})
}

// valgrind does not know openat2(2), so here the server confines look-ups without
// it.
func TestPathsWithoutOpenat2(t *testing.T) {
	needs(t, "valgrind")
	t.Parallel()
	wantPaths(t, start(t, underValgrind(), pathsRoot(t)))
}

// A file that the server may not read is 403. Root may read every file unless it
// gives that up.
func TestUnreadable(t *testing.T) {
	needs(t, "setpriv")
	eachBackend(t, func(t *testing.T, w way) {
		root := rootWith(t, "a", []byte("secret"))
		must(t, os.Chmod(filepath.Join(root, "static", "a"), 0))
		if os.Geteuid() == 0 {
			w.wrap = []string{"setpriv", "--bounding-set=-dac_override,-dac_read_search"}
		}
		c := start(t, w, root).dial(t)
		for _, tree := range trees {
			c.send(get(tree + "a"))
			c.refusal(http.StatusForbidden)
		}
	})
}
