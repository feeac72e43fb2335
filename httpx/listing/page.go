// A page that is being written, for html.go and what fills in its marks.

package listing

import "bufio"

// page is a listing that is being written as a page.
type page struct {
	*Listing
	contents *contents
	out      *bufio.Writer

	number, last   int   // of this page, and of the last one
	folders, files int   // so far
	size           int64 // total of the files so far, in bytes
}

// pageRows is how many entries a page has: docs/http.md says why.
const pageRows = 2000

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

// link writes an attribute that leads to what a query selects of the folder at
// a relative path.
func (p *page) link(path string, q Query) {
	query := q.String()
	if query != "" {
		query = "?" + query
	}
	p.put(`href="`, path)
	p.text(query)
	p.put(`"`)
}

// whole says that the page has all entries of the folder.
func (p *page) whole() bool { return p.last == 1 && p.Query.Filter == "" }
