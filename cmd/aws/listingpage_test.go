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
	"README.md": 0, "archive.tar.zst": 48_120_334, "ferry timetable.pdf": 731_902, "harbour.webm": 312_455_018,
	"index.css": 9_824, "map.svg": 0, "prices.csv": 18_775, "recording 7.flac": 27_904_511, "sunset.avif": 402_771,
}

// shownTexts are the files of it that the page shows.
var shownTexts = map[string]string{
	"README.md": `# Holiday by the sea

Pictures and notes of the ferry trip. The [map](map.svg) has all harbours.

| day | ferry | from | to | arrives | berth | price |
|---|---|---|---|---|---|---|
| Monday | 9:30 | Kiel | Göteborg | 23:15 | 4 | 79.00 |
| Friday | 17:10 | Göteborg | Kiel | 8:45 | 2 | 89.00 |
`,
	"map.svg": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300" width="400" height="300"><rect width="400" height="300" fill="#8fc1d9"/>
<path d="M0 90Q90 40 170 95T310 80Q350 60 400 85V0H0zM0 250Q70 210 150 245T290 230Q350 215 400 240V300H0z" fill="#a9c79a"/>
<path d="M150 240Q170 170 215 90" stroke="#fff" stroke-width="4" stroke-dasharray="10 8" fill="none"/></svg>
`,
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
		mustPublish(t, root, "holiday/"+name, shownTexts[name])
		file := filepath.Join(root, "static/holiday", name)
		if shown[name] > 0 {
			must(t, os.Truncate(file, shown[name]))
		}
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
		s := start(t, w, shownRoot(t), "--autoindex", allArchives)
		b := browsertest.Open(t)
		for _, c := range []struct {
			picture, scheme string
			width, height   int64
			bright          bool
		}{{"light", "light", 1280, 800, true}, {"dark", "dark", 1280, 800, false}, {"narrow", "light", 400, 800, true}, {"narrow-dark", "dark", 400, 800, false}} {
			t.Run(c.picture, func(t *testing.T) {
				p := b.OpenTab(t)
				p.Do(browsertest.Look(c.width, c.height, c.scheme), browsertest.WithoutScripts(), chromedp.Navigate(s.url("/static/holiday/")))
				if rgb := paper(p); (rgb > 3*128) != c.bright {
					t.Errorf("the page's background is %d of 765 bright", rgb)
				}
				byName := names(p)
				if !slices.Equal(byName, []string{"2025/", "2026/", "notes/", "archive.tar.zst", "ferry timetable.pdf", "harbour.webm",
					"index.css", "map.svg", "prices.csv", "README.md", "recording 7.flac", "sunset.avif"}) {
					t.Errorf("%q", byName)
				}
				if wide := browsertest.Evaluate[int64](p, "document.documentElement.scrollWidth"); wide > c.width {
					t.Errorf("the page is %d pixels wide, the window %d", wide, c.width)
				}
				p.Screenshot("../../docs/img/listing-" + c.picture + ".png")
				if broken := browsertest.Evaluate[bool](p, `[...document.querySelectorAll("article td")].some(cell => cell.getClientRects()[0].height > 40)`); broken {
					t.Error("words in the table of README.md are broken")
				}
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
	p.Click("main th:nth-child(2) a")
	files := names(p)[3:]
	size := func(name string) int { return int(max(shown[name], int64(len(shownTexts[name])))) }
	if !slices.IsSortedFunc(files, func(a, b string) int { return size(b) - size(a) }) {
		p.T.Errorf("by size: %q", files)
	}
	p.Click("main th:nth-child(2) a") // the other way round
	slices.Reverse(files)
	if got := names(p)[3:]; !slices.Equal(got, files) {
		p.T.Errorf("by size, the smallest first: %q", got)
	}
	p.Click("main tbody a.folder")
	if got := names(p); !slices.Equal(got, []string{"Grüße aus Kiel.jpg"}) {
		p.T.Errorf("in a folder: %q", got)
	}
	p.Click("main tbody a.up")
	if got := names(p)[3:]; !slices.Equal(got, files) {
		p.T.Errorf("back from the folder: %q", got) // still by size
	}
}

// names are the names in the listing, from top to bottom.
func names(p *browsertest.Tab) []string {
	p.T.Helper()
	return browsertest.Evaluate[[]string](p, `[...document.querySelectorAll("main tbody td:first-child a:not(.up)")].map(a => a.textContent)`)
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
