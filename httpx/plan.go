// The decision on an answer: from a parsed request to a status, a file or a
// folder, and what of it is to be sent.
//
//	request.go ─► plan.go: path.go, rules.go, router.go, files.go
//	                 │     conditional.go, negotiate.go, ranges.go
//	                 └─► response.go composes the head

package httpx

import (
	"path"

	"golang.org/x/sys/unix"
)

// plan is what has been decided of one answer until its head is composed. It
// is scratch space of the loop.
type plan struct {
	site   *site
	path   []byte // clean; nil while there is none
	query  []byte
	status int
	look

	file   int32  // pinned entry of the open-file table, or none
	folder int    // descriptor of a folder to list, or -1
	mount  *mount // of that folder
	below  string // and its path below the mount's root
	rest   []byte
	moved  *Redirect // where a redirect leads that is not to the path with a slash

	modified int64 // as sent in Last-Modified
	ranges   rangeSet
	process  bool   // the file's bytes go through the site's processors
	answer   Answer // what those have to say
	maker    *maker // reserved for the body, or nil

	location []byte // of a redirect
	tag      [maxTag]byte
}

// maxTag is the longest entity tag: four numbers of up to 13 digits, and the
// suffix of what has been processed.
const maxTag = 128

// plan decides on the answer to a request and composes its head.
func (l *loop) plan(c *conn, r *request) {
	c.flags &^= keepAlive | http10 | headOnly | unread | textBody | partSent | streamed | sendsNoMore | corked
	switch {
	case r.keepAlive:
		c.flags |= keepAlive
	case r.method != methodOther: // which CONNECT is
		c.flags |= sendsNoMore
	}
	if r.minor == 0 {
		c.flags |= http10
	}
	if r.method == methodHead {
		c.flags |= headOnly
	}
	p := &l.planned
	*p = plan{site: l.sites.of(r.host), query: r.query, file: none, folder: -1, location: p.location[:0]}
	p.look = l.lookOf(c)
	if p.status = l.find(r, p); p.status == statusOK {
		p.status = l.represent(c, r, p)
	}
	if p.isRedirect() {
		p.locate()
	}
	if p.file == none && p.status >= statusBadRequest {
		l.findErrorPage(r, p)
	}
	l.begin(c, p)
}

// find routes the request, and pins its file or opens its folder for a 200.
func (l *loop) find(r *request, p *plan) (status int) {
	switch r.method {
	case methodGet, methodHead:
	case methodOptions: // a browser asks so for leave to send, and wants the fields of the path
		if path, status := cleanPath(l.path[:], r.path); status == 0 {
			p.path = path
		}
		return statusNoContent
	case methodUnknown:
		return statusNotImplemented
	default:
		return statusMethodNotAllowed
	}
	if p.path, status = cleanPath(l.path[:], r.path); status != 0 {
		p.path = nil
		return status
	}
	if p.moved, p.rest = p.site.redirect(p.path); p.moved != nil {
		return p.moved.status
	}
	if !p.site.Dotfiles && hidden(p.path) {
		return statusNotFound
	}
	status = l.try(p)
	if status == statusNotFound && p.site.Fallback != "" && l.lookUp(p, append(l.tried[:0], p.site.Fallback...)) == statusOK {
		return statusOK
	}
	return status
}

// hidden says whether a clean path goes through a name that starts with a
// dot, which is what people leave in folders without thinking of clients
// (.git, .env). /.well-known/ is for clients: RFC 8615 §3.
func hidden(path []byte) bool {
	const wellKnown = "/.well-known"
	if n := len(wellKnown); len(path) >= n && string(path[:n]) == wellKnown && (len(path) == n || path[n] == '/') {
		path = path[n:]
	}
	for i := 0; i+1 < len(path); i++ {
		if path[i] == '/' && path[i+1] == '.' {
			return true
		}
	}
	return false
}

// try looks at the site's paths for the request's. That one of them is a
// folder that wants its slash counts only when none is a file.
func (l *loop) try(p *plan) (status int) {
	folder := false
	for i := range p.site.try {
		t := &p.site.try[i]
		path := t.expand(l.tried[:], p.path)
		if path == nil {
			continue
		}
		switch status = l.lookUp(p, path); status {
		case statusNotFound:
		case statusMovedPermanently:
			folder = folder || t.isPath() // the request's, not one that leads elsewhere
		default:
			return status
		}
	}
	if folder {
		return statusMovedPermanently
	}
	return statusNotFound
}

