// The head of a page: the way up, the name of the folder, the filter and the views.

package listing

import "strings"

// above returns the path of the highest folder that the page links to.
func (p *page) above() string {
	if p.Top != "" && strings.HasPrefix(p.Path, p.Top) {
		return p.Top
	}
	return "/"
}

// crumbs writes links to the folders above, the highest first. The links are
// relative, so they work through a proxy that maps paths.
func (p *page) crumbs() {
	top := p.above()
	if p.Path == top {
		return
	}
	p.put(`<nav aria-label="Breadcrumb"><ol>`, "\n")
	below := p.Path[len(top):]
	label := top
	for depth := strings.Count(below, "/"); depth > 0; depth-- {
		p.put(`<li><a `)
		p.link(strings.Repeat("../", depth), p.Query.below())
		p.put(">")
		p.text(label)
		p.put("</a></li>\n")
		label, below, _ = strings.Cut(below, "/")
	}
	p.put("</ol></nav>\n")
}

// name writes the folder's own name: the last segment of its path.
func (p *page) name() {
	if top := p.above(); p.Path == top {
		p.text(top)
		return
	}
	p.text(p.Path[strings.LastIndexByte(p.Path[:len(p.Path)-1], '/')+1:])
}

// tools writes the filter and the links to other views.
func (p *page) tools() {
	p.put(`<div class="tools">` + "\n")
	p.filter()
	if p.Query.Grid || p.contents.pictured() {
		p.views()
	}
	p.put("</div>\n")
}

// filter writes the form of the filter. Without a script it asks for the entries;
// with one the page filters what it has, and asks for the rest.
func (p *page) filter() {
	q := p.Query
	p.put(`<form role="search" action="./"`)
	if !p.whole() {
		p.put(` data-partial`)
	}
	p.put(`><input type="search" name="filter" value="`)
	p.text(q.Filter)
	p.put(`" placeholder="Filter" aria-label="Filter by name" autocomplete="off" spellcheck="false" enterkeyhint="search">`)
	if q.Order != (Order{}) {
		direction := "asc"
		if q.Order.descending {
			direction = "desc"
		}
		p.put(`<input type="hidden" name="sort" value="`, sortNames[q.Order.by], `"><input type="hidden" name="order" value="`, direction, `">`)
	}
	if q.Grid {
		p.put(`<input type="hidden" name="view" value="grid">`)
	}
	if q.Filter != "" {
		p.put(`<a `)
		p.link("./", q.below())
		p.put(`>Show all</a>`)
	}
	p.put(`<output></output></form>` + "\n")
}

// views writes the links to the rows and to the grid.
func (p *page) views() {
	p.put(`<nav class="views" aria-label="View">`)
	for _, grid := range [...]bool{false, true} {
		q := p.Query
		q.Grid = grid
		p.put(`<a `)
		p.link("./", q)
		if grid == p.Query.Grid {
			p.put(` aria-current="page"`)
		}
		if grid {
			p.put(`>Grid</a>`)
		} else {
			p.put(`>List</a>`)
		}
	}
	p.put("</nav>\n")
}

// pictured says that there is a file that a browser shows as a picture.
func (c *contents) pictured() bool {
	for i := range c.entries {
		if e := &c.entries[i]; !e.has(isFolder) && hasPreview(c.name(e), 1) {
			return true
		}
	}
	return false
}
