// The decision on an answer: from a parsed request to a status, a file or a
// folder, and what of it is to be sent.
//
//	request.go ─► plan.go: path.go, rules.go, router.go, files.go
//	                 │     conditional.go, negotiate.go, ranges.go
//	                 └─► response.go composes the head

package httpx

import (
	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/process"
	"aws/httpx/site"
	"path"

	"golang.org/x/sys/unix"
)

// plan is what has been decided of one answer until its head is composed. It
// is scratch space of the loop.
type plan struct {
	site   *site.Site
	path   []byte // clean; nil while there is none
	query  []byte
	status int
	files.Look

	file   int32       // pinned entry of the open-file table, or none
	folder int         // descriptor of a folder to list, or -1
	mount  *site.Mount // of that folder
	below  string      // and its path below the mount's root
	rest   []byte
	moved  *site.Redirect // where a redirect leads that is not to the path with a slash

	modified int64 // as sent in Last-Modified
	ranges   message.RangeSet
	process  bool             // the file's bytes go through the site's processors
	answer   process.Response // what those have to say
	maker    *maker           // reserved for the body, or nil

	location []byte // of a redirect
	tag      [maxTag]byte
}

// maxTag is the longest entity tag: four numbers of up to 13 digits, and the
// suffix of what has been processed.
const maxTag = 128

// plan decides on the answer to a request and composes its head.
func (l *loop) plan(c *conn, r *message.Request) {
	c.flags &^= keepAlive | http10 | headOnly | unread | textBody | partSent | streamed | sendsNoMore | corked
	switch {
	case r.KeepAlive:
		c.flags |= keepAlive
	case r.Method != message.MethodOther: // which CONNECT is
		c.flags |= sendsNoMore
	}
	if r.Minor == 0 {
		c.flags |= http10
	}
	if r.Method == message.MethodHead {
		c.flags |= headOnly
	}
	p := &l.planned
	*p = plan{site: l.sites.Of(r.Host), query: r.Query, file: backend.None, folder: -1, location: p.location[:0]}
	p.Look = l.lookOf(c)
	if p.status = l.find(r, p); p.status == message.StatusOK {
		p.status = l.represent(c, r, p)
	}
	if p.isRedirect() {
		p.locate()
	}
	if p.file == backend.None && p.status >= message.StatusBadRequest {
		l.findErrorPage(r, p)
	}
	l.begin(c, p)
}

