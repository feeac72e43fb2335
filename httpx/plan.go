// The decision on a response: from a parsed request to a status, a file or a
// folder, and how much of it is sent.
//
//	request ─► plan.go: which site, mount and file      (site, files)
//	             └─► represent.go: in which form, and whether at all
//	                   └─► describe.go: the response's fields and body

package httpx

import (
	"path"

	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/process"
	"aws/httpx/site"
)

// plan is what has been found out for a request until its response is
// described. It is scratch space of the loop.
type plan struct {
	exchange int32
	headOnly bool
	site     *site.Site
	path     []byte // clean; nil while there is none
	query    []byte
	status   int
	look     files.Look

	file   int32       // pinned entry of the open-file table, or none
	folder int         // descriptor of a folder to list, or -1
	mount  *site.Mount // of that folder
	below  string      // and its path below the mount's root
	rest   []byte
	moved  *site.Redirect // where a redirect leads that is not to the path with a slash

	modified  int64 // as sent in Last-Modified
	ranges    message.RangeSet
	parts     int32            // reserved for several ranges, or none
	process   bool             // the file's bytes go through the site's processors
	processed process.Response // what those have to say
	maker     *maker           // reserved for the body, or nil

	location []byte // of a redirect
	etag     []byte // of what has been processed; its bytes are in tag
	tag      [maxTag]byte
}

// maxTag is the longest entity tag: four numbers of up to 13 digits, and the
// suffix of what has been processed.
const maxTag = 128

// plan decides on the response to the request of exchange i.
func (l *loop) plan(i int32, r *message.Request, k files.Look) *response {
	p := &l.planned
	*p = plan{
		exchange: i, headOnly: r.Method == message.MethodHead,
		site: l.sites.Of(r.Host), query: r.Query, look: k,
		file: none, folder: -1, parts: none, location: p.location[:0],
	}
	if p.status = l.find(r, p); p.status == message.StatusOK {
		p.status = l.represent(r, p)
	}
	if p.isRedirect() {
		p.locate()
	}
	if p.file == none && p.status >= message.StatusBadRequest {
		l.findErrorPage(r, p)
	}
	return l.describe(r, p)
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
	m, rel := p.site.Route(path)
	if m == nil {
		return message.StatusNotFound
	}
	if path[len(path)-1] == '/' {
		return l.lookInFolder(p, m, rel)
	}
	if p.file, status = l.files.Acquire(m, rel, "", p.look); status != 0 {
		return status
	}
	return message.StatusOK
}

func (l *loop) lookInFolder(p *plan, m *site.Mount, rel []byte) (status int) {
	for _, name := range p.site.Index {
		p.file, status = l.files.Acquire(m, rel, name, p.look)
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
	if p.file != none {
		l.encode(r, p)
	}
	l.dropFolder(p) // a listing is no error page
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
