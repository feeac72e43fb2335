// 'aws DIR' and 'aws FILE': what people type first.

package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"aws/backend/backendtest"
)

// argumentRoot is a folder with a page, a folder that has an index, one that has
// none, and what a sidecar would be.
func argumentRoot(t *testing.T) string {
	t.Helper()
	root := rootWith(t, "unused", nil)
	must(t, os.RemoveAll(filepath.Join(root, "dynamic")))
	for name, text := range map[string]string{
		"a b%.txt": "the file\n", "a b%.txt.gz": "not gzip", ".hidden": "hidden\n", "docs/index.html": "the docs\n", "list/one": "1",
	} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755))
		write(t, filepath.Join(root, name), text)
	}
	return root
}

// A folder is served at "/", with its index files, and with listings where there
// is none. Flags change that.
func TestFolderArgument(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := argumentRoot(t)
		s := startBy(t, w, root)
		if list := s.curl(t, "/"); list.status != http.StatusOK || !strings.Contains(string(list.body), "a b%.txt") {
			t.Errorf("the listing: %d\n%s", list.status, list.body)
		}
		s.curl(t, "/a%20b%25.txt").want(t, 200, "the file\n")
		s.curl(t, "/docs/").want(t, 200, "the docs\n")
		s.curl(t, "/docs", "--location").want(t, 200, "the docs\n")
		s.curl(t, "/static/unused").want(t, 200, "") // a folder like any other
		s.curl(t, "/.hidden").want(t, 404, "404 Not Found\n")

		plain := startBy(t, w, "--autoindex=false", root+"/")
		plain.curl(t, "/").want(t, 404, "404 Not Found\n")
		plain.curl(t, "/docs/").want(t, 200, "the docs\n")

		link := filepath.Join(root, "list", "link")
		must(t, os.Symlink("../docs", link))
		startBy(t, w, link, "--index=none,index.html").curl(t, "/").want(t, 200, "the docs\n")
	})
}

// A file is served at "/" and at its name, and nothing else of its folder, whatever
// the flags say.
func TestFileArgument(t *testing.T) {
	needs(t, "curl")
	eachBackend(t, func(t *testing.T, w way) {
		root := argumentRoot(t)
		file := filepath.Join(root, "a b%.txt")
		s := startBy(t, w, file, "--autoindex", "--precompressed=gzip", "--dotfiles=allow", "--index=docs,.hidden")
		if want := s.url("/a%20b%25.txt"); !strings.Contains(s.stdout.String(), "\n  "+want+"\n") {
			t.Errorf("want %s to be opened:\n%s", want, &s.stdout)
		}
		for _, path := range []string{"/", "/a%20b%25.txt", "//", "/x/../a%20b%25.txt"} {
			a := s.curl(t, path, "--path-as-is")
			a.want(t, 200, "the file\n")
			a.wantField(t, "Content-Type", "text/plain; charset=utf-8")
		}
		for _, path := range []string{
			"/a%20b%25.txt/", "/a%20b%25.txt/x", "/a%20b%25.txt.gz", "/.hidden", "/docs/", "/docs/index.html", "/docs", "/list/", "/static/", "/x",
			"/..", "/../" + filepath.Base(root) + "/docs/index.html", "/%2e%2e/docs/index.html",
		} {
			s.curl(t, path, "--path-as-is").want(t, 404, "404 Not Found\n")
		}
		s.curl(t, "/", "--range", "4-7").want(t, 206, "file")

		write(t, file+"~", "another\n")
		must(t, os.Rename(file+"~", file))
		s.curl(t, "/").want(t, 200, "another\n")
		must(t, os.Remove(file))
		s.curl(t, "/").want(t, 404, "404 Not Found\n")
		must(t, os.Mkdir(file, 0o755))
		s.curl(t, "/").want(t, 404, "404 Not Found\n")
		s.curl(t, "/a%20b%25.txt").want(t, 404, "404 Not Found\n")

		startBy(t, w, filepath.Join(root, ".hidden")).curl(t, "/.hidden").want(t, 200, "hidden\n")
		link := filepath.Join(root, "list", "elsewhere")
		must(t, os.Symlink(filepath.Join(root, "docs/index.html"), link))
		linked := startBy(t, w, link)
		linked.curl(t, "/elsewhere").want(t, 200, "the docs\n")
		linked.curl(t, "/index.html").want(t, 404, "404 Not Found\n")
	})
}

