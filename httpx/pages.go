// Pages that a program makes (site.Page): what the response says.
//
//	find.go ─► represent.go: preparePage ─► describe.go: describePage ─► making.go ─► visit.go

package httpx

import "aws/httpx/message"

// pageHeap is what a page in the making is counted with in Go's heap.
const pageHeap = 64 << 10

// preparePage reserves a maker for a page. HEAD takes one too: only who makes the page
// knows its status.
func (d *planner) preparePage(p *plan) (status int) {
	if p.maker = d.bodies.made.take(p.exchange, pageHeap); p.maker == nil {
		return p.lack(noMaker)
	}
	return message.StatusOK
}

// describePage describes a page. Its status may yet change: see loop.setStatus.
func (d *planner) describePage(r *response, p *plan) {
	query := string(p.query)
	if p.page.TypeOf != nil {
		r.addText(contentType, p.page.TypeOf(query))
	} else {
		r.addText(contentType, p.page.Type)
	}
	r.add(noSniff)
	r.addOperators(p.path)
	p.maker.page, p.maker.query, p.maker.ending = p.page, query, d.ending
	r.body.kind, r.body.source = madeBody, p.maker.index
}
