package httpx

// prepare asks the site's processors whether they take the file, and reserves
// a maker for the body. Where there is no room for one the file goes as it is,
// unless a processor will not have that.
func (l *loop) prepare(c *conn, p *plan) (status int) {
	e := &l.files.entries[p.file]
	p.answer = Answer{}
	if p.site.processor == nil || e.mount.kind != Dynamic {
		return 0
	}
	p.answer = Answer{
		Path: e.url, Type: e.mediaType, Size: e.id.size, Coding: e.coding.name(),
		Accept: l.accept, Trailers: l.request.trailers && !c.has(http10),
	}
	if p.process = p.site.processor.Prepare(&p.answer); !p.process || c.has(headOnly) {
		return 0 // HEAD gets the fields only
	}
	if p.maker = l.newMaker(c); p.maker == nil {
		if p.answer.Required {
			return statusUnavailable
		}
		p.process = false
		p.answer = Answer{Vary: p.answer.Vary}
	}
	return 0
}

// acceptCoding is Answer.Accept for the request at hand.
func (l *loop) acceptCoding(names ...string) string {
	var preference [numCodings]coding
	n := 0
	for _, name := range names {
		if c, ok := codingOf([]byte(name)); ok && n < len(preference) {
			preference[n] = c
			n++
		}
	}
	if best := l.request.codings(preference[:n], &l.codings); len(best) > 0 {
		return best[0].String()
	}
	return ""
}

// beginProcessed appends the fields of a file that goes through processors.
// Its length is known at the end, and so there are no ranges.
func (l *loop) beginProcessed(b []byte, c *conn, p *plan) []byte {
	e := &l.files.entries[c.file]
	f := &e.fields
	b = appendModified(b, e, p)
	b = appendTagField(b, f, p)
	b = append(b, f.text[f.etag:f.typed]...)
	b = appendVary(b, p)
	if p.answer.Coding != "" && e.coding == codingIdentity {
		b = append(b, "Content-Encoding: "...)
		b = append(b, p.answer.Coding...)
		b = append(b, "\r\n"...)
	}
	if p.maker == nil { // HEAD
		return b
	}
	m := l.giveMaker(c, p)
	m.processor, m.answer = p.site.processor, p.answer
	c.left = e.id.size
	return b
}

// beginListing appends the fields of a folder's listing.
func (l *loop) beginListing(b []byte, c *conn, p *plan) []byte {
	listed := &listing{
		path: string(p.path), top: p.mount.prefix + "/", root: l.files.root(p.mount), dir: p.below,
		order: parseListingQuery(p.query), json: l.request.prefersJSON(), dotfiles: p.site.Dotfiles,
	}
	b = append(b, typeName...)
	b = append(b, listed.contentType()...)
	b = append(b, "\r\nVary: Accept\r\n"...)
	b = append(b, noSniff...)
	b = append(b, "Content-Security-Policy: "+listingPolicy+"\r\n"...)
	b = p.site.appendRules(b, p.path)
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
