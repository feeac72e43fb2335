// Sidecar files whose original is not there: a.css.gz without a.css. Clients that
// accept the coding get it. For the others it is unpacked if the site says so.
//
//	find.go ─► findPacked
//	represent.go ─► prepareUnpacking ─► describe.go ─► making.go: unpack

package httpx

import (
	"slices"

	"aws/httpx/message"
	"aws/httpx/process"
	"aws/httpx/site"
)

// findPacked pins the sidecar that the client prefers, of the file at rel followed by
// name, which is not there itself. status is 0, or 404, 406 if there are only sidecars
// that the client does not accept, or that of another trouble.
func (d *planner) findPacked(p *plan, m *site.Mount, rel []byte, name string) (status int) {
	if len(p.site.Codings) == 0 {
		return message.StatusNotFound
	}
	accepted := d.request.Codings(p.site.Codings, &d.codings)
	for _, coding := range accepted {
		if p.file, status = d.acquirePacked(p, m, rel, name, coding); !isAbsent(status) {
			return status
		}
	}
	for _, coding := range p.site.Codings {
		if slices.Contains(accepted, coding) {
			continue
		}
		p.file, status = d.acquirePacked(p, m, rel, name, coding)
		switch {
		case isAbsent(status):
		case status != 0:
			return status
		case p.site.PrecompressedOnly:
			p.unpack = true
			return 0
		default:
			d.dropFile(p)
			return message.StatusNotAcceptable
		}
	}
	return message.StatusNotFound
}

// acquirePacked pins the sidecar of a coding. One that the request may not have is none.
func (d *planner) acquirePacked(p *plan, m *site.Mount, rel []byte, name string, c message.Coding) (i int32, status int) {
	if i, status = d.files.AcquireSidecar(m, rel, name, c, p.look); status != 0 || d.maySend(p, i) {
		return i, status
	}
	d.files.Release(i)
	return none, message.StatusNotFound
}

// isAbsent says that there is no sidecar that can be sent. One that cannot be opened,
// or that is a folder, is none.
func isAbsent(status int) bool {
	return status == message.StatusNotFound || status == message.StatusForbidden || status == message.StatusMovedPermanently
}

// prepareUnpacking reserves a maker for the plain bytes of the sidecar.
func (d *planner) prepareUnpacking(p *plan) (status int) {
	e := d.files.At(p.file)
	d.processed = process.Response{Suffix: "unpacked"}
	p.process = true
	if p.headOnly {
		return 0
	}
	if p.maker = d.bodies.made.take(p.exchange, process.UnpackHeap(e.Coding.String())); p.maker == nil {
		return p.lack(noMaker)
	}
	d.files.WillRead(p.file, d.clock.now())
	p.maker.packed, p.maker.processed.Path = e.Coding, d.files.Name(p.file)
	return 0
}
