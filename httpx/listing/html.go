// Listings as pages for people.

package listing

import (
	"bufio"
	_ "embed"
	"strconv"
	"strings"
	"time"
)

// The page, with a mark for each part that differs between folders, and its
// style sheet. There is no template engine: it would take time at every start of
// the program, and reflection for each of 100,000 rows.
var (
	//go:embed listing.html
	listingHTML string
	//go:embed listing.css
	listingCSS string
)

// page is a listing that is being written as a page.
type page struct {
	*Listing
	contents *contents
	out      *bufio.Writer
	suffix   string // of links to other folders: their query, which keeps the order

	folders, files int   // so far
	size           int64 // total of the files so far, in bytes
}

// writeHTML writes the text of listing.html, and fills in its marks.
func (l *Listing) writeHTML(out *bufio.Writer, c *contents) error {
	p := page{Listing: l, contents: c, out: out}
	if l.Order != (Order{}) {
		p.suffix = "?" + l.Order.attribute()
	}
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
	case "crumbs":
		p.crumbs()
	case "name":
		p.name()
	case "heads":
		p.heads()
	case "entries":
		return p.entries()
	case "footer":
		p.footer()
	}
	return nil
}

// put writes HTML as it is.
func (p *page) put(parts ...string) {
	for _, s := range parts {
		_, _ = p.out.WriteString(s)
	}
}

// text writes s with its markup escaped.
func (p *page) text(s string) {
	_, _ = p.out.Write(appendText(p.out.AvailableBuffer(), []byte(s)))
}

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
		p.put(`<li><a href="`, strings.Repeat("../", depth), p.suffix, `">`)
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

// heads writes the heads of the columns. Each links to the listing sorted by its
// column, and the current one to the reverse order. Sizes and times start with
// the greatest: people look for the largest and the latest.
func (p *page) heads() {
	for by, label := range [sortKeys]string{byName: "Name", bySize: "Size", byModified: "Modified"} {
		next := Order{by: sortKey(by), descending: sortKey(by) != byName}
		p.put(`<th scope="col"`)
		if next.by == p.Order.by {
			direction := "ascending"
			if p.Order.descending {
				direction = "descending"
			}
			next.descending = !p.Order.descending
			p.put(` aria-sort="`, direction, `"`)
		}
		p.put(`><a href="?`, next.attribute(), `">`, label, `</a></th>`)
	}
}

// attribute returns the query for the order, as an attribute of HTML.
func (o Order) attribute() string { return strings.ReplaceAll(o.String(), "&", "&amp;") }

// entries writes a row for the parent folder, if there is one, and for each
// entry.
func (p *page) entries() error {
	if p.Path != p.above() {
		p.put(`<tr><td><a class="up" href="../`, p.suffix, `">..</a></td><td></td><td></td></tr>`+"\n")
	}
	if err := p.writeEntries(p.out, p.contents, p.appendRow); err != nil {
		return err
	}
	if p.folders+p.files == 0 {
		p.put(`<tr><td colspan="3" class="empty">This folder is empty.</td></tr>` + "\n")
	}
	return nil
}

// appendRow appends the row of an entry, and counts it.
func (p *page) appendRow(b []byte, e *row) []byte {
	name, folder := e.name, e.flags.has(isFolder)
	b = append(b, "<tr><td><a"...)
	switch {
	case folder && e.flags.has(isLink):
		b = append(b, ` class="folder link"`...)
	case folder:
		b = append(b, ` class="folder"`...)
	case e.flags.has(isLink):
		b = append(b, ` class="link"`...)
	}
	b = append(b, ` href="`...)
	b = appendHref(b, name, folder)
	if folder {
		b = append(b, p.suffix...)
	}
	b = append(b, `">`...)
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

// footer writes the totals.
func (p *page) footer() {
	b := append(p.out.AvailableBuffer(), "<p>"...)
	b = appendCount(b, p.folders, "folder")
	b = append(b, ", "...)
	b = appendCount(b, p.files, "file")
	b = append(b, `, <span title="`...)
	b = appendGrouped(b, p.size)
	b = append(b, ` B">`...)
	b = appendSize(b, p.size)
	b = append(b, "</span>. Times are UTC.</p>\n"...)
	if p.contents.truncated {
		b = append(b, "<p class=\"more\"><strong>This folder holds more.</strong> Only the first "...)
		b = appendGrouped(b, int64(len(p.contents.entries)))
		b = append(b, " entries that it named are listed.</p>\n"...)
	}
	_, _ = p.out.Write(b)
}

// appendCount appends "1 file" or "2 files".
func appendCount(b []byte, n int, noun string) []byte {
	b = appendGrouped(b, int64(n))
	b = append(b, ' ')
	b = append(b, noun...)
	if n != 1 {
		b = append(b, 's')
	}
	return b
}

// appendGrouped appends n, which is not negative, with its digits in groups of
// three: "1,234,567".
func appendGrouped(b []byte, n int64) []byte {
	digits := strconv.AppendInt(nil, n, 10)
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b = append(b, ',')
		}
		b = append(b, c)
	}
	return b
}

// appendSize appends a number of bytes for people, in the units of IEC 80000-13:
// "17 B", "1.5 KiB".
func appendSize(b []byte, size int64) []byte {
	units := [...]string{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"}
	value, unit := float64(size), 0
	for ; value >= 1023.95; unit++ { // from there on it would be rounded to 1024.0
		value /= 1024
	}
	precision := 1
	if unit == 0 {
		precision = 0
	}
	b = strconv.AppendFloat(b, value, 'f', precision, 64)
	return append(b, units[unit]...)
}
