// The foot of a page: the links to other pages, and the totals.

package listing

// pages writes the links to the other pages of the listing.
func (p *page) pages() {
	if p.last == 1 {
		return
	}
	p.put(`<nav class="pages" aria-label="Pages">`)
	to := func(n int, label, rel string) {
		if n >= 1 && n <= p.last && n != p.number {
			p.put(`<a `)
			p.link("./", p.Query.onPage(n))
			p.put(rel, `>`, label, `</a>`)
		}
	}
	to(1, "First", "")
	to(p.number-1, "Previous", ` rel="prev"`)
	b := append(p.out.AvailableBuffer(), `<span aria-current="page">Page `...)
	b = appendGrouped(b, int64(p.number))
	b = append(b, " of "...)
	b = appendGrouped(b, int64(p.last))
	_, _ = p.out.Write(append(b, "</span>"...))
	to(p.number+1, "Next", ` rel="next"`)
	to(p.last, "Last", "")
	p.put("</nav>\n")
}

// footer writes the totals: of the page if it is the only one, otherwise of all.
func (p *page) footer() {
	folders, files, size, known := p.folders, p.files, p.size, true
	if p.last > 1 {
		folders, files, size, known = p.contents.total()
	}
	b := append(p.out.AvailableBuffer(), "<p>"...)
	b = appendCount(b, folders, "folder")
	b = append(b, ", "...)
	b = appendCount(b, files, "file")
	if known {
		b = append(b, `, <span title="`...)
		b = appendGrouped(b, size)
		b = append(b, ` B">`...)
		b = appendSize(b, size)
		b = append(b, "</span>"...)
	}
	b = append(b, ". Times are <span class=\"zone\">UTC</span>.</p>\n"...)
	if p.contents.truncated {
		b = append(b, "<p class=\"more\"><strong>This folder holds more.</strong> Only the first "...)
		b = appendGrouped(b, int64(len(p.contents.entries)))
		b = append(b, " entries that it named are listed.</p>\n"...)
	}
	_, _ = p.out.Write(b)
}

// total counts all entries. The size of the files is known if all of them have
// been looked at.
func (c *contents) total() (folders, files int, size int64, known bool) {
	known = true
	for i := range c.entries {
		switch e := &c.entries[i]; {
		case e.has(isFolder):
			folders++
		case e.has(isKnown):
			files++
			size += min(c.size(e), maxSize-size)
		default:
			files++
			known = false
		}
	}
	return folders, files, size, known
}
