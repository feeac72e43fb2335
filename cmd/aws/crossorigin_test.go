// Pages of one origin that use the files of another, in a browser.

package main_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"aws/httpx/browsertest"
)

// crossPage uses files of the origin in its query, and says what has become of each.
const crossPage = `<!DOCTYPE html>
<title>across origins</title>
<script type="module">
const from = new URLSearchParams(location.search).get("from")
const tried = async work => { try { return await work() } catch { return "refused" } }
const face = new FontFace("Blocks", "url(" + from + "/static/blocks.woff)")
window.results = [
	await tried(async () => (await face.load()).status),
	await tried(async () => (await import(from + "/static/module.mjs")).name ?? "imported"),
	await tried(async () => (await fetch(from + "/static/data.json", { headers: { "X-Asks-First": "yes" } })).headers.has("ETag") ? "read" : "hidden"),
	await tried(async () => (await fetch(from + "/static/none")).status),
]
</script>`

// Fonts, modules and what scripts fetch work across origins where the operator allows
// it, errors included, and nowhere else.
func TestCrossOriginInBrowser(t *testing.T) {
	eachBackend(t, func(t *testing.T, w way) {
		page := start(t, w, rootWith(t, "index.html", []byte(crossPage)))
		root := rootWith(t, "blocks.woff", webfont())
		mustPublish(t, root, "module.mjs", `export const name = "module"`)
		mustPublish(t, root, "data.json", "{}")
		origin := "http://" + page.addrs[0]
		b := browsertest.Open(t)
		for _, c := range []struct {
			flags []string
			want  string
		}{
			{[]string{"--cors=*"}, "loaded module read 404"},
			{[]string{"--cors=https://example.org", "--cors=" + origin, "--secure-headers"}, "loaded module read 404"},
			{[]string{"--cors=https://example.org"}, "refused refused refused refused"},
			{nil, "refused refused refused refused"},
		} {
			files := start(t, w, root, c.flags...)
			p := b.OpenTab(t)
			p.Do(chromedp.Navigate(origin + "/static/?from=http://" + files.addrs[0]))
			got := browsertest.Value(p, chromedp.Poll[string]("window.results?.join(' ')", chromedp.WithPollingTimeout(0)))
			if got != c.want {
				t.Errorf("%q: %s, want %s\n%s", c.flags, got, c.want, strings.Join(p.Complaints(), "\n"))
			}
		}
	})
}
