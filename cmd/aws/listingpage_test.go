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

	"aws/httpx/browsertest"
)

// shown are the files of the folder that a browser shows, with their sizes.
var shown = map[string]int64{
	"2025/Grüße aus Kiel.jpg": 2_406_113, "2026/ferry.jpg": 1_882_004, "notes/todo.md": 1_204,
	"README.md": 3_417, "archive.tar.zst": 48_120_334, "ferry timetable.pdf": 731_902, "harbour.webm": 312_455_018,
	"index.css": 9_824, "map.svg": 61_223, "prices.csv": 18_775, "recording 7.flac": 27_904_511, "sunset.avif": 402_771,
}

// shownRoot is a root with that folder. Its files are sparse and its times are
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
func TestListingPageSortsWithoutScripts(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		s := start(t, w, shownRoot(t), "--autoindex")
		b := browsertest.Open(t)
		for _, c := range []struct {
			scheme string
			bright bool
		}{{"light", true}, {"dark", false}} {
			t.Run(c.scheme, func(t *testing.T) {
				p := b.OpenTab(t)
				p.Do(browsertest.Look(880, 680, c.scheme), browsertest.WithoutScripts(), chromedp.Navigate(s.url("/static/holiday/")))
				if rgb := paper(p); (rgb > 3*128) != c.bright {
					t.Errorf("the page's background is %d of 765 bright", rgb)
				}
				byName := names(p)
				if !slices.Equal(byName, []string{"2025/", "2026/", "notes/", "archive.tar.zst", "ferry timetable.pdf", "harbour.webm",
					"index.css", "map.svg", "prices.csv", "README.md", "recording 7.flac", "sunset.avif"}) {
					t.Errorf("%q", byName)
				}
				p.Screenshot("../../docs/img/listing-" + c.scheme + ".png")
				p.WantNoComplaints()
				if answers := p.Answers(); len(answers) != 1 {
					t.Errorf("%d answers for a page: %v", len(answers), answers)
				}
			})
		}
		p := b.OpenTab(t)
		p.Do(browsertest.Look(880, 680, "light"), browsertest.WithoutScripts(), chromedp.Navigate(s.url("/dynamic/holiday/")))
		wantSorting(p)
		p.WantNoComplaints()
	})
}

// wantSorting sorts a listing by clicks on the head of a column, and wants the
// order to last on the way into a folder and back.
func wantSorting(p *browsertest.Tab) {
	p.T.Helper()
	p.Click("th:nth-child(2) a")
	files := names(p)[3:]
	if !slices.IsSortedFunc(files, func(a, b string) int { return int(shown[b] - shown[a]) }) {
		p.T.Errorf("by size: %q", files)
	}
	p.Click("th:nth-child(2) a") // the other way round
	slices.Reverse(files)
	if got := names(p)[3:]; !slices.Equal(got, files) {
		p.T.Errorf("by size, the smallest first: %q", got)
	}
	p.Click("tbody a.folder")
	if got := names(p); !slices.Equal(got, []string{"Grüße aus Kiel.jpg"}) {
		p.T.Errorf("in a folder: %q", got)
	}
	p.Click("tbody a.up")
	if got := names(p)[3:]; !slices.Equal(got, files) {
		p.T.Errorf("back from the folder: %q", got) // still by size
	}
}

// names are the names in the listing, from top to bottom.
func names(p *browsertest.Tab) []string {
	p.T.Helper()
	return browsertest.Evaluate[[]string](p, `[...document.querySelectorAll("tbody td:first-child a:not(.up)")].map(a => a.textContent)`)
}

// paper is how bright the page's background is: the sum of its red, green and
// blue.
func paper(p *browsertest.Tab) int {
	p.T.Helper()
	var red, green, blue int
	text := browsertest.Evaluate[string](p, "getComputedStyle(document.body).backgroundColor")
	if _, err := fmt.Sscanf(strings.ReplaceAll(text, ",", ""), "rgb(%d %d %d)", &red, &green, &blue); err != nil {
		p.T.Fatalf("background %q: %v", text, err)
	}
	return red + green + blue
}