// The argument wins over the root and the mounts of a configuration file, which
// says the rest.
func TestArgumentWinsOverConfigFile(t *testing.T) {
	needs(t, "curl")
	t.Parallel()
	root := argumentRoot(t)
	config := filepath.Join(root, "aws.toml")
	write(t, config, `
root = "/nowhere"
mount = ["/x=y"]
header = ["*: X-From: the file"]
`)
	a := startBy(t, raw(backends[0]), "--config="+config, root).curl(t, "/docs/")
	a.want(t, 200, "the docs\n")
	a.wantField(t, "X-From", "the file")

	write(t, config, "autoindex = false\n")
	startBy(t, raw(backends[0]), "--config="+config, root).curl(t, "/").want(t, 404, "404 Not Found\n")

	write(t, config, "[[site]]\nroot = \"/nowhere\"\n")
	run(t, "", "--config="+config, root).wantError(t, 2, `the \[\[site\]\] tables of .*leave out one`)
}

// What cannot be served is refused, with what to do.
func TestArgumentRefused(t *testing.T) {
	t.Parallel()
	dir := rootWith(t, "a", nil)
	must(t, unix.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	must(t, unix.Bind(fd, &unix.SockaddrUnix{Name: filepath.Join(dir, "socket")}))
	must(t, os.Symlink("itself", filepath.Join(dir, "itself")))
	for _, c := range []struct {
		args    []string
		code    int
		pattern string
	}{
		{[]string{""}, 2, "an empty name: 'aws .'"},
		{[]string{"nothing-of-this-name"}, 1, "nothing-of-this-name: no such file or directory; name a folder or a file to serve, such as 'aws .'"},
		{[]string{"nowhere/x y"}, 1, `"nowhere/x y": no such file`},
		{[]string{"./version"}, 1, `[.]/version: no such file`}, // not the command
		{[]string{"--", "version"}, 2, `did you mean 'aws version'`},
		{[]string{"file/"}, 1, "file/: not a directory; name another folder or file"},
		{[]string{dir + "/fifo"}, 1, "/fifo is a FIFO; name a folder or a file"},
		{[]string{dir + "/socket"}, 1, "/socket is a socket; name"},
		{[]string{"/dev/null"}, 1, "/dev/null is a device; name"},
		{[]string{dir + "/itself"}, 1, "/itself: too many levels of symbolic links; name another"},
		{[]string{strings.Repeat("x", 5000)}, 1, "x: file name too long; name another"},
		{[]string{".", "."}, 2, `[.] and [.]: want one folder or file; --mount=PREFIX=DIR`},
		{[]string{".", "--root=x"}, 2, `[.] and --root both say what to serve: leave out one`},
		{[]string{".", "--mount=/=x"}, 2, `[.] and --mount both say what to serve: leave out one`},
		{[]string{".", "--root="}, 2, `[.] and --root both`},
	} {
		run(t, "", append([]string{"--listen=127.0.0.1:0"}, c.args...)...).wantError(t, c.code, c.pattern)
	}
}

// A file or a folder that this user may not read is told at start.
func TestUnreadableArgument(t *testing.T) {
	needs(t, "setpriv")
	t.Parallel()
	if os.Getuid() != 0 {
		backendtest.Missing(t, "only root can become somebody else")
	}
	dir := rootWith(t, "a", nil)
	secret := filepath.Join(dir, "secret")
	write(t, secret, "")
	must(t, os.Chmod(secret, 0))
	must(t, os.Chmod(workDir, 0o755))
	must(t, os.Chmod(dir, 0o755))
	runProgram(t, "setpriv", "", "--reuid=65534", "--clear-groups", built.aws, "--listen=127.0.0.1:0", secret).
		wantError(t, 1, "/secret: permission denied; give this user access")
}
