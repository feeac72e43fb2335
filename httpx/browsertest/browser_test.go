package browsertest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"aws/backend/backendtest/children"
)

// A browser draws a page in the colours that its user prefers, and to the pixel.
func TestDraw(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`<!DOCTYPE html><style>:root { color-scheme: light dark; background: #102030 }
			@media (prefers-color-scheme: dark) { :root { background: #405060 } }</style>`))
	}))
	defer server.Close()
	for dark, want := range map[bool][3]uint32{false: {0x10, 0x20, 0x30}, true: {0x40, 0x50, 0x60}} {
		img := Draw(t, server.URL, dark, 320, 200)
		if b := img.Bounds(); b.Dx() != 320 || b.Dy() != 200 {
			t.Errorf("%v, want 320 by 200 pixels", b)
		}
		if r, g, b, _ := img.At(319, 199).RGBA(); [3]uint32{r >> 8, g >> 8, b >> 8} != want {
			t.Errorf("dark %v: %x %x %x, want %x", dark, r>>8, g>>8, b>>8, want)
		}
	}
}

// What a page complains of is noted, and the page that fails to load too.
func TestComplaintsAreNoted(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!DOCTYPE html><img src="missing.png"><script>console.warn("so")</script>`))
	}))
	defer server.Close()
	p := Open(t).OpenTab(t)
	p.Do(chromedp.Navigate(server.URL))
	complaints := strings.Join(p.Complaints(), "\n")
	if !strings.Contains(complaints, "missing.png") || !strings.Contains(complaints, "console.warning") {
		t.Errorf("the browser complains of %q, want a missing picture and a warning", complaints)
	}
	if answers := p.AnswersFor("missing.png"); len(answers) != 1 || answers[0].Status != 404 {
		t.Errorf("%v, want one 404", answers)
	}
}

// A browser that hangs is given up, killed with all that it has started, and
// what it has printed is kept.
func TestHangingBrowserIsKilled(t *testing.T) {
	mute := filepath.Join(t.TempDir(), "browser")
	if err := os.WriteFile(mute, []byte("#!/bin/sh\nsleep 100000 & echo $! >&2; wait\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(mute)
	defer func() { b.end() }()
	if err := b.start(time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want %v", err, context.DeadlineExceeded)
	}
	children.Eventually(t, "what the browser prints", func() bool { return strings.HasSuffix(b.printed.String(), "\n") })
	b.end() // returns once the browser is gone
	child := strings.TrimSpace(b.printed.String())
	children.Eventually(t, "the end of its child "+child, func() bool {
		text, err := os.ReadFile("/proc/" + child + "/cmdline")
		return err != nil || len(text) == 0 // gone, or nobody has waited for it yet
	})
}

// A page that hangs is given up, with a browser that goes on.
func TestHangingPageIsGivenUp(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	b := newBrowser(find(t))
	defer func() { b.end() }()
	if err := b.start(children.Patience(t)); err != nil {
		t.Fatal(err)
	}
	tab, closeTab, err := b.openTab(5 * time.Second)
	defer closeTab()
	if err == nil {
		err = chromedp.Do(tab, chromedp.Navigate("http://"+mute.Addr().String()))
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want %v", err, context.DeadlineExceeded)
	}
}
