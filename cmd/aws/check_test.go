// What is wrong with settings: found all at once, by --check and at every start.

package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// checkTree is a folder with a bit of everything that settings may name.
func checkTree(t *testing.T) string {
	t.Helper()
	dir := rootWith(t, "page.html", []byte("page"))
	for _, name := range []string{"public/docs", "public/sub"} {
		must(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
	}
	for _, name := range []string{"file", "public/index.html", "public/404.html", "public/docs/index.html"} {
		write(t, filepath.Join(dir, name), "text")
	}
	for link, to := range map[string]string{
		"public/inside.html": "index.html", "public/outside.html": "/etc/passwd", "public/gone.html": "nowhere", "away": "/etc",
	} {
		must(t, os.Symlink(to, filepath.Join(dir, link)))
	}
	return dir
}

// wrongSetting is a mistake in the arguments or in a configuration file.
type wrongSetting struct {
	args   string // separated by '|'
	config string
	code   int // of a start; -1: it starts
	lines  []string
}

const starts = -1

var wrongSettings = []wrongSetting{
	// Folders.
	{args: "--mount=/=publik", code: 1, lines: []string{"error: --mount=/=publik: open .*/publik: no such file or directory; make it, .*; did you mean public\\?"}},
	{args: "--mount=/=public|--mount=/a=publik", code: starts, lines: []string{"warning: --mount=/a=publik: open .*/publik: no such file or directory; .*"}},
	{args: "--mount=/=publik|--redirect=/a=/b", code: starts, lines: []string{"warning: --mount=/=publik: .*"}},
	{args: "--mount=/=file", code: 1, lines: []string{"error: --mount=/=file: .*/file is a file: mount the folder that it is in"}},
	{args: "--mount=/=file/x", code: 1, lines: []string{"error: --mount=/=file/x: open .*/file/x: not a directory; choose a folder .*"}},
	{args: "--mount=/=away", code: 1, lines: []string{"error: --mount=/=away: .*/away leads out of .* by a link: .*"}},
	{args: "--mount=/=~/x", code: 1, lines: []string{`error: --mount=/=~/x: .* the shell leaves '~' after '=' alone: write \$HOME`}},
	{args: "--root=nowhere", code: 1, lines: []string{"error: --root=nowhere: open .*/nowhere: no such file or directory; make it, .* --root=FOLDER"}},
	{args: "--root=file", code: 1, lines: []string{"error: --root=file: open .*/file: not a directory; .* --root=FOLDER"}},
	{args: "--root=public", code: 1, lines: []string{"error: --root=public: .*/public has neither a folder static nor a folder dynamic: .aws .* serves the folder itself, .*"}},
	{args: "--mount=/=/nowhere|--mount=/a=public", code: 1, lines: []string{"error: --mount=/=/nowhere: open /nowhere: no such file .* --mount=PREFIX=FOLDER"}},
	{args: "--mount=/a=public|--mount=/a/=static", code: 2, lines: []string{"error: --mount=/a/=static: /a is mounted twice"}},
	{args: "--mount=/=public|--mount=/.git=static", code: starts, lines: []string{"warning: --mount=/.git=static: nothing of it is served: paths through names that begin with a dot are hidden; .* --dotfiles=allow"}},
	{args: "--mount=/=public|--mount=/a=static|--redirect=/a/*=/b/*", code: starts, lines: []string{`warning: --mount=/a=static: nothing of it is served: all of its paths are redirected by /a/\*`}},

	// Files.
	{args: "--mount=/=public|--fallback=/indx.html", code: starts, lines: []string{"warning: --fallback=/indx.html: /indx.html leads to .*/public/indx.html, which is not there: make it, or correct the path; did you mean index.html\\?"}},
	{args: "--mount=/a=public|--fallback=/index.html", code: 2, lines: []string{"error: --fallback=/index.html: nothing is mounted at /index.html: .*"}},
	{args: "--mount=/=public|--fallback=/docs", code: starts, lines: []string{"warning: --fallback=/docs: .*/public/docs, which is a folder: .*"}},
	{args: "--mount=/=public|--fallback=/sub/", code: starts, lines: []string{"warning: --fallback=/sub/: .*/public/sub/index.html, which is not there: .*"}},
	{args: "--mount=/=public|--fallback=/outside.html", code: starts, lines: []string{"warning: --fallback=/outside.html: .*, which is out of .* by a link: .*"}},
	{args: "--mount=/=public|--fallback=/gone.html", code: starts, lines: []string{"warning: --fallback=/gone.html: .*, which is not there: .*"}},
	{args: "--mount=/=public|--error-page=404=/4o4.html", code: starts, lines: []string{"warning: --error-page=404=/4o4.html: .*/public/4o4.html, which is not there: .*; did you mean 404.html\\?"}},
	{args: "--error-page=404=/404.html", code: 2, lines: []string{"error: --error-page=404=/404.html: nothing is mounted at /404.html: .*"}},
	{args: "--mount=/=public|--error-page=418=/404.html", code: starts, lines: []string{"warning: --error-page=418=/404.html: the server never answers with 418"}},
	{args: "--mount=/=public|--error-page=404=/404.html|--error-page=404=/index.html", code: starts, lines: []string{"warning: --error-page=404=/404.html: has no effect: there is another page for 404 after it"}},
	{args: "--mount=/=public|--try=$path,/indx.html", code: starts, lines: []string{`warning: --try=\$path,/indx.html: /indx.html leads to .*, which is not there: .*`}},
	{args: "--mount=/a=public|--try=/b$path,/c,$path,$path", code: starts, lines: []string{
		`warning: --try=.*: "/b\$path" never matches: nothing is mounted below /b`,
		`warning: --try=.*: "/c" never matches: nothing is mounted there`,
		`warning: --try=.*: "\$path" is there twice`,
	}},
	{args: "--index=a/b", code: 2, lines: []string{`error: --index=a/b: "a/b": want the name of a file, .*`}},
	{args: "--index=..", code: 2, lines: []string{`error: --index=..: "..": want the name of a file, .*`}},
	{args: "--index=a,a", code: starts, lines: []string{`warning: --index=a,a: "a" is there twice`}},

	// Redirects.
	{args: "--redirect=/*=/*", code: 2, lines: []string{`error: --redirect=/\*=/\*: sends clients in a circle, from /x to /x: .*`}},
	{args: "--redirect=/a=/b|--redirect=/b=/c?d#e|--redirect=/c=/a", code: 2, lines: []string{"error: --redirect=/a=/b: sends clients in a circle, from /a to /b to /c to /a: .*"}},
	{args: "--redirect=/*=/index.html", code: 2, lines: []string{`error: --redirect=/\*=/index.html: sends clients in a circle, from /index.html to /index.html: .*`}},
	{args: "--redirect=/*=/new/*", code: 2, lines: []string{`error: --redirect=/\*=/new/\*: sends clients in a circle, from /x to /new/x to /new/new/x and so on: .*`}},
	{args: "--redirect=/r/*=https://good.example*", code: 2, lines: []string{`error: --redirect=/r/\*=https://good.example\*: what the '\*' stands for would become a part of the host, .*`}},
	{args: "--mount=/=public|--redirect=/docs/=/docs", code: 1, lines: []string{"error: --redirect=/docs/=/docs: sends clients in a circle, from /docs/ to /docs to /docs/: the server itself redirects /docs to /docs/, .*"}},
	{args: "--mount=/=public|--clean-urls|--redirect=/404=/404.html", code: 1, lines: []string{"error: --redirect=/404=/404.html: sends clients in a circle, from /404 to /404.html to /404: the server itself redirects /404.html to /404, .*"}},
	{args: "--mount=/=public|--clean-urls|--redirect=/docs/=/docs/index.html", code: 1, lines: []string{"error: --redirect=/docs/=/docs/index.html: sends clients in a circle, from /docs/ to /docs/index.html to /docs/: .*"}},
	{args: "--mount=/=public|--clean-urls|--redirect=/=/index|--redirect=/x=/y|--redirect=/y=/x.html", code: 1, lines: []string{"error: --redirect=/=/index: sends clients in a circle, from / to /index to /: .*"}},
	{args: "--mount=/=public|--redirect=/404=/404.html|--redirect=/docs/=/docs/index.html", code: 0},
	{args: "--mount=/=public|--clean-urls|--redirect=/inside=/outside.html|--redirect=/a=/404.html", code: 0},
	{args: "--mount=/=public|--redirect=/x/=/x|--redirect=/index.html/=/index.html", code: 0},
	{args: "--redirect=/a=/b|--redirect=/a=/c", code: starts, lines: []string{"warning: --redirect=/a=/c: has no effect: /a comes first .*"}},
	{args: "--redirect=/a/*=/b/*|--redirect=/a/b=/c", code: starts, lines: []string{`warning: --redirect=/a/b=/c: has no effect: /a/\* comes first .*`}},
	{args: "--redirect=/a=/b/*", code: starts, lines: []string{`warning: --redirect=/a=/b/\*: the '\*' of its target stands for nothing, .*`}},
	{args: "--redirect=/a//b=/c|--redirect=/a?b=/c|--redirect=/a%20b=/c", code: starts, lines: []string{
		"warning: --redirect=/a//b=/c: has no effect: .* repeated slashes .*",
		`warning: --redirect=/a\?b=/c: /a\?b is compared with the path alone, .*`,
		"warning: --redirect=/a%20b=/c: /a%20b is compared with the decoded path: write /a b",
	}},

	// Fields and types.
	{args: "--header=*.css: X: a|--header=*: x: b", code: starts, lines: []string{`warning: --header=\*.css: X: a: has no effect: the one for \* comes later, .*`}},
	{args: "--cache-control=/static/a*=no-cache|--header=/static/*: Cache-Control: no-store", code: starts, lines: []string{`warning: --cache-control=/static/a\*=no-cache: has no effect: .*`}},
	{args: "--cache-control=*=public, max-age=1y", code: starts, lines: []string{`warning: --cache-control=\*=public, max-age=1y: max-age wants a number of seconds, not "1y"`}},
	{args: "--cache-control=*=Max-Age=60, private=\"x\"", code: 0},
	{args: "--cache-control=/assets/*=no-cache", code: starts, lines: []string{`warning: --cache-control=/assets/\*=no-cache: nothing is mounted at /assets/\*`}},
	{args: "--mime=*=text/plain", code: 2, lines: []string{`error: --mime=\*=text/plain: that would be the type of every file, .*`}},
	{args: "--mime=a=b/c|--mime=.A=d/e", code: starts, lines: []string{"warning: --mime=a=b/c: has no effect: there is another type for a after it"}},

	{args: "--header=*: Date: x|--header=*: Allow: GET|--header=always *: Connection: close|--header=*: content-length: 5|--header=*: Vary:", code: 2, lines: []string{
		`error: --header=\*: Date: x: the server itself decides on Date: .*`,
		`error: --header=\*: Allow: GET: the server itself decides on Allow: .*`,
		`error: --header=always \*: Connection: close: the server itself decides on Connection: .*`,
		`error: --header=\*: content-length: 5: the server itself decides on content-length: .*`,
		`error: --header=\*: Vary:: .*`,
	}},

	// Networks.
	{args: "--mount=/=public|--deny=/docs/*=all|--allow=/docs/*=10.0.0.0/8,::1,unix", code: 0},
	{args: "--mount=/=public|--allow=/docs/*=10.0.0.0/8|--deny=/docs/*=all", code: starts, lines: []string{`warning: --allow=/docs/\*=10.0.0.0/8: has no effect: /docs/\*=all comes later, .*`}},
	{args: "--mount=/=public|--allow=/docs/*=10.0.0.0/8", code: starts, lines: []string{`warning: --allow=/docs/\*=10.0.0.0/8: has no effect: no rule before it denies .*`}},
	{args: "--mount=/=public|--deny=*=192.0.2.0/24|--allow=/docs=198.51.100.7", code: starts, lines: []string{"warning: --allow=/docs=198.51.100.7: has no effect: no rule before it denies .*"}},
	{args: "--mount=/=public|--deny=/docs/a=10.1.0.0/16|--deny=/docs=10.0.0.0/8", code: starts, lines: []string{"warning: --deny=/docs/a=10.1.0.0/16: has no effect: /docs=10.0.0.0/8 comes later, .*"}},
	{args: "--mount=/=public|--deny=/docs=0.0.0.0/0", code: starts, lines: []string{"warning: --deny=/docs=0.0.0.0/0: keeps out all clients of one IP version and none of the other; write /docs=all"}},
	{args: "--mount=/=public|--deny=/docs=0.0.0.0/0|--deny=/docs=::/0", code: 0},
	{args: "--mount=/a=public|--deny=/b/*=all", code: starts, lines: []string{`warning: --deny=/b/\*=all: has no effect: nothing is mounted at /b/\*`}},
	{args: "--mount=/=public|--deny=docs=all|--allow=/docs|--deny=/docs=10.0.0.1/8|--deny=/docs=everybody", code: 2, lines: []string{
		"error: --deny=docs=all: want PATTERN=NETWORK,…, such as .*", "error: --allow=/docs: want PATTERN=NETWORK,…, such as .*",
		"error: --deny=/docs=10.0.0.1/8: 10.0.0.1/8: the network is 10.0.0.0/8; a single address has no '/8'",
		"error: --deny=/docs=everybody: everybody: want a network, such as 10.0.0.0/8 or 2001:db8::/32, an address, or unix, or all",
	}},
	{args: "--mount=/=public|--trusted-proxy=10.0.0.0/8|--trusted-proxy=10.1.0.0/16|--trusted-proxy=::/0|--trusted-proxy=10.0.0.0/8", code: starts, lines: []string{
		"warning: --trusted-proxy=10.1.0.0/16: has no effect: it lies in that of --trusted-proxy=10.0.0.0/8",
		"warning: --trusted-proxy=::/0: anybody can say to be anybody else: .*", "warning: --trusted-proxy=10.0.0.0/8: is there twice",
	}},
	{args: "--mount=/=public|--trusted-proxy=all", code: 2, lines: []string{"error: --trusted-proxy=all: want a network, such as .*"}},
	{args: "--mount=/=public|--listen=127.0.0.1:0,proxy=10/8", code: 2, lines: []string{"error: --listen=127.0.0.1:0,proxy=10/8: proxy=10/8: want a network, .*"}},

	// Numbers.
	{args: "--max-connections=0", code: 2, lines: []string{"error: --max-connections=0: nobody could connect: leave it out .*"}},
	{args: "--workers=99999999999999999999", code: 2, lines: []string{"error: --workers=99999999999999999999: the number is too large"}},
	{args: "--workers=1024", code: starts, lines: []string{"warning: --workers=1024: this process may use .*"}},
	{args: "--memory=0|--min-rate=8GiB|--copy-below=1MiB|--copy-below=9999999999GiB", code: 2, lines: []string{
		"error: --copy-below=9999999999GiB: the number is too large",
		"error: --memory=0: want at least 8MiB; leave it out .*",
		"error: --min-rate=8GiB: no client is that fast: .*",
	}},
	{args: "--memory=8388607TiB", code: 2, lines: []string{"error: --memory=8388607TiB: want a number of bytes, .*"}},
	{args: "--memory=8000000GiB", code: starts, lines: []string{"warning: --memory=8000000GiB: this process may have .*MiB in all; .*"}},
	{args: "--idle-timeout=10|--stall-timeout=1d|--body-timeout=8761h|--drain-timeout=9999999h", code: 2, lines: []string{
		"error: --idle-timeout=10: want a time with its unit, such as 500ms, 30s or 2m",
		"error: --stall-timeout=1d: want a time with its unit, .*",
		"error: --drain-timeout=9999999h: want a time with its unit, .*",
		"error: --body-timeout=8761h: want at most a year, 8760h",
	}},
	{args: "--zero-copy-above=129KiB|--backend=auto", code: starts, lines: []string{"warning: --zero-copy-above=129KiB: has no effect: a buffer holds 128KiB"}},
	{args: "--zero-copy-above=1", code: starts, lines: []string{"warning: --zero-copy-above=1: has no effect with --backend=epoll-aio"}},

	// Addresses.
	{args: "--listen=:8080|--listen=127.0.0.1:8080", code: 2, lines: []string{"error: --listen=127.0.0.1:8080: clashes with --listen=:8080: .*"}},
	{args: "--listen=[::]:8080|--listen=[::1]:8080", code: 2, lines: []string{`error: --listen=\[::1\]:8080: clashes with --listen=\[::\]:8080: .*`}},
	{args: "--listen=:8080|--listen=[::]:8080", code: 2, lines: []string{`error: --listen=\[::\]:8080: clashes with --listen=:8080: .*`}},
	{args: "--listen=127.0.0.1:8080|--listen=127.0.0.1:8080", code: 2, lines: []string{"error: --listen=127.0.0.1:8080: clashes with --listen=127.0.0.1:8080: .*"}},
	{args: "--listen=unix:a|--listen=unix:./a,mode=0600", code: 2, lines: []string{"error: --listen=unix:./a,mode=0600: clashes with --listen=unix:a: .*"}},
	{args: "--listen=unix:a,mode=8", code: 2, lines: []string{"error: --listen=unix:a,mode=8: mode=8: want permissions in octal, such as 0660"}},
	{args: "--listen=unix:a,tls", code: 2, lines: []string{`error: --listen=unix:a,tls: unknown option "tls" after a comma: .*`}},
	{args: "--listen=unix:a,group=no-such-group", code: 1, lines: []string{"error: --listen=unix:a,group=no-such-group: group=no-such-group is not known on this machine; 'getent passwd' .*"}},

	// The command line, several at once.
	{args: "--workers=none|--mount=/=public|--fallback=/indx.html|--autoindex=perhaps|--backend=x", code: 2, lines: []string{
		"error: --workers=none: want a whole number, such as 4",
		"error: --autoindex=perhaps: want true or false",
		"error: --backend=x: want one of epoll-aio, uring, auto",
		"warning: --fallback=/indx.html: .*",
	}},
	{args: "--mime=\x1b[2J\n=x", code: 2, lines: []string{`error: --mime=\\x1b\[2J\\n=x: .*`}},

	// The configuration file.
	{config: "mount = [\"/=public\",\n \"/a=publik\"]", code: starts, lines: []string{"warning: site.toml:2: mount \"/a=publik\": open .*/publik: .*"}},
	{config: "\nmout = \"/=public\"\nroot_ = 1\nnonsense = 2", code: 2, lines: []string{
		"error: site.toml:2: mout: no such setting; did you mean mount\\?",
		"error: site.toml:3: root_: no such setting; did you mean root\\?",
		"error: site.toml:4: nonsense: no such setting; 'aws --help' lists them",
	}},
	{config: "workers = 1\nworkers = 2\n", code: 2, lines: []string{"error: site.toml:2: workers: is there twice, also in site.toml:1: workers: .*"}},
	{config: "root = [\"a\", \"b\"]\nlisten = []\nindex = [1979-05-27]", code: 2, lines: []string{
		"error: site.toml:3: index: want a string, a number or a list of them",
		"error: site.toml:1: root: want one value, not a list",
		"error: site.toml:2: listen: want at least one value in the list",
	}},
	{config: "[[site]]\nhost = \"a.example\"\n[[site]]\nhost = [\"b.example\",\n\"A.Example.\"]\n", code: 2, lines: []string{"error: site.toml:5: host \"A.Example.\": a.example belongs to a site before this one; .*"}},
	{config: "[[site]]\nhost = \"a.example\"\n[[site]]\nroot = \"public\"\n", code: 2, lines: []string{
		`error: site.toml:3: \[\[site\]\]: host: is missing: .*`,
		"warning: site.toml:4: root \"public\": .* has neither .*",
	}},
	{config: "[[site]]\nhost = \"*\"\nlisten = \":80\"\n[site]\n[more]\nx = 1\n", code: 2, lines: []string{
		`error: site.toml:4: \[site\]: want \[\[site\]\], .*`,
		"error: site.toml:5: more: no such table: .*",
		"error: site.toml:3: listen: no such setting of a site: it stands at the top of the file, .*",
		`error: site.toml:2: host "\*": "\*": want a name, .*`,
	}},
	{config: "host = \"a.example\"\ncheck = true\n", code: 2, lines: []string{
		"error: site.toml:1: host: no such setting at the top: .*",
		"error: site.toml:2: check: no such setting in a file: --check is for the command line",
	}},
	{config: "header = [\"/assets/*: A: b\", \"/static/*: A: b\"]\n[[site]]\nmount = \"/assets=public\"\n[[site]]\nhost = \"b.example\"\n", code: 0},
	{config: "fallback = \"/page.html\"\n[[site]]\nfallback = \"/static/page.html\"\n", code: starts, lines: []string{"warning: site.toml:1: fallback \"/page.html\": has no effect: .*"}},
	{config: "error-page = [\"404=/static/page.html\"]\n[[site]]\nerror-page = [\"404=/dynamic/page.html\"]\n", code: 0},
	{config: "workers = \n", code: 2, lines: []string{"error: site.toml:1: column 11: .*"}},
	{config: "workers = 010\n", code: 2, lines: []string{"error: site.toml:1: column 11: .*"}},
	{config: "site = [{host = \"a.example\", root = \"nowhere\"}]\n", code: 1, lines: []string{"error: site.toml:1: root \"nowhere\": open .*/nowhere: .*"}},
}

// Each mistake is found by --check, which exits with 1, and at a start, which warns or
// refuses. Both say the same: where it stands, what is wrong, and what to do.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	dir := checkTree(t)
	for _, c := range wrongSettings {
		t.Run(c.args+c.config, func(t *testing.T) {
			t.Parallel()
			args := c.arguments(t, dir)
			checked := runIn(t, dir, append(args, "--check")...)
			wantCode := min(len(c.lines), 1)
			if checked.code != wantCode || (checked.stdout != "") != (wantCode == 0) {
				t.Errorf("--check: exit code %d, stdout %q, want %d", checked.code, checked.stdout, wantCode)
			}
			checked.wantLines(t, c.lines)
			if c.code > 0 {
				started := runIn(t, dir, args...)
				if started.code != c.code || started.stdout != "" {
					t.Errorf("start: exit code %d, stdout %q, want %d", started.code, started.stdout, c.code)
				}
				started.wantLines(t, c.lines)
			}
		})
	}
}

