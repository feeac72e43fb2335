package httpx

import (
	"aws/httpx/files"
	"aws/httpx/listing"
	"aws/httpx/message"
	"aws/httpx/process"
	"aws/httpx/site"
)

// prepare asks the site's processors whether they take the file, and reserves
// a maker for the body. Where there is no room for one the file goes as it is,
// unless a processor will not have that.
func (l *loop) prepare(c *conn, p *plan) (status int) {
	e := &l.files.Entries[p.file]
	p.answer = process.Response{}
	if p.site.Processor == nil || e.Mount.Kind != site.Dynamic {
		return 0
	}
	p.answer = process.Response{
		Path: e.URL, Type: e.MediaType, Size: e.ID.Size, Coding: e.Coding.Name(),
		Accept: l.accept, Trailers: l.request.Trailers && !c.has(http10),
	}
	if p.process = p.site.Processor.Prepare(&p.answer); !p.process || c.has(headOnly) {
		return 0 // HEAD gets the fields only
	}
	if p.maker = l.newMaker(c); p.maker == nil {
		if p.answer.Required {
			return message.StatusUnavailable
		}
		p.process = false
		p.answer = process.Response{Vary: p.answer.Vary}
	}
	return 0
}

// acceptCoding is Answer.Accept for the request at hand.
func (l *loop) acceptCoding(names ...string) string {
	var preference [message.NumCodings]message.Coding
	n := 0
	for _, name := range names {
		if c, ok := message.CodingOf([]byte(name)); ok && n < len(preference) {
			preference[n] = c
			n++
		}
	}
	if best := l.request.Codings(preference[:n], &l.codings); len(best) > 0 {
		return best[0].String()
	}
	return ""
}

// beginProcessed appends the fields of a file that goes through processors.
// Its length is known at the end, and so there are no ranges.
func (l *loop) beginProcessed(b []byte, c *conn, p *plan) []byte {
	e := &l.files.Entries[c.file]
	f := &e.Fields
	b = appendModified(b, e, p)
	b = appendTagField(b, f, p)
	b = append(b, f.Text[f.ETag:f.Typed]...)
	b = appendVary(b, p)
	if p.answer.Coding != "" && e.Coding == message.CodingIdentity {
		b = append(b, "Content-Encoding: "...)
		b = append(b, p.answer.Coding...)
		b = append(b, "\r\n"...)
	}
	if p.maker == nil { // HEAD
		return b
	}
	m := l.giveMaker(c, p)
	m.processor, m.answer = p.site.Processor, p.answer
	c.left = e.ID.Size
	return b
}

// beginListing appends the fields of a folder's listing.
func (l *loop) beginListing(b []byte, c *conn, p *plan) []byte {
	listed := &listing.Listing{
		Path: string(p.path), Top: p.mount.Prefix + "/", Root: l.files.Root(p.mount), Dir: p.below,
		Order: listing.ParseQuery(p.query), JSON: l.request.PrefersJSON(), Dotfiles: p.site.Dotfiles,
	}
	b = append(b, files.TypeName...)
	b = append(b, listed.ContentType()...)
	b = append(b, "\r\nVary: Accept\r\n"...)
	b = append(b, files.NoSniff...)
	b = append(b, "Content-Security-Policy: "+listing.Policy+"\r\n"...)
	b = p.site.AppendRules(b, p.path)
	if p.maker == nil { // HEAD
		l.dropFolder(p)
		return b
	}
	m := l.giveMaker(c, p)
	m.listing, m.folder = listed, p.folder
	return b
}

// giveMaker hands the maker that the plan has reserved to the connection.
func (l *loop) giveMaker(c *conn, p *plan) *maker {
	c.maker = p.maker.index
	if c.has(http10) { // only the connection's end says where the body ends
		c.flags &^= keepAlive
	}
	return p.maker
}
