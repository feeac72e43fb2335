// The page of a listing, as a browser shows and sorts it.

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// shown are the files of the folder that a browser shows, with their sizes.
var shown = map[string]int64{
	"2025/Grüße aus Kiel.jpg": 2_406_113, "2026/ferry.jpg": 1_882_004, "notes/todo.md": 1_204,
	"README.md": 3_417, "archive.tar.zst": 48_120_334, "ferry timetable.pdf": 731_902, "harbour.webm": 312_455_018,
	"index.css": 9_824, "map.svg": 61_223, "prices.csv": 18_775, "recording 7.flac": 27_904_511, "sunset.avif": 402_771,
}

// shownRoot is a root with that folder. Its files are sparse and its times
// fixed, so that its picture is always the same.
func shownRoot(t *testing.T) string {
	t.Helper()
	root := rootWith(t, "hidden", nil)
	at := time.Date(2026, 6, 1, 9, 30, 0, 0, time.UTC)
	for i, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range shown {
			if !yield(name) {
				return
			}
		}
	}) {
		mustPublish(t, root, "holiday/"+name, "")
		file := filepath.Join(root, "static/holiday", name)
		must(t, os.Truncate(file, shown[name]))
		at := at.Add(time.Duration(i*i*i) * 83 * time.Minute)
		must(t, os.Chtimes(file, at, at))
		if folder := filepath.Dir(file); filepath.Base(folder) != "holiday" {
			must(t, os.Chtimes(folder, at, at))
		}
	}
	return root
}

// A browser shows a listing in the user's colours, and sorts it by a click,
// all without a script.
func TestBrowserListing(t *testing.T) {
	needs(t, "chromium")
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, shownRoot(t), "--autoindex")
		b := openBrowser(t)
		for _, c := range []struct {
			scheme string
			bright bool
		}{{"light", true}, {"dark", false}} {
			t.Run(c.scheme, func(t *testing.T) {
				p := b.openTab(t)
				p.do(look(880, 680, c.scheme), withoutScripts(), chromedp.Navigate(s.url("/static/holiday/")))
				if rgb := p.paper(); (rgb > 3*128) != c.bright {
					t.Errorf("the page's background is %d of 765 bright", rgb)
				}
				byName := p.names()
				if !slices.Equal(byName, []string{"2025/", "2026/", "notes/", "archive.tar.zst", "ferry timetable.pdf", "harbour.webm",
					"index.css", "map.svg", "prices.csv", "README.md", "recording 7.flac", "sunset.avif"}) {
					t.Errorf("%q", byName)
				}
				p.screenshot("listing-" + c.scheme + ".png")
				p.wantNoComplaints()
				if len(p.answers) != 1 {
					p.t.Errorf("%d answers for a page: %v", len(p.answers), p.answers)
				}
			})
		}
		p := b.openTab(t)
		p.do(look(880, 680, "light"), withoutScripts(), chromedp.Navigate(s.url("/dynamic/holiday/")))
		p.wantSorting()
		p.wantNoComplaints()
	})
}

// wantSorting sorts a listing by clicks on the head of a column, and keeps the
// order on the way into a folder and back.
func (p *tab) wantSorting() {
	p.t.Helper()
	p.click("th:nth-child(2) a")
	files := p.names()[3:]
	if !slices.IsSortedFunc(files, func(a, b string) int { return int(shown[b] - shown[a]) }) {
		p.t.Errorf("by size: %q", files)
	}
	p.click("th:nth-child(2) a") // the other way round
	slices.Reverse(files)
	if got := p.names()[3:]; !slices.Equal(got, files) {
		p.t.Errorf("by size, the smallest first: %q", got)
	}
	p.click("tbody a.folder")
	if got := p.names(); !slices.Equal(got, []string{"Grüße aus Kiel.jpg"}) {
		p.t.Errorf("in a folder: %q", got)
	}
	p.click("tbody a.up")
	if got := p.names()[3:]; !slices.Equal(got, files) {
		p.t.Errorf("back from the folder: %q", got) // still by size
	}
}

// click clicks on a link and waits for where it leads.
func (p *tab) click(link string) {
	p.t.Helper()
	if _, err := chromedp.RunResponse(p, chromedp.Click(chromedp.CSS(link))); err != nil {
		p.t.Fatalf("click on %s: %v", link, err)
	}
}

// names are the names in the listing, from above.
func (p *tab) names() []string {
	p.t.Helper()
	return evaluate[[]string](p, `[...document.querySelectorAll("tbody td:first-child a:not(.up)")].map(a => a.textContent)`)
}

// paper is how bright the page's background is: the sum of its red, green and
// blue.
func (p *tab) paper() int {
	p.t.Helper()
	var red, green, blue int
	text := evaluate[string](p, "getComputedStyle(document.body).backgroundColor")
	if _, err := fmt.Sscanf(strings.ReplaceAll(text, ",", ""), "rgb(%d %d %d)", &red, &green, &blue); err != nil {
		p.t.Fatalf("background %q: %v", text, err)
	}
	return red + green + blue
}
