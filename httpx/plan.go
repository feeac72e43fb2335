// Deciding on a response: from a parsed request to a status, fields and a body.
//
//	request ─► find.go: the site, the mount, and the file or folder
//	             │  (packed.go: a sidecar, if there is no original)
//	             └─► represent.go: its form, its conditions and its ranges
//	                   └─► describe.go: the response's fields and body

package httpx

import (
	"aws/httpx/files"
	"aws/httpx/message"
	"aws/httpx/site"
)

// decide decides on the response to the request of exchange i. The response is
// scratch space, valid until the next decision. It is nil while a look-up is under
// way: an event of the exchange tells when to decide again, from the start.
func (d *planner) decide(i int32, r *message.Request, k files.Look) *response {
	p := d.begin(i, r, d.sites.Of(r.Host), k)
	p.headOnly, p.query = r.Method == message.MethodHead, r.Query
	p.origin = p.site.CORS.NumberOf(r)
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
	if p.status >= message.StatusBadRequest && !d.findErrorPage(r, p) {
		d.dropFile(p)
		return nil
	}
	if d.guard != nil {
		d.guard.forget(i)
	}
	return d.describe(r, p)
}

// refuse decides that the response to exchange i is an error of this status, whatever
// the request says. With lookUp the site's page for it is looked up: then the response
// may be nil, as that of decide.
func (d *planner) refuse(i int32, x *exchange, status int, k files.Look, lookUp bool) *response {
	p := d.begin(i, &noRequest, d.sites.At(x.site), k)
	p.status, p.headOnly, p.origin, p.html = status, x.has(headOnly), x.origin, x.has(prefersHTML)
	if lookUp && !d.findErrorPage(&noRequest, p) {
		d.dropFile(p)
		return nil
	}
	return d.describe(nil, p)
}

// begin begins the plan of a response.
func (d *planner) begin(i int32, r *message.Request, s *site.Site, k files.Look) *plan {
	d.request = r
	p := &d.plan
	*p = plan{} // alone: with values it would be made elsewhere and copied
	p.exchange, p.site, p.look = i, s, k
	p.file, p.folder, p.parts, p.location = none, files.NoFolder, none, d.location[:0]
	return p
}
