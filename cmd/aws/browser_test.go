// A real browser, driven over its debugging protocol: harness of the tests in
// browserpage_test.go and browserlisting_test.go.

package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a browser's context.
type browser struct{ context.Context }

// openBrowser starts a browser that reaches nothing but this machine. It ends
// with the test, and before the server that was started before it.
func openBrowser(t *testing.T) browser {
	t.Helper()
	needs(t, "chromium")
	ctx, end := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"),
		chromedp.NoSandbox, // which needs privileges that a container has not
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))...)
	t.Cleanup(end)
	ctx, closeFirst := chromedp.NewContext(ctx)
	t.Cleanup(closeFirst)
	must(t, chromedp.Do(ctx)) // starts it
	return browser{ctx}
}

// tab is a tab with a cache of its own, and all that its page gets and
// complains of.
type tab struct {
	context.Context
	t *testing.T

	mu         sync.Mutex
	answers    []*network.Response
	complaints []string
}

func (b browser) openTab(t *testing.T) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	must(t, chromedp.Do(ctx)) // a limit of time on the first call would be one on the tab
	ctx, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	p := &tab{Context: ctx, t: t}
	must(t, chromedp.Listen(ctx, p.note))
	return p
}

// note collects what the test looks at in the end.
func (p *tab) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventResponseReceived:
		p.answers = append(p.answers, e.Response)
	case *network.EventLoadingFailed:
		if !e.Canceled { // by the browser itself, as for a video that it has enough of
			p.complaints = append(p.complaints, fmt.Sprintf("loading of %s failed: %s %s", e.Type, e.ErrorText, e.BlockedReason))
		}
	case *log.EventEntryAdded:
		p.complaints = append(p.complaints, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		p.complaints = append(p.complaints, fmt.Sprintf("console.%s", e.Type))
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	must(p.t, chromedp.Do(p, steps...))
}

// evaluate returns the value of an expression.
func evaluate[T any](p *tab, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p, chromedp.Evaluate[T](expression))
	must(p.t, err)
	return value
}

// look makes the page see a window of this size and a scheme of colours, light
// or dark.
func look(width, height int64, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// withoutScripts has the page do without JavaScript.
func withoutScripts() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

// wantNoComplaints holds the page to having loaded without a complaint.
func (p *tab) wantNoComplaints() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, complaint := range p.complaints {
		p.t.Error("the browser complains:", complaint)
	}
	for _, a := range p.answers {
		if a.Status != 200 && a.Status != 206 {
			p.t.Errorf("%s: status %d", a.URL, a.Status)
		}
	}
}

// of returns the answers that a file came in.
func (p *tab) of(name string) (answers []*network.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.answers {
		if strings.HasSuffix(a.URL, "/"+name) {
			answers = append(answers, a)
		}
	}
	return answers
}

// field is a field of an answer.
func field(a *network.Response, name string) string {
	for key, value := range a.Headers {
		if strings.EqualFold(key, name) {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// screenshot draws the page, into the documentation where that is asked for.
func (p *tab) screenshot(name string) {
	p.t.Helper()
	image, err := chromedp.Run(p, chromedp.FullScreenshot(100))
	must(p.t, err)
	if len(image) < 1000 {
		p.t.Errorf("a picture of %d bytes", len(image))
	}
	if os.Getenv("UPDATE_SCREENSHOTS") == "1" {
		must(p.t, os.WriteFile(filepath.Join("../../docs/img", name), image, 0o644))
	}
}
