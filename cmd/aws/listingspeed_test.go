// How long a browser takes to show a folder of very many entries.

package main_test

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"aws/httpx/browsertest"
)

// BenchmarkOpenListing opens the listing of a folder of 100,000 files in Chromium: its
// first page, one page of everything, which is made of the rows of all pages, and what
// another server makes of the folder, if OTHER_LISTING is the URL of that. SHOWN_FOLDER
// is a folder to make the files in, and to leave them there. Besides the wall time until
// the page is complete it tells
//
//	paint-ms  from the request to the first paint with text (First Contentful Paint)
//	ready-ms  until all of the page is parsed (DOMContentLoaded)
//	KiB       of HTML, as sent
func BenchmarkOpenListing(b *testing.B) {
	const files, onPage = 100_000, 2000
	root := cmp.Or(os.Getenv("SHOWN_FOLDER"), b.TempDir())
	many := filepath.Join(root, "many")
	must(b, os.MkdirAll(many, 0o755))
	for i := range files {
		write(b, filepath.Join(many, fmt.Sprintf("IMG_%06d.jpg", i)), "")
	}
	s := start(b, raw(backends[0]), root, "--mount=/=.", "--autoindex")
	must(b, os.MkdirAll(filepath.Join(root, "whole"), 0o755))
	write(b, filepath.Join(root, "whole/index.html"), wholeListing(b, s.url("/many/?page="), files/onPage))
	urls := []struct{ name, url string }{{"first page", s.url("/many/")}, {"everything", s.url("/whole/")}}
	if other := os.Getenv("OTHER_LISTING"); other != "" {
		urls = append(urls, struct{ name, url string }{"other", other})
	}
	browser := browsertest.Open(b)
	for _, u := range urls {
		b.Run(u.name, func(b *testing.B) {
			var sum [3]float64
			for range b.N {
				p := browser.OpenTab(b)
				p.Do(browsertest.Look(1280, 800, "light"), chromedp.Navigate(u.url))
				for i, v := range browsertest.Value(p, chromedp.Poll[[]float64](openedIn, chromedp.WithPollingTimeout(0))) {
					sum[i] += v
				}
			}
			for i, unit := range []string{"paint-ms", "ready-ms", "KiB"} {
				b.ReportMetric(sum[i]/float64(b.N), unit)
			}
		})
	}
}

// openedIn tells when a page was painted and parsed, and how large it is, once it was.
const openedIn = `(() => {
	const paint = performance.getEntriesByName("first-contentful-paint")[0];
	const page = performance.getEntriesByType("navigation")[0];
	return paint && page.domContentLoadedEventEnd > 0 && [paint.startTime, page.domContentLoadedEventEnd, page.encodedBodySize / 1024];
})()`

// wholeListing is the first of a listing's pages with the rows of all of them.
func wholeListing(b *testing.B, url string, pages int) string {
	b.Helper()
	var whole, end string
	for i := 1; i <= pages; i++ {
		answer, err := http.Get(url + fmt.Sprint(i))
		must(b, err)
		text, err := io.ReadAll(answer.Body)
		must(b, err)
		_ = answer.Body.Close()
		head, rest, _ := strings.Cut(string(text), "<tbody>")
		rows, tail, _ := strings.Cut(rest, "</tbody>")
		if whole += rows; i == 1 {
			whole, end = head+"<tbody>"+rows, "</tbody>"+tail
		}
	}
	return whole + end
}
