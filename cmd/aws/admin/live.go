// The live page: / and what it loads, all of it embedded. Its script draws what /events
// tells it.

package admin

import (
	"embed"
	"path"

	"aws/httpx/site"
)

//go:embed live
var live embed.FS

// liveTypes are the media types of what the live page consists of.
var liveTypes = map[string]string{
	".html": htmlText, ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// livePages are / and what it loads.
func livePages() (all []site.Page) {
	entries, err := live.ReadDir("live")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		mediaType, loaded := liveTypes[path.Ext(e.Name())]
		if !loaded {
			continue // a licence
		}
		at := "/" + e.Name()
		if e.Name() == "index.html" {
			at = "/"
		}
		all = append(all, site.Page{Path: site.Pattern(at), Type: mediaType, Make: func(w site.PageWriter) error {
			content, err := live.ReadFile("live/" + e.Name())
			if err == nil {
				_, err = w.Write(content)
			}
			return err
		}})
	}
	return all
}
