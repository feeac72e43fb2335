// Package browsertest shows pages to a real browser, driven over its debugging
// protocol, and reports what it draws and what it complains of.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"aws/backend/backendtest"
	"aws/backend/backendtest/children"
)

// attempts is how often a browser is started: one that hangs says nothing about
// the page. Each attempt gets its share of the time that the test has left.
const attempts = 3

// Browser is a running browser.
type Browser struct {
	ctx     context.Context
	printed children.Output
	end     func()
}

// Open starts a browser that reaches nothing but this machine. It ends with the
// test, and before a server that was started before it. If the test fails, the
// log has what the browser printed.
func Open(t testing.TB) *Browser {
	t.Helper()
	return retry(t, func(limit time.Duration) (*Browser, error) {
		b := newBrowser(find(t))
		if err := b.start(limit); err != nil {
			b.end()
			return nil, fmt.Errorf("%w; the browser printed:\n%s", err, &b.printed)
		}
		t.Cleanup(func() {
			b.end()
			if t.Failed() {
				t.Logf("the browser printed:\n%s", &b.printed)
			}
		})
		return b, nil
	})
}

// retry returns what try does, which may hang for no longer than its limit.
func retry[T any](t testing.TB, try func(limit time.Duration) (T, error)) T {
	t.Helper()
	for left := attempts; ; left-- {
		value, err := try(children.Patience(t) / time.Duration(left))
		switch {
		case err == nil:
			return value
		case left == 1 || !errors.Is(err, context.DeadlineExceeded):
			t.Fatal(err)
		}
		t.Logf("the browser hangs, starting another: %v", err)
	}
}

func newBrowser(path string) *Browser {
	b := &Browser{}
	ctx, endBrowser := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // a sandbox needs privileges that a container lacks
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-device-scale-factor", "1"),
		chromedp.Flag("enable-logging", "stderr"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.CombinedOutput(&b.printed),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.SysProcAttr = children.Attributes()
			cmd.Cancel = (&children.Cmd{Cmd: cmd}).Kill
		}))...)
	ctx, closeFirst := chromedp.NewContext(ctx)
	b.ctx = ctx
	b.end = func() { closeFirst(); endBrowser() }
	return b
}

// start starts the process and waits until it answers.
func (b *Browser) start(limit time.Duration) error {
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(b.ctx) }() // not with a deadline: it would be the browser's
	select {
	case err := <-started:
		if err != nil {
			return fmt.Errorf("starting the browser: %w", err)
		}
	case <-time.After(limit):
		return fmt.Errorf("the browser has not started in %v: %w", limit, context.DeadlineExceeded)
	}
	group := chromedp.FromContext(b.ctx).Browser.Process().Pid
	end := b.end
	b.end = func() { end(); children.Release(group) }
	return children.Keep(group)
}

// find finds Chromium or Chrome.
func find(t testing.TB) (path string) {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	backendtest.Missing(t, "no browser is installed; try: apt install chromium")
	return ""
}
