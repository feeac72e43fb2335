// Listings as pages for people.
//
//	listing.html ► writeHTML ► head.go, rows.go, foot.go, readme.go for its marks

package listing

import (
	"bufio"
	_ "embed"
	"strings"
)

// The page, with a mark for each part that differs between folders, its style
// sheet and its script. There is no template engine: it would take time at every
// start of the program, and reflection for each of the rows.
var (
	//go:embed listing.html
	listingHTML string
	//go:embed listing.css
	listingCSS string
	//go:embed listing.js
	listingJS string
)

// writeHTML writes the text of listing.html, and fills in its marks.
func (l *Listing) writeHTML(out *bufio.Writer, c *contents) error {
	p := page{Listing: l, contents: c, out: out}
	p.last = max(1, (len(c.entries)+pageRows-1)/pageRows)
	p.number = min(max(1, l.Query.Page), p.last)
	for rest := listingHTML; ; {
		text, after, found := strings.Cut(rest, "{{")
		p.put(text)
		if !found {
			return out.Flush()
		}
		var mark string
		mark, rest, _ = strings.Cut(after, "}}")
		if err := p.fill(mark); err != nil {
			return err
		}
	}
}

// fill writes the text that a mark stands for. A bufio.Writer keeps its error,
// so only the entries, which can be many, return it.
func (p *page) fill(mark string) error {
	switch mark {
	case "path":
		p.text(p.Path)
	case "style":
		p.put(listingCSS)
	case "script":
		p.put(listingJS)
	case "crumbs":
		p.crumbs()
	case "name":
		p.name()
	case "tools":
		p.tools()
	case "view":
		if p.Query.Grid {
			p.put(` class="grid"`)
		}
	case "heads":
		p.heads()
	case "entries":
		return p.entries()
	case "pages":
		p.pages()
	case "readme":
		p.readme()
	case "footer":
		p.footer()
	}
	return nil
}
