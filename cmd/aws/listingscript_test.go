// What the script of a listing adds, as a reader uses it.

package main_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"aws/httpx/browsertest"
)

// press presses a key, wherever the focus is.
func press(p *browsertest.Tab, key string) {
	p.T.Helper()
	browsertest.Evaluate[bool](p, fmt.Sprintf(`(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", {key: %q, bubbles: true, cancelable: true}))`, key))
}

// typed sets what is in the filter.
func typed(p *browsertest.Tab, text string) {
	p.T.Helper()
	browsertest.Evaluate[bool](p, fmt.Sprintf(`(() => { const f = document.querySelector("input[type=search]"); f.value = %q; return f.dispatchEvent(new Event("input")) })()`, text))
}

// inView are the names that are not filtered out.
func inView(p *browsertest.Tab) []string {
	p.T.Helper()
	return browsertest.Evaluate[[]string](p, `[...document.querySelectorAll("main tbody tr:not([hidden]) td:first-child a:not(.up)")].map(a => a.textContent)`)
}

// focused is the text of what has the focus.
func focused(p *browsertest.Tab) string {
	p.T.Helper()
	return browsertest.Evaluate[string](p, `document.activeElement.name || document.activeElement.textContent`)
}

// in shows pages in a time zone.
func in(zone string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: zone})
		return err
	})
}

func TestListingScript(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, shownRoot(t), "--autoindex")
		b := browsertest.Open(t)
		t.Run("filter and keys", func(t *testing.T) {
			p := b.OpenTab(t)
			p.Do(browsertest.Look(1280, 800, "light"), chromedp.Navigate(s.url("/static/holiday/")))
			all := names(p)
			press(p, "/")
			if got := focused(p); got != "filter" {
				t.Errorf("/ moves the focus to %q", got)
			}
			typed(p, "REC")
			if got := inView(p); !slices.Equal(got, []string{"recording 7.flac"}) {
				t.Errorf("filtered: %q", got)
			}
			press(p, "Escape")
			if got := inView(p); !slices.Equal(got, all) {
				t.Errorf("after Escape: %q", got)
			}
			for _, step := range []struct{ key, at string }{
				{"j", ".."}, {"j", all[0]}, {"ArrowDown", all[1]}, {"k", all[0]}, {"ArrowUp", ".."}, {"k", ".."},
			} {
				if press(p, step.key); focused(p) != step.at {
					t.Errorf("%s moves to %q, want %q", step.key, focused(p), step.at)
				}
			}
			p.WantNoComplaints()
		})
		t.Run("times", func(t *testing.T) {
			p := b.OpenTab(t)
			p.Do(in("Asia/Kolkata"), chromedp.Navigate(s.url("/static/holiday/?sort=modified&order=asc")))
			got := browsertest.Evaluate[[]string](p, `(t => [t.textContent, t.title, document.querySelector("footer .zone").textContent])(document.querySelector("main tbody a:not(.folder, .up)").closest("tr").querySelector("time"))`)
			if len(got) != 3 || got[0] != "2026-06-02 02:04" || got[1] != "2026-06-01T20:34:00Z" || !strings.Contains(got[2], "/") {
				t.Errorf("%q", got)
			}
			p.WantNoComplaints()
		})
		t.Run("grid and preview", func(t *testing.T) {
			p := b.OpenTab(t)
			p.Do(browsertest.Look(1280, 800, "light"), chromedp.Navigate(s.url("/static/holiday/")))
			browsertest.Evaluate[bool](p, `(document.querySelector("main a[href='./map.svg']").focus(), true)`)
			browsertest.Value(p, chromedp.Poll[bool](`document.querySelector("img.peek.there")?.naturalWidth > 0`, chromedp.WithPollingTimeout(0)))
			p.Click(".views a:last-child")
			if got := s.curl(t, "/static/holiday/?view=grid"); bytes.Count(got.body, []byte(`loading="lazy"`)) != 2 {
				t.Errorf("%d pictures of the grid", bytes.Count(got.body, []byte(`loading="lazy"`)))
			}
			// sunset.avif is no picture inside, so its icon stays.
			pictures := `[...document.querySelectorAll("main img")].map(i => i.getAttribute("src")).join()`
			browsertest.Value(p, chromedp.Poll[bool](pictures+` === "./map.svg"`, chromedp.WithPollingTimeout(0)))
			if got := names(p); len(got) != 12 {
				t.Errorf("the grid has %q", got)
			}
		})
	})
}

