// The rows of a page: the heads of the columns, and the entries.

package listing

import "time"

// heads writes the heads of the columns. Each links to the listing sorted by its
// column, and the current one to the reverse order. Sizes and times start with
// the greatest: people look for the largest and the latest.
func (p *page) heads() {
	for by, label := range [sortKeys]string{byName: "Name", bySize: "Size", byModified: "Modified"} {
		next := Order{by: sortKey(by), descending: sortKey(by) != byName}
		p.put(`<th scope="col"`)
		if next.by == p.Query.Order.by {
			direction := "ascending"
			if p.Query.Order.descending {
				direction = "descending"
			}
			next.descending = !p.Query.Order.descending
			p.put(` aria-sort="`, direction, `"`)
		}
		p.put(`><a href="?`)
		p.text(next.String())
		rest := p.Query.onPage(1)
		rest.Order = Order{}
		if rest != (Query{Page: 1}) {
			p.text("&" + rest.String())
		}
		p.put(`">`, label, `</a></th>`)
	}
}

// entries writes a row for the parent folder, if there is one, and for each
// entry of the page.
func (p *page) entries() error {
	if p.Path != p.above() {
		p.put(`<tr><td><a class="up" `)
		p.link("../", p.Query.below())
		p.put(`>..</a></td><td></td><td></td></tr>` + "\n")
	}
	suffix := ""
	if q := p.Query.below(); q != (Query{}) {
		suffix = "?" + string(appendText(nil, []byte(q.String())))
	}
	from := (p.number - 1) * pageRows
	err := p.writeEntries(p.out, p.contents, from, from+pageRows, func(b []byte, e *row) []byte {
		return p.appendRow(b, e, suffix)
	})
	if err != nil {
		return err
	}
	if p.folders+p.files == 0 {
		p.put(`<tr><td colspan="3" class="empty">`)
		if p.Query.Filter == "" {
			p.put("This folder is empty.")
		} else {
			p.put("No name in this folder has “")
			p.text(p.Query.Filter)
			p.put("” in it.")
		}
		p.put("</td></tr>\n")
	}
	return nil
}

// appendRow appends the row of an entry, and counts it. suffix is the query of
// links to folders.
func (p *page) appendRow(b []byte, e *row, suffix string) []byte {
	name, folder := e.name, e.flags.has(isFolder)
	preview := !folder && hasPreview(name, e.size)
	b = append(b, "<tr><td><a"...)
	b = appendClass(b, e, preview)
	b = append(b, ` href="`...)
	b = appendHref(b, name, folder)
	if folder {
		b = append(b, suffix...)
	}
	b = append(b, `">`...)
	if preview && p.Query.Grid {
		b = append(b, `<img src="`...)
		b = appendHref(b, name, false)
		b = append(b, `" alt="" loading="lazy" decoding="async">`...)
	}
	b = appendText(b, name)
	if folder {
		p.folders++
		b = append(b, "/</a></td><td>"...)
	} else {
		p.files++
		p.size += min(e.size, maxSize-p.size)
		b = append(b, `</a></td><td title="`...)
		b = appendGrouped(b, e.size)
		b = append(b, ` B">`...)
		b = appendSize(b, e.size)
	}
	b = append(b, `</td><td><time datetime="`...)
	modified := time.Unix(e.modified, 0).UTC()
	b = modified.AppendFormat(b, time.RFC3339)
	b = modified.AppendFormat(b, `">2006-01-02 <span>15:04</span></time></td></tr>`)
	return append(b, '\n')
}

// maxSize is the greatest total: a single sparse file can be that long.
const maxSize = 1<<63 - 1

// appendClass appends the attribute that says what an entry is, if anything.
func appendClass(b []byte, e *row, preview bool) []byte {
	start := len(b)
	add := func(class string) {
		if len(b) == start {
			b = append(b, ` class="`...)
		} else {
			b = append(b, ' ')
		}
		b = append(b, class...)
	}
	if e.flags.has(isFolder) {
		add("folder")
	} else if class := kindClasses[KindOf(e.name)]; class != "" {
		add(class)
	}
	if e.flags.has(isLink) {
		add("link")
	}
	if preview {
		add("preview")
	}
	if len(b) > start {
		b = append(b, '"')
	}
	return b
}