// find routes the request, and pins its file or opens its folder for a 200.
func (l *loop) find(r *message.Request, p *plan) (status int) {
	switch r.Method {
	case message.MethodGet, message.MethodHead:
	case message.MethodOptions: // a browser asks so for leave to send, and wants the fields of the path
		if path, status := message.CleanPath(l.path[:], r.Path); status == 0 {
			p.path = path
		}
		return message.StatusNoContent
	case message.MethodUnknown:
		return message.StatusNotImplemented
	default:
		return message.StatusMethodNotAllowed
	}
	if p.path, status = message.CleanPath(l.path[:], r.Path); status != 0 {
		p.path = nil
		return status
	}
	if p.moved, p.rest = p.site.RedirectFor(p.path); p.moved != nil {
		return p.moved.Status
	}
	if !p.site.Dotfiles && hidden(p.path) {
		return message.StatusNotFound
	}
	status = l.try(p)
	if status == message.StatusNotFound && p.site.Fallback != "" && l.lookUp(p, append(l.tried[:0], p.site.Fallback...)) == message.StatusOK {
		return message.StatusOK
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
	for i := range p.site.Templates {
		t := &p.site.Templates[i]
		path := t.Expand(l.tried[:], p.path)
		if path == nil {
			continue
		}
		switch status = l.lookUp(p, path); status {
		case message.StatusNotFound:
		case message.StatusMovedPermanently:
			folder = folder || t.IsPath() // the request's, not one that leads elsewhere
		default:
			return status
		}
	}
	if folder {
		return message.StatusMovedPermanently
	}
	return message.StatusNotFound
}

// lookUp pins the file at a clean path, or opens the folder to list there. It
// returns 301 for a folder without its slash.
func (l *loop) lookUp(p *plan, path []byte) (status int) {
	m, rel := p.site.Router.Route(path)
	if m == nil {
		return message.StatusNotFound
	}
	if path[len(path)-1] == '/' {
		return l.lookInFolder(p, m, rel)
	}
	if p.file, status = l.files.Acquire(m, rel, "", p.Look); status != 0 {
		return status
	}
	return message.StatusOK
}

func (l *loop) lookInFolder(p *plan, m *site.Mount, rel []byte) (status int) {
	for _, name := range p.site.Index {
		p.file, status = l.files.Acquire(m, rel, name, p.Look)
		switch status {
		case 0:
			return message.StatusOK
		case message.StatusNotFound, message.StatusMovedPermanently:
		default:
			return status
		}
	}
	if !p.site.Autoindex {
		return message.StatusNotFound
	}
	if p.folder, status = l.files.OpenFolder(m, rel); status != 0 {
		return status
	}
	p.mount, p.below = m, path.Join(m.Dir, string(rel))
	return message.StatusOK
}

// findErrorPage gives an error the content of the site's page for it.
func (l *loop) findErrorPage(r *message.Request, p *plan) {
	path := p.site.ErrorPageFor(p.status)
	if path == "" {
		return
	}
	if l.lookUp(p, append(l.tried[:0], path...)) != message.StatusOK {
		return
	}
	if p.file != backend.None {
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
	l.files.Release(p.file)
	p.file = backend.None
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
	return p.status >= 301 && p.status <= 308 && p.status != message.StatusNotModified
}

// locate composes where a redirect leads: where its rule says, or to the same
// path with the slash of a folder.
func (p *plan) locate() {
	if p.moved != nil {
		p.location = p.moved.AppendLocation(p.location, p.rest, p.query)
	} else {
		p.location = append(site.AppendEscaped(p.location, p.path), '/')
		if p.query != nil {
			p.location = append(p.location, '?')
			p.location = append(p.location, p.query...)
		}
	}
	if len(p.location) > site.MaxLocation {
		p.status = message.StatusURITooLong
	}
}

// represent chooses the representation of what was found, and what of it the
// request's conditions and ranges ask for.
func (l *loop) represent(c *conn, r *message.Request, p *plan) (status int) {
	if p.folder >= 0 {
		if p.maker = l.newMaker(c); p.maker == nil && !c.has(headOnly) {
			l.dropFolder(p)
			return message.StatusUnavailable
		}
		return message.StatusOK
	}
	l.encode(r, p)
	e := &l.files.Entries[p.file]
	v := message.Validators{ETag: e.Fields.Tag()}
	// A time in the future would be a lie by the time it is read: RFC 9110
	// §8.8.2.1.
	v.Modified = min(e.ID.Mtime.Sec, l.date.second)
	p.modified = v.Modified
	if status = l.prepare(c, p); status != 0 {
		l.dropFile(p)
		return status
	}
	if p.process {
		v.ETag = p.answer.AppendTag(p.tag[:0], v.ETag)
	}
	if status = r.Precondition(&v); status != 0 {
		l.dropMaker(p)
		return status
	}
	if p.process {
		return message.StatusOK
	}
	status = r.RangesFor(&v, e.ID.Size, &p.ranges)
	if status == message.StatusPartialContent && p.ranges.N > 1 && !l.takeParts(c, &p.ranges) {
		return message.StatusOK
	}
	return status
}

// encode puts the sidecar file that the client likes best in the place of the
// file that was found, if there is one.
func (l *loop) encode(r *message.Request, p *plan) {
	if len(p.site.Codings) == 0 {
		return
	}
	for _, coding := range r.Codings(p.site.Codings, &l.codings) {
		if i := l.files.Sidecar(p.file, coding, p.Look); i != backend.None {
			l.files.Release(p.file)
			p.file = i
			return
		}
	}
}
