// Deciding on a response: from a parsed request to a status, fields and a body.
//
//	request ─► find.go: the site, the mount, and the file or folder
//	             └─► represent.go: its form, its conditions and its ranges
//	                   └─► describe.go: the response's fields and body

package httpx

import (
	"aws/httpx/files"
	"aws/httpx/message"
)

// decide decides on the response to the request of exchange i. The response is
// scratch space, valid until the next decision. It is nil while a look-up is under
// way: an event of the exchange tells when to decide again, from the start.
func (d *planner) decide(i int32, r *message.Request, k files.Look) *response {
	d.request = r
	p := &d.plan
	*p = plan{
		exchange: i, headOnly: r.Method == message.MethodHead,
		site: d.sites.Of(r.Host), query: r.Query, look: k,
		file: none, folder: files.NoFolder, parts: none, location: d.location[:0],
	}
	if p.status = d.find(r, p); p.status == message.StatusOK {
		p.status = d.represent(r, p)
	}
	if p.status == files.Pending {
		d.dropFile(p)
		return nil
	}
	if p.isRedirect() {
		p.locate()
	}
	if p.file == none && p.status >= message.StatusBadRequest && !d.findErrorPage(r, p) {
		d.dropFile(p)
		return nil
	}
	if d.guard != nil {
		d.guard.forget(i)
	}
	return d.describe(p)
}

// refuse makes the response of exchange i an error of this status, without asking
// a site.
func (d *planner) refuse(i int32, status int, headOnly bool) *response {
	r := &d.response
	r.reset(nil, status, d.bodies.at(i))
	r.addStatusText()
	r.sendText(headOnly)
	return r
}