// lookUp pins the file at a clean path, or opens the folder to list there. It
// returns 301 for a folder without its slash.
func (l *loop) lookUp(p *plan, path []byte) (status int) {
	m, rel := p.site.router.route(path)
	if m == nil {
		return statusNotFound
	}
	if path[len(path)-1] == '/' {
		return l.lookInFolder(p, m, rel)
	}
	if p.file, status = l.files.acquire(m, rel, "", p.look); status != 0 {
		return status
	}
	return statusOK
}

func (l *loop) lookInFolder(p *plan, m *mount, rel []byte) (status int) {
	for _, name := range p.site.Index {
		p.file, status = l.files.acquire(m, rel, name, p.look)
		switch status {
		case 0:
			return statusOK
		case statusNotFound, statusMovedPermanently:
		default:
			return status
		}
	}
	if !p.site.Autoindex {
		return statusNotFound
	}
	if p.folder, status = l.files.openFolder(m, rel); status != 0 {
		return status
	}
	p.mount, p.below = m, path.Join(m.dir, string(rel))
	return statusOK
}

// findErrorPage gives an error the content of the site's page for it.
func (l *loop) findErrorPage(r *request, p *plan) {
	path := p.site.errorPage(p.status)
	if path == "" {
		return
	}
	if l.lookUp(p, append(l.tried[:0], path...)) != statusOK {
		return
	}
	if p.file != none {
		l.encode(r, p)
	}
	l.dropFolder(p) // a listing is no error page
}

// dropFolder closes a folder that was opened to be listed.
func (l *loop) dropFolder(p *plan) {
	if p.folder >= 0 {
		_ = unix.Close(p.folder)
		p.folder = -1
	}
}

// dropFile unpins the file that was found.
func (l *loop) dropFile(p *plan) {
	l.files.release(p.file)
	p.file = none
}

// dropMaker gives back a maker that is not needed.
func (l *loop) dropMaker(p *plan) {
	if p.maker != nil {
		p.maker.release()
		p.maker = nil
	}
}

// isRedirect says whether the answer's status wants a Location.
func (p *plan) isRedirect() bool {
	return p.status >= 301 && p.status <= 308 && p.status != statusNotModified
}

// locate composes where a redirect leads: where its rule says, or to the same
// path with the slash of a folder.
func (p *plan) locate() {
	if p.moved != nil {
		p.location = p.moved.appendLocation(p.location, p.rest, p.query)
	} else {
		p.location = append(appendEscaped(p.location, p.path), '/')
		if p.query != nil {
			p.location = append(p.location, '?')
			p.location = append(p.location, p.query...)
		}
	}
	if len(p.location) > maxLocation {
		p.status = statusURITooLong
	}
}

// represent chooses the representation of what was found, and what of it the
// request's conditions and ranges ask for.
func (l *loop) represent(c *conn, r *request, p *plan) (status int) {
	if p.folder >= 0 {
		if p.maker = l.newMaker(c); p.maker == nil && !c.has(headOnly) {
			l.dropFolder(p)
			return statusUnavailable
		}
		return statusOK
	}
	l.encode(r, p)
	e := &l.files.entries[p.file]
	v := validators{etag: e.fields.tag()}
	// A time in the future would be a lie by the time it is read: RFC 9110
	// §8.8.2.1.
	v.modified = min(e.id.mtime.Sec, l.date.second)
	p.modified = v.modified
	if status = l.prepare(c, p); status != 0 {
		l.dropFile(p)
		return status
	}
	if p.process {
		v.etag = p.answer.appendTag(p.tag[:0], v.etag)
	}
	if status = r.precondition(&v); status != 0 {
		l.dropMaker(p)
		return status
	}
	if p.process {
		return statusOK
	}
	status = r.rangesFor(&v, e.id.size, &p.ranges)
	if status == statusPartialContent && p.ranges.n > 1 && !l.takeParts(c, &p.ranges) {
		return statusOK
	}
	return status
}

// encode puts the sidecar file that the client likes best in the place of the
// file that was found, if there is one.
func (l *loop) encode(r *request, p *plan) {
	if len(p.site.precompressed) == 0 {
		return
	}
	for _, coding := range r.codings(p.site.precompressed, &l.codings) {
		if i := l.files.sidecar(p.file, coding, p.look); i != none {
			l.files.release(p.file)
			p.file = i
			return
		}
	}
}
