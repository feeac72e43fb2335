package listing

import (
	"bufio"
	_ "embed"
	"strconv"
	"strings"
	"time"
)

// The page, with marks for what differs between folders, and its style sheet.
// No template engine parses them: that would cost time at every start of the
// program, and reflection for each of 100,000 rows.
var (
	//go:embed listing.html
	listingHTML string
	//go:embed listing.css
	listingCSS string
)

// listingPage is a listing while it is being written as a page.
type listingPage struct {
	*Listing
	contents *contents
	out      *bufio.Writer
	suffix   string // of links to other folders, which keep the order

	folders, files int // so far
	size           int64
}

// writeHTML writes the page: what stands between the marks of listing.html as
// it is, and in place of each mark what it names.
func (l *Listing) writeHTML(out *bufio.Writer, c *contents) error {
	p := listingPage{Listing: l, contents: c, out: out}
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

// fill writes what a mark stands for. Errors of out stay with it, so only the
// part without bounds returns them.
func (p *listingPage) fill(mark string) error {
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

// put writes what is HTML already.
func (p *listingPage) put(parts ...string) {
	for _, s := range parts {
		_, _ = p.out.WriteString(s)
	}
}

// text writes what is to be escaped.
func (p *listingPage) text(s string) {
	_, _ = p.out.Write(appendText(p.out.AvailableBuffer(), []byte(s)))
}

// above returns the path of the highest folder that is linked to.
func (p *listingPage) above() string {
	if p.Top != "" && strings.HasPrefix(p.Path, p.Top) {
		return p.Top
	}
	return "/"
}

// crumbs writes links to the folders above, the highest first. They are
// relative, so they hold behind a proxy that maps paths.
func (p *listingPage) crumbs() {
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
func (p *listingPage) name() {
	if top := p.above(); p.Path == top {
		p.text(top)
		return
	}
	p.text(p.Path[strings.LastIndexByte(p.Path[:len(p.Path)-1], '/')+1:])
}

// heads writes the heads of the columns. Each is a link that sorts by it, and
// the one that is sorted by turns the order around. Of sizes and times the
// greatest come first at first: that is what people look for.
func (p *listingPage) heads() {
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

// attribute is the order's query in an attribute of HTML.
func (o Order) attribute() string { return strings.ReplaceAll(o.String(), "&", "&amp;") }

func (p *listingPage) entries() error {
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

func (p *listingPage) appendRow(b []byte, e *entry) []byte {
	name, folder := p.contents.name(e), e.has(isFolder)
	b = append(b, "<tr><td><a"...)
	switch {
	case folder && e.has(isLink):
		b = append(b, ` class="folder link"`...)
	case folder:
		b = append(b, ` class="folder"`...)
	case e.has(isLink):
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

// maxSize is where the total stops: sparse files can be this long each.
const maxSize = 1<<63 - 1

func (p *listingPage) footer() {
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

// appendGrouped appends n, which is not negative, with its thousands apart:
// "1,234,567".
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

// appendSize appends a number of bytes as people read it, in the units of IEC
// 80000-13: "17 B", "1.5 KiB".
func appendSize(b []byte, size int64) []byte {
	units := [...]string{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"}
	value, unit := float64(size), 0
	for ; value >= 1023.95; unit++ { // what would be rounded to 1024.0
		value /= 1024
	}
	precision := 1
	if unit == 0 {
		precision = 0
	}
	b = strconv.AppendFloat(b, value, 'f', precision, 64)
	return append(b, units[unit]...)
}