// A name is text wherever it appears, whatever is in it.
func TestHostileNamesInABrowser(t *testing.T) {
	root := rootWith(t, "plain", nil)
	hostile := []string{
		`"><script>window.hit=1<`, `'onmouseover='window.hit=1`, "javascript:window.hit=1", "<img src=x onerror=window.hit=1>", "{{script}}",
		"a\nb", "\u202egpj.exe", "\xff\xfe", strings.Repeat("n", 255), "`${window.hit=1}`", "</title>", "--><svg onload=window.hit=1>",
	}
	for i, name := range hostile {
		hostile[i] = strings.ReplaceAll(name, "/", "\u2215")
		write(t, filepath.Join(root, "static", hostile[i]), "x")
		must(t, os.Mkdir(filepath.Join(root, "static", hostile[i][:len(hostile[i])-1]+"D"), 0o755))
	}
	write(t, filepath.Join(root, "static", "README.md"), "# <script>window.hit=1</script>\n[a](javascript:window.hit=1) ![b](http://127.0.0.2/x.png \"onerror=x\")\n<img src=x onerror=window.hit=1>\n")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, root, "--autoindex", "--archive=zip")
		p := browsertest.Open(t).OpenTab(t)
		p.Do(chromedp.Navigate(s.url("/static/")))
		if got := names(p); len(got) != 2*len(hostile)+2 {
			t.Errorf("%d names: %q", len(got), got)
		}
		typed(p, "<")
		typed(p, `"><script>`)
		press(p, "Escape")
		p.Do(chromedp.Navigate(s.url("/static/?filter=%22%3E%3Cscript%3Ewindow.hit%3D1&view=grid")))
		if got := names(p); len(got) != 2 {
			t.Errorf("filtered: %q", got)
		}
		if browsertest.Evaluate[bool](p, "window.hit === 1 || document.querySelectorAll('script').length !== 1") {
			t.Error("a name runs")
		}
		p.WantNoComplaints()
	})
}

// A large folder comes in pages, which keep the order and the filter, and are whole
// without a script.
func TestListingInPages(t *testing.T) {
	root := rootWith(t, "plain", nil)
	many := filepath.Join(root, "static/many")
	must(t, os.Mkdir(many, 0o755))
	for i := range 4500 {
		write(t, filepath.Join(many, fmt.Sprintf("file-%04d", i)), "")
	}
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, root, "--autoindex")
		p := browsertest.Open(t).OpenTab(t)
		p.Do(browsertest.WithoutScripts(), chromedp.Navigate(s.url("/static/many/?sort=name&order=desc")))
		var all []string
		for page := range 3 {
			all = append(all, names(p)...)
			if page < 2 {
				p.Click("a[rel=next]")
			}
		}
		if len(all) != 4500 || !slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(b, a) }) {
			t.Errorf("%d entries, from %q to %q", len(all), all[0], all[len(all)-1])
		}
		p.Do(chromedp.Navigate(s.url("/static/many/?filter=44&page=7")))
		slices.Reverse(all)
		want := slices.DeleteFunc(all, func(name string) bool { return !strings.Contains(name, "44") })
		if got := names(p); !slices.Equal(got, want) {
			t.Errorf("%d entries are filtered, want %d", len(got), len(want))
		}
		p.WantNoComplaints()
	})
}
