// 'make run': a page that shows both trees and both engines at work.

package main_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"

	"aws/backend/backendtest/children"
	"aws/httpx/browsertest"
)

// demo is a running 'make run'.
type demo struct {
	cmd    *children.Cmd
	stdout children.Output
	stderr children.Output
	ended  chan error
	urls   []string // of its servers
}

// startDemo runs the script of 'make run' in a folder of its own, by a command that
// may come first.
func startDemo(t *testing.T, listen string, env []string, before ...string) *demo {
	t.Helper()
	script, err := filepath.Abs("demo/run.sh")
	must(t, err)
	args := slices.Concat(before, []string{script, built.aws, listen})
	d := &demo{cmd: children.Command(t, args[0], args[1:]...), ended: make(chan error, 1)}
	d.cmd.Dir, d.cmd.Env = t.TempDir(), append(os.Environ(), append([]string{"DISPLAY=", "WAYLAND_DISPLAY="}, env...)...)
	d.cmd.Stdout, d.cmd.Stderr = &d.stdout, &d.stderr
	must(t, d.cmd.Start())
	go func() { d.ended <- d.cmd.Wait() }()
	children.Eventually(t, "what to do to end it", func() bool {
		return len(d.ended) > 0 || strings.Contains(d.stdout.String(), "Ctrl-C ends it.\n")
	})
	for _, match := range regexp.MustCompile(` serves +(\S+)/static/`).FindAllStringSubmatch(d.stdout.String(), -1) {
		d.urls = append(d.urls, match[1])
	}
	return d
}

// interrupt does what Ctrl-C does in a terminal, and wants nothing to be left.
func (d *demo) interrupt(t *testing.T) {
	t.Helper()
	group := d.cmd.Process.Pid
	must(t, unix.Kill(-group, unix.SIGINT))
	if err := <-d.ended; err != nil {
		t.Errorf("after Ctrl-C: %v\n%s", err, &d.stderr)
	}
	children.Eventually(t, "the end of both servers", func() bool { return unix.Kill(-group, 0) == unix.ESRCH })
	for _, url := range d.urls {
		if c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
			_ = c.Close()
			t.Errorf("%s still answers", url)
		}
	}
}

// The page that 'make run' opens has a picture from each tree of each engine, and
// fetches the same bytes every way; it looks right in wide and narrow windows.
func TestDemoPage(t *testing.T) {
	needs(t, "curl", "wget")
	t.Parallel()
	d := startDemo(t, "127.0.0.1:0", nil)
	if len(d.urls) != 2 {
		t.Fatalf("%d servers, want two:\n%s%s", len(d.urls), &d.stdout, &d.stderr)
	}
	for match := range strings.Lines(d.stdout.String()) {
		if command := strings.Fields(match); len(command) == 3 && command[0] == "wget" {
			if got := outputOf(t, "wget", "--no-proxy", "--quiet", command[1], command[2]); string(got) != "Hello from aws.\n" {
				t.Errorf("%s: %q", match, got)
			}
		}
	}
	b := browsertest.Open(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 400} {
			p := b.OpenTab(t)
			p.Do(browsertest.Look(width, 900, scheme), chromedp.Navigate(d.urls[0]+"/static/"))
			verdict := browsertest.Value(p, chromedp.Poll[string](`document.querySelector("#verdict").className && document.querySelector("#verdict").textContent`, chromedp.WithPollingTimeout(0)))
			if verdict != "4 ways, and the same bytes each time." {
				t.Errorf("the page says %q", verdict)
			}
			if shown := browsertest.Evaluate[int](p, `[...document.images].filter(i => i.complete && i.naturalWidth > 0).length`); shown != 4 {
				t.Errorf("%d pictures, want 4", shown)
			}
			if over := browsertest.Evaluate[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
				t.Errorf("at %d pixels the page is %d too wide", width, over)
			}
			p.WantNoComplaints()
		}
	}
	d.interrupt(t)
}

// Without io_uring the demo says so and shows the other engine. With a display it
// opens a browser. A port that is taken is passed over, for the second server.
func TestDemoMakesDo(t *testing.T) {
	t.Parallel()
	t.Run("no io_uring", func(t *testing.T) {
		t.Parallel()
		d := startDemo(t, "127.0.0.1:0", nil, refusing(unix.EPERM, "io_uring_setup")...)
		if out := d.stdout.String(); len(d.urls) != 1 || !strings.Contains(out, "io_uring is not there: ") {
			t.Errorf("%d servers:\n%s", len(d.urls), out)
		}
		page := curl(t, d.urls[0]+"/static/")
		if strings.Count(page, "<article") != 2 || strings.Contains(page, "@") {
			t.Errorf("the page:\n%s", page)
		}
		d.interrupt(t)
	})
	t.Run("a browser", func(t *testing.T) {
		t.Parallel()
		bin := t.TempDir()
		opened := filepath.Join(bin, "opened")
		must(t, os.WriteFile(filepath.Join(bin, "xdg-open"), []byte("#!/bin/sh\necho \"$@\" >"+opened+"\n"), 0o755))
		d := startDemo(t, "127.0.0.1:0", []string{"DISPLAY=:7", "PATH=" + bin + ":" + os.Getenv("PATH")})
		children.Eventually(t, "the browser", func() bool {
			text, _ := os.ReadFile(opened)
			return string(text) == d.urls[0]+"/static/\n"
		})
		d.interrupt(t)
	})
	t.Run("a port that is taken", func(t *testing.T) {
		t.Parallel()
		for range 10 { // the port before it may be taken, too
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			must(t, err)
			defer taken.Close()
			port := taken.Addr().(*net.TCPAddr).Port
			d := startDemo(t, fmt.Sprint("127.0.0.1:", port-1), nil)
			if len(d.urls) == 0 {
				continue
			}
			if len(d.urls) != 2 || d.urls[1] == fmt.Sprint("http://127.0.0.1:", port) {
				t.Errorf("%q, with port %d taken", d.urls, port)
			}
			d.interrupt(t)
			return
		}
		t.Error("the demo does not start")
	})
}
