// From a request to a file or a folder: the first step of plan.go.

package httpx

import (
	"bytes"
	"path/filepath"

	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/site"
)

// find routes the request. For a 200 it pins the file, or opens the folder to
// list. The status may be files.Pending.
func (d *planner) find(r *message.Request, p *plan) (status int) {
	p.path, status = message.CleanPath(d.path[:], r.Path)
	switch r.Method {
	case message.MethodGet, message.MethodHead:
	case message.MethodOptions: // a browser's preflight, which looks at the fields of the path
		return message.StatusNoContent
	case message.MethodUnknown:
		return message.StatusNotImplemented
	default:
		return message.StatusMethodNotAllowed
	}
	if status != 0 {
		return status
	}
	if status = d.admit(p, p.path, ""); status != 0 {
		return status
	}
	if p.page = p.site.PageFor(p.path); p.page != nil {
		return message.StatusOK
	}
	if p.moved, p.rest = p.site.RedirectFor(p.path); p.moved != nil {
		return p.moved.Status
	}
	if !p.site.Dotfiles && hidden(p.path) {
		return message.StatusNotFound
	}
	if p.site.CleanURLs {
		if status = d.findAddress(p); status != message.StatusNotFound {
			return status
		}
	}
	if status = d.try(p); status == message.StatusNotFound {
		return d.findInstead(r, p)
	}
	return status
}

// findInstead finds what answers for a path that leads to nothing: the page of a
// folder's name, the fallback, or the welcome.
func (d *planner) findInstead(r *message.Request, p *plan) (status int) {
	if n := len(p.path) - 1; p.site.CleanURLs && n > 0 && p.path[n] == '/' {
		switch status = d.lookUpPage(p, p.path[:n]); status {
		case message.StatusOK:
			return d.goTo(p, p.path[:n])
		case files.Pending, message.StatusUnauthorized:
			return status
		case message.StatusForbidden:
			if p.denied {
				return status
			}
		}
	}
	if p.site.HasFallback(p.path) {
		p.byAccept = true
		if r.IsNavigation() {
			if s := d.lookUp(p, append(d.tried[:0], p.site.Fallback...)); s == message.StatusOK || p.undecided(s) {
				return s
			}
		}
	}
	if p.site.Welcome && len(p.path) == 1 {
		p.welcome = true
		return message.StatusOK
	}
	return message.StatusNotFound
}

// findAddress finds out whether a path that leads to a page has a shorter address:
// 301 if so, 404 if not. An address leads back to the same file, or it does not count;
// so there are no circles.
func (d *planner) findAddress(p *plan) (status int) {
	if folder, ok := p.site.IsIndex(p.path); ok {
		if status = d.lookUp(p, p.path); status == message.StatusOK {
			return d.goTo(p, folder)
		}
		return notFoundYet(status)
	}
	if folder, ok := p.site.NamesIndex(p.path); ok {
		return d.findIfFree(p, p.path, folder)
	}
	if address, ok := site.CutPage(p.path); ok {
		return d.findIfFree(p, address, address)
	}
	return message.StatusNotFound
}

// findIfFree is findAddress for the page named address + ".html". The path without
// that must not lead to a file of its own.
func (d *planner) findIfFree(p *plan, address, to []byte) (status int) {
	if status = d.lookUpPage(p, address); status != message.StatusOK {
		return notFoundYet(status)
	}
	d.dropFound(p)
	switch status = d.lookUp(p, address); status {
	case message.StatusNotFound, message.StatusMovedPermanently:
		return d.goTo(p, to)
	}
	d.dropFound(p)
	return notFoundYet(status)
}

// notFoundYet is what a look-up means that only was to find an address: nothing,
// unless it is still under way. A trouble comes up again when the path is tried.
func notFoundYet(status int) int {
	if status == files.Pending {
		return status
	}
	return message.StatusNotFound
}

// goTo makes the response a redirect to an address of the site.
func (d *planner) goTo(p *plan, address []byte) (status int) {
	d.dropFound(p)
	p.canonical = address
	return message.StatusMovedPermanently
}

// dropFound drops what a look-up has found.
func (d *planner) dropFound(p *plan) {
	d.dropFile(p)
	d.dropFolder(p)
}

// lookUpPage is lookUp for the page at an address: its path is the address with
// ".html".
func (d *planner) lookUpPage(p *plan, address []byte) (status int) {
	path := site.AppendPage(d.tried[:0], address)
	if path == nil {
		return message.StatusNotFound
	}
	return d.lookUp(p, path)
}