// A start with doubts warns once, and serves.
func TestDoubtsAreWarnings(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		dir := checkTree(t)
		w.says = []string{"aws: warning: --fallback=/indx.html: ", "aws: warning: --mount=/a=publik: "}
		s := start(t, w, dir, "--mount=/=public", "--mount=/a=publik", "--fallback=/indx.html")
		s.curl(t, "/docs/").want(t, 200, "text")
		s.end(t)
		for _, line := range w.says {
			if n := strings.Count(s.stderr.String(), line); n != 1 {
				t.Errorf("%d times %q", n, line)
			}
		}
	})
}

// arguments are those of a case. It listens nowhere that another one does.
func (c *wrongSetting) arguments(t *testing.T, dir string) (args []string) {
	if c.args != "" {
		args = strings.Split(c.args, "|")
	}
	if !strings.Contains(c.args+c.config, "listen") {
		args = append(args, "--listen=127.0.0.1:0")
	}
	if c.config != "" {
		file, err := os.MkdirTemp(dir, "config-")
		must(t, err)
		write(t, filepath.Join(file, "site.toml"), c.config)
		args = append(args, "--config="+filepath.Join(file, "site.toml"))
	}
	return args
}

// runIn runs a server that is to end by itself in a folder.
func runIn(t *testing.T, dir string, args ...string) result {
	t.Helper()
	cmd := children.Command(t, built.aws, args...)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || !exit.Exited()) {
		t.Fatalf("aws %q: %v\n%s", args, err, &stderr)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// wantLines wants these lines on stderr, in any order, and no others.
func (r result) wantLines(t *testing.T, patterns []string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(strings.TrimSuffix(r.stderr, "Try 'aws --help'.\n"), "\n"), "\n")
	if r.stderr == "" {
		lines = nil
	}
	for _, pattern := range patterns {
		found := false
		for _, line := range lines {
			line = regexp.MustCompile(`\S*/(site\.toml:)`).ReplaceAllString(line, "$1")
			found = found || regexp.MustCompile("^aws: "+pattern+"$").MatchString(line)
		}
		if !found {
			t.Errorf("no line matches %q", pattern)
		}
	}
	if len(lines) != len(patterns) {
		t.Errorf("%d lines, want %d", len(lines), len(patterns))
	}
	if t.Failed() {
		t.Logf("stderr:\n%s", r.stderr)
	}
}

