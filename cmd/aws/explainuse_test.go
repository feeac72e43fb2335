// 'aws explain', as people use it.

package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
	"aws/httpx/browsertest"
)

// Without a terminal both engines stand one below the other, in 80 columns and without
// colours.
func TestExplainInText(t *testing.T) {
	t.Parallel()
	text := run(t, "", "explain", "/static/"+small, "--root="+fixture)
	if text.code != 0 || text.stderr != "" {
		t.Fatalf("exit code %d\n%s", text.code, text.stderr)
	}
	for line := range strings.Lines(text.stdout) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"GET /static/" + small, "\nepoll-aio\n", "\nuring\n", "\nA client connects\n",
		"\nThe request: 200 OK, 2048 bytes of body\n", "\nThe same again: 200 OK", "\nThe client leaves\n", "sendfile(connection, " + small, "SQE SEND(connection"} {
		if !strings.Contains(text.stdout, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(text.stdout, "\x1b") {
		t.Error("colours without a terminal")
	}
}

// The engines stand side by side in a terminal with room for that.
func TestExplainOnTerminal(t *testing.T) {
	t.Parallel()
	for columns, beside := range map[int]bool{80: false, 119: false, 120: true, 160: true} {
		text := explainOnTerminal(t, columns)
		widest := 0
		for line := range strings.Lines(text) {
			widest = max(widest, utf8.RuneCountInString(strings.TrimRight(line, "\r\n")))
		}
		if got := regexp.MustCompile(`epoll-aio +│ uring`).MatchString(text); got != beside || widest > columns {
			t.Errorf("%d columns: side by side %v, and %d columns are used:\n%s", columns, got, widest, text)
		}
	}
}

// explainOnTerminal returns what the command prints on a terminal of that width.
func explainOnTerminal(t *testing.T, columns int) string {
	t.Helper()
	terminal, other := openTerminal(t)
	must(t, unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)}))
	cmd := children.Command(t, built.aws, "explain", "/static/"+small, "--root="+fixture)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	cmd.Stdout = other
	must(t, cmd.Start())
	must(t, other.Close())
	var text strings.Builder
	buf := make([]byte, 4096)
	for { // until nobody has the other end open: EIO
		n, err := terminal.Read(buf)
		text.Write(buf[:n])
		if err != nil {
			break
		}
	}
	must(t, cmd.Wait())
	return text.String()
}

// What keeps the command from explaining anything, it says.
func TestExplainRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args    string
		code    int
		pattern string
	}{
		{"explain", 2, "want one URL or path to ask for, such as 'aws explain /static/a.txt'$"},
		{"explain /a /b", 2, "want one URL or path"},
		{"explain a.txt", 2, `"a.txt": want a path such as /static/a.txt`},
		{"explain https://localhost/", 2, "only http:// is served$"},
		{"explain http:///a", 2, "no URL$"},
		{"explain /a --fild=x", 2, "there is no flag --fild; did you mean --field[?]$"},
		{"explain /a --field=Range", 2, "--field=Range: want 'NAME: VALUE'"},
		{"explain /a --backend=none", 2, "epoll-aio, uring, auto"},
		{"explain /a --root=gone", 1, "gone"},
		{"explain /static/ --html=gone/x.html", 1, "gone/x.html.*choose another file with --html=FILE$"},
	} {
		t.Run(c.args, func(t *testing.T) { run(t, "", strings.Fields(c.args)...).wantError(t, c.code, c.pattern) })
	}
}

// Where the kernel refuses io_uring, the other engine is explained, and why it stands
// alone. --backend=uring is strict.
func TestExplainWithoutRing(t *testing.T) {
	t.Parallel()
	wrap := append(refusing(unix.EPERM, "io_uring_setup"), built.aws, "explain", "/static/"+small, "--root="+fixture)
	both := runProgram(t, wrap[0], "", wrap[1:]...)
	if both.code != 0 || !strings.Contains(both.stdout, "sendfile(") || !strings.Contains(strings.Join(strings.Fields(both.stdout), " "), "uring io_uring: io_uring_setup: operation not permitted") {
		t.Errorf("exit code %d\n%s%s", both.code, both.stdout, both.stderr)
	}
	runProgram(t, wrap[0], "", append(wrap[1:], "--backend=uring")...).wantError(t, 1, "io_uring_setup.*--backend=epoll-aio")
}