// hidden says whether a name in a clean path starts with a dot. People leave
// such files in folders without thinking of clients (.git, .env). /.well-known/
// is for clients: RFC 8615 §3.
func hidden(path []byte) bool {
	const wellKnown = "/.well-known"
	if n := len(wellKnown); len(path) >= n && string(path[:n]) == wellKnown && (len(path) == n || path[n] == '/') {
		path = path[n:]
	}
	for {
		i := bytes.IndexByte(path, '.')
		switch {
		case i < 0:
			return false
		case i > 0 && path[i-1] == '/':
			return true
		}
		path = path[i+1:]
	}
}

// try looks up the paths that the site tries for this one, in order. A folder
// without its slash counts only if no path leads to a file.
func (d *planner) try(p *plan) (status int) {
	folder := false
	for i := range p.site.Templates {
		t := &p.site.Templates[i]
		path := t.Expand(d.tried[:], p.path)
		if path == nil {
			continue
		}
		switch status = d.lookUp(p, path); status {
		case message.StatusNotFound:
		case message.StatusMovedPermanently:
			folder = folder || t.IsPath() // the requested path, not another one
		default:
			return status
		}
	}
	if folder {
		return message.StatusMovedPermanently
	}
	return message.StatusNotFound
}

// lookUp pins the file at a clean path, or opens the folder to list. It returns
// 301 for a folder without its slash, and files.Pending while a look-up is under
// way.
func (d *planner) lookUp(p *plan, path []byte) (status int) {
	if status = d.admit(p, path, ""); status != 0 {
		return status
	}
	m, rel := p.site.Route(path)
	if m == nil {
		return message.StatusNotFound
	}
	switch {
	case m.File && (len(rel) > 0 || m.Prefix != "" && path[len(path)-1] == '/'):
		return message.StatusNotFound // below a file
	case !m.File && path[len(path)-1] == '/':
		return d.lookInFolder(p, m, path, rel)
	}
	if p.file, status = d.files.Acquire(m, rel, "", p.look); status == message.StatusNotFound {
		status = d.findPacked(p, m, rel, "")
	}
	switch {
	case status == 0:
		return message.StatusOK
	case status == message.StatusMovedPermanently && m.File: // a folder in its place
		return message.StatusNotFound
	}
	return status
}

// lookInFolder pins the index file of the folder at a clean path, which is rel below
// its mount, or opens the folder to list.
func (d *planner) lookInFolder(p *plan, m *site.Mount, path, rel []byte) (status int) {
	for _, name := range p.site.Index {
		if status = d.admit(p, path, name); status != 0 {
			return status
		}
		if p.file, status = d.files.Acquire(m, rel, name, p.look); status == message.StatusNotFound {
			status = d.findPacked(p, m, rel, name)
		}
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
	if p.folder, status = d.files.OpenFolder(m, rel, p.look); status != 0 {
		return status
	}
	p.mount, p.below = m, filepath.Join(m.Dir, string(rel))
	return message.StatusOK
}

// findErrorPage finds the site's page for an error. It returns false while a
// look-up is under way.
func (d *planner) findErrorPage(r *message.Request, p *plan) bool {
	if p.file != none { // whose condition or range is in the way
		p.size = d.files.At(p.file).ID.Size
		d.dropFile(p)
	}
	path := p.site.ErrorPageFor(p.status)
	if path == "" {
		return true
	}
	p.unpack = false
	// The page is for those without a password, or of a network that is denied.
	p.anybody = p.status == message.StatusUnauthorized || p.status == message.StatusForbidden && p.denied
	switch d.lookUp(p, append(d.tried[:0], path...)) {
	case message.StatusOK:
	case files.Pending:
		return false
	default:
		return true
	}
	d.dropFolder(p) // a listing cannot be an error page
	switch {
	case p.file == none:
	case !p.unpack && !d.files.At(p.file).Pseudo():
		return d.encode(r, p)
	case r == &noRequest, p.unpack && d.prepareUnpacking(p) != 0: // a body that is made needs a request
		d.dropFile(p)
	case !p.unpack:
		d.preparePseudo(p)
	}
	return true
}

// isRedirect says whether the status calls for a Location.
func (p *plan) isRedirect() bool {
	return p.status >= 301 && p.status <= 308 && p.status != message.StatusNotModified
}

// locate composes the target of a redirect: the one of its rule, the page's own
// address, or the same path with the slash of a folder.
func (p *plan) locate() {
	switch {
	case p.moved != nil:
		p.location = p.moved.AppendLocation(p.location, p.rest, p.query)
	default:
		if p.canonical != nil {
			p.location = site.AppendEscaped(p.location, p.canonical)
		} else {
			p.location = append(site.AppendEscaped(p.location, p.path), '/')
		}
		if p.query != nil {
			p.location = append(p.location, '?')
			p.location = append(p.location, p.query...)
		}
	}
	if len(p.location) > site.MaxLocation {
		p.status = message.StatusURITooLong
	}
}