// What is right is one line, and nothing is served or written.
func TestCheckFindsNothing(t *testing.T) {
	t.Parallel()
	dir := checkTree(t)
	for _, c := range []struct{ args, want string }{
		{"--workers=1", "aws: no problems found: 1 site with 2 mounts, on :8888\n"},
		{"--mount=/=public|--fallback=/inside.html|--error-page=404=/docs/|--listen=unix:socket,mode=0600", "aws: no problems found: 1 site with 1 mount, on unix:socket\n"},
		{"--redirect=/*=https://example.org/*|--listen=0.0.0.0:80|--listen=[::]:80|--listen=[::1]:0", "aws: no problems found: 1 site with 2 mounts, on 0.0.0.0:80 [::]:80 [::1]:0\n"},
		{"--redirect=/old/*=/new/*|--redirect=/new/a=/old/b|--redirect=/a/*=http://example.org/*", "aws: no problems found: 1 site with 2 mounts, on :8888\n"},
	} {
		r := runIn(t, dir, append(strings.Split(c.args, "|"), "--check")...)
		if r.code != 0 || r.stderr != "" || r.stdout != c.want {
			t.Errorf("%s: exit code %d, stdout %q, stderr:\n%s", c.args, r.code, r.stdout, r.stderr)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "socket")); err == nil {
		t.Error("there is a socket")
	}
}

