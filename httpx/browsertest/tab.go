package browsertest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"aws/backend/backendtest/children"
)

// Tab is a tab with a cache of its own. It notes everything that its page
// fetches and complains of.
type Tab struct {
	context.Context
	T testing.TB

	mu         sync.Mutex
	answers    []*network.Response
	complaints []string
}

// OpenTab opens a tab that closes with the test.
func (b *Browser) OpenTab(t testing.TB) *Tab {
	t.Helper()
	p, closeTab, err := b.openTab(children.Patience(t))
	t.Cleanup(closeTab)
	if err != nil {
		t.Fatal(err)
	}
	p.T = t
	return p
}

// openTab opens a tab that has this long for all that it does.
func (b *Browser) openTab(limit time.Duration) (*Tab, func(), error) {
	ctx, closeTab := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	opened := make(chan error, 1)
	go func() { opened <- chromedp.Do(ctx) }() // not with a deadline: it would be the tab's
	begun := time.Now()
	var err error
	select {
	case err = <-opened:
	case <-time.After(limit):
		err = fmt.Errorf("the tab has not opened in %v: %w", limit, context.DeadlineExceeded)
	}
	if err != nil {
		return nil, closeTab, err
	}
	ctx, cancel := context.WithDeadline(ctx, begun.Add(limit))
	p := &Tab{Context: ctx}
	return p, func() { cancel(); closeTab() }, chromedp.Listen(ctx, p.note)
}

// note collects what a test may want to know in the end.
func (p *Tab) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventResponseReceived:
		p.answers = append(p.answers, e.Response)
	case *network.EventLoadingFailed:
		if !e.Canceled { // by the browser itself, such as a video that it has enough of
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

// Do carries out some steps. A step that fails, or does not end in the time
// that the test has, fails the test.
func (p *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.T.Helper()
	if err := chromedp.Do(p, steps...); err != nil {
		p.T.Fatal(err)
	}
}

// Value carries out one step and returns its value.
func Value[V any](p *Tab, step chromedp.Action[V]) V {
	p.T.Helper()
	value, err := chromedp.Run(p, step)
	if err != nil {
		p.T.Fatal(err)
	}
	return value
}

// Evaluate returns the value of a JavaScript expression.
func Evaluate[V any](p *Tab, expression string) V {
	p.T.Helper()
	return Value(p, chromedp.Evaluate[V](expression))
}

// Click clicks on a link and waits for the page that it leads to.
func (p *Tab) Click(link string) {
	p.T.Helper()
	if _, err := chromedp.RunResponse(p, chromedp.Click(chromedp.CSS(link))); err != nil {
		p.T.Fatalf("click on %s: %v", link, err)
	}
}

// Look shows the page a window of this size and a colour scheme, light or dark.
func Look(width, height int64, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// WithoutScripts turns JavaScript off for the page.
func WithoutScripts() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

// Complaints are what the browser has complained of.
func (p *Tab) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.complaints...)
}

// Answers are the answers that the page has got.
func (p *Tab) Answers() []*network.Response {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*network.Response(nil), p.answers...)
}

// AnswersFor are those for one file.
func (p *Tab) AnswersFor(name string) (answers []*network.Response) {
	for _, a := range p.Answers() {
		if strings.HasSuffix(a.URL, "/"+name) {
			answers = append(answers, a)
		}
	}
	return answers
}

// WantNoComplaints wants the page to have loaded without an error or a
// complaint.
func (p *Tab) WantNoComplaints() {
	p.T.Helper()
	for _, complaint := range p.Complaints() {
		p.T.Error("the browser complains:", complaint)
	}
	for _, a := range p.Answers() {
		if a.Status != 200 && a.Status != 206 {
			p.T.Errorf("%s: status %d", a.URL, a.Status)
		}
	}
}

// Field is a field of an answer.
func Field(a *network.Response, name string) string {
	for key, value := range a.Headers {
		if strings.EqualFold(key, name) {
			return fmt.Sprint(value)
		}
	}
	return ""
}

// Screenshot draws the whole page. With UPDATE_SCREENSHOTS=1 it writes the
// picture to file.
func (p *Tab) Screenshot(file string) {
	p.T.Helper()
	image := Value(p, chromedp.FullScreenshot(100))
	if len(image) < 1000 {
		p.T.Errorf("a picture of %d bytes", len(image))
	}
	if os.Getenv("UPDATE_SCREENSHOTS") == "1" {
		if err := os.WriteFile(file, image, 0o644); err != nil {
			p.T.Fatal(err)
		}
	}
}