// What is served is said by the flags and the configuration of aws; a URL names the
// site, and the fields of the request are the user's.
func TestExplainTakesSettings(t *testing.T) {
	t.Parallel()
	root := rootWith(t, "a.txt", []byte("hello\n"))
	config := filepath.Join(t.TempDir(), "aws.toml")
	write(t, config, fmt.Sprintf("root = %q\n[[site]]\nhost = [\"one.example\"]\nmount = [\"/=static\"]\n[[site]]\nhost = [\"two.example\"]\nmount = [\"/b=static\"]\n", root))
	for _, c := range []struct{ url, answer string }{
		{"http://one.example/a.txt?x=1", "200 OK, 6 bytes of body"},
		{"http://two.example/a.txt", "404 Not Found"},
		{"http://two.example:80/b/a.txt", "200 OK"},
	} {
		e := explain(t, nil, c.url, "--config="+config, "--backend=epoll-aio", "-H", "X-Test: yes")
		if got := e.Engines[0].Steps[1].Answer; !strings.HasPrefix(got, c.answer) {
			t.Errorf("%s: %s, want %s", c.url, got, c.answer)
		}
		if host, _, _ := strings.Cut(strings.TrimPrefix(c.url, "http://"), "/"); !strings.Contains(e.Request, "\r\nHost: "+host+"\r\nX-Test: yes\r\n") {
			t.Errorf("%s: the request is %q", c.url, e.Request)
		}
	}
	if e := explain(t, nil, "/static/a.txt", "--root="+root, "--method=HEAD"); len(e.Engines) != 2 || e.Engines[1].Steps[1].Answer != "200 OK, 0 bytes of body" {
		t.Errorf("HEAD: %+v", e)
	}
}

// With --cold the file comes from the disk: it is read past the page cache.
func TestExplainCold(t *testing.T) {
	t.Parallel()
	root := rootWith(t, "cold", contents[medium])
	makeCold(t, filepath.Join(root, "static", "cold"))
	for _, tree := range trees {
		for i, engine := range backends {
			e := explain(t, nil, tree+"cold", "--root="+root, "--cold", "--backend="+engine)
			past := slices.ContainsFunc(e.Engines[0].Steps[1].Calls, func(c explainedCall) bool {
				return c.Call == []string{"IOCB_CMD_PREAD", "SQE READ"}[i] && slices.Contains(c.Args, "cold (O_DIRECT)")
			})
			if !past || e.Engines[0].Note != "" {
				t.Errorf("%s, %s: no read past the page cache; %s", engine, tree, e.Engines[0].Note)
			}
		}
	}
}

// The page has all of it, and looks as it should: in both colour schemes, and on a
// phone. It asks for nothing else.
func TestExplainPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := filepath.Join(dir, "page.html")
	hostile := rootWith(t, "<b>&.txt", []byte("hello\n"))
	if out := run(t, "", "explain", "/static/%3Cb%3E&.txt", "--root="+hostile, "--html="+page); out.code != 0 || out.stdout != "aws: "+page+" is written\n" {
		t.Fatalf("%+v", out)
	}
	var e explained
	must(t, json.Unmarshal([]byte(run(t, "", "explain", "--json", "/static/%3Cb%3E&.txt", "--root="+hostile).stdout), &e))
	s := start(t, raw(backends[0]), dir, "--mount=/=.")
	b := browsertest.Open(t)
	for _, width := range []int64{1280, 400} {
		for _, scheme := range []string{"light", "dark"} {
			p := b.OpenTab(t)
			p.Do(browsertest.Look(width, 900, scheme), chromedp.Navigate(s.url("/page.html")))
			if over := browsertest.Evaluate[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
				t.Errorf("%d pixels, %s: %d too wide", width, scheme, over)
			}
			dark := browsertest.Evaluate[string](p, `getComputedStyle(document.body).backgroundColor`) == "rgb(18, 22, 28)"
			if dark != (scheme == "dark") {
				t.Errorf("%s is not drawn", scheme)
			}
			columns := browsertest.Evaluate[int](p, `new Set([...document.querySelectorAll(".run")].map(r => r.getBoundingClientRect().left)).size`)
			if want := map[int64]int{1280: 2, 400: 1}[width]; columns != want {
				t.Errorf("%d pixels: %d columns, want %d", width, columns, want)
			}
			if steps := browsertest.Evaluate[int](p, `document.querySelectorAll("h2").length`); steps != len(e.Engines[0].Steps) {
				t.Errorf("%d steps, want %d", steps, len(e.Engines[0].Steps))
			}
			if bars := browsertest.Evaluate[int](p, `document.querySelectorAll(".track i").length`); bars < 20 {
				t.Errorf("%d bars", bars)
			}
			if bold := browsertest.Evaluate[int](p, `document.querySelectorAll("b").length`); bold > 0 {
				t.Error("the name of a file became markup")
			}
			if n := len(p.Answers()); n != 1 {
				t.Errorf("%d files were asked for", n)
			}
			for _, complaint := range p.Complaints() {
				t.Error("the browser complains:", complaint)
			}
		}
	}
}