// What a user may not read is found for the user that the server runs as.
func TestUnreadableFolders(t *testing.T) {
	needs(t, "setpriv")
	if os.Getuid() != 0 {
		backendtest.Missing(t, "only root can run it as another user")
	}
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "aws-check-") // nobody may look for names in the other one
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, "open"), 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, "closed/static"), 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, "unlisted"), 0o755))
	write(t, filepath.Join(dir, "open/secret.html"), "")
	must(t, os.Chmod(filepath.Join(dir, "open/secret.html"), 0o600))
	must(t, os.Chmod(filepath.Join(dir, "closed"), 0o700))
	must(t, os.Chmod(filepath.Join(dir, "unlisted"), 0o711))
	binary := filepath.Join(dir, "aws")
	program, err := os.ReadFile(built.static)
	must(t, err)
	must(t, os.WriteFile(binary, program, 0o755))
	for _, c := range []struct{ args, line string }{
		{"--root=" + dir + "/closed", "error: --root=.*/closed: .*"},
		{"--root=" + dir + "|--mount=/=closed", "error: --mount=/=closed: open .*/closed: permission denied; give this user access to it, .*"},
		{"--root=" + dir + "|--mount=/=open|--fallback=/secret.html", "warning: --fallback=/secret.html: .*, which this user may not read: .*"},
		{"--root=" + dir + "|--mount=/=unlisted|--autoindex", "error: --mount=/=unlisted: .*/unlisted cannot be listed: this user may not read it"},
		{"--root=" + dir + "|--mount=/=unlisted", ""},
		{"--root=" + dir + "|--mount=/=open|--listen=unix:/tmp/aws-check-none,group=0", `error: --listen=unix:/tmp/aws-check-none,group=0: .*owner "", group "0": this user may not give it away; take a group of its own .*`},
		{"--root=" + dir + "|--mount=/=open|--listen=unix:/tmp/aws-check-none,owner=0", "error: --listen=unix:/tmp/aws-check-none,owner=0: .*"},
		{"--root=" + dir + "|--mount=/=open|--listen=unix:/tmp/aws-check-none,owner=65534,group=65534", ""},
		{"--root=" + dir + "|--mount=/=open|--listen=unix:" + dir + "/socket", "error: --listen=unix:.*/socket: .*permission denied; choose another path, .*"},
	} {
		args := append([]string{"--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", binary, "--check"}, strings.Split(c.args, "|")...)
		cmd := children.Command(t, "setpriv", args...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput()
		if c.line == "" {
			c.line = "no problems found.*"
		}
		want := regexp.MustCompile("^aws: " + c.line + "\n$")
		if !want.Match(out) {
			t.Errorf("%s: %s, want %s", c.args, out, c.line)
		}
		if strings.HasPrefix(c.line, "error: ") && !strings.Contains(c.args, "--listen") {
			cmd := children.Command(t, "setpriv", slices.DeleteFunc(append(args, "--listen=127.0.0.1:0"), func(arg string) bool { return arg == "--check" })...)
			cmd.Dir = dir
			if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 1 || !want.Match(out) {
				t.Errorf("start with %s: exit code %d, %s, want %s", c.args, cmd.ProcessState.ExitCode(), out, c.line)
			}
		}
	}
}

// The sample in docs/operations.md is what a check prints.
func TestDocumentedCheck(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operations.md")
	must(t, err)
	_, section, _ := strings.Cut(string(text), "\n## Checking a configuration\n")
	section, _, _ = strings.Cut(section, "\n## ")
	config := between(section, "```toml\n", "```")
	output := between(section, "```\n$ aws --check --config=site.toml\n", "```")
	dir := checkTree(t)
	write(t, filepath.Join(dir, "site.toml"), config)
	r := runIn(t, dir, "--check", "--config=site.toml")
	if got := strings.ReplaceAll(r.stderr, dir, "/srv"); r.code != 1 || got != output || output == "" {
		t.Errorf("exit code %d, stderr:\n%sdocumented:\n%s", r.code, got, output)
	}
}

// between is the text between two others.
func between(s, begin, end string) string {
	_, s, _ = strings.Cut(s, begin)
	s, _, _ = strings.Cut(s, end)
	return s
}
