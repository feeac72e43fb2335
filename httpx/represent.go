// Which representation of a file is sent, and how much of it: the second step of
// plan.go.

package httpx

import (
	"aws/httpx/files"
	"aws/httpx/listing"
	"aws/httpx/message"
	"aws/httpx/process"
)

// represent chooses the representation of what was found, and applies the
// request's conditions and ranges.
func (d *planner) represent(r *message.Request, p *plan) (status int) {
	switch {
	case p.folder.FD >= 0:
		return d.representFolder(r, p)
	case p.page != nil:
		return d.preparePage(p)
	case p.welcome:
		p.html = r.PrefersHTML()
		p.etag = d.pages.WelcomeTag(p.html)
		if status = r.Precondition(&message.Validators{ETag: p.etag, Modified: message.NoDate}); status != 0 {
			return status
		}
		return message.StatusOK
	}
	if !d.encode(r, p) {
		return files.Pending
	}
	e := d.files.At(p.file)
	if e.Pseudo() {
		return d.preparePseudo(p)
	}
	v := message.Validators{ETag: e.Fields.Tag()}
	// Last-Modified must not lie in the future: RFC 9110 §8.8.2.1.
	v.Modified = min(e.ID.Mtime.Sec, d.clock.date.second)
	p.modified = v.Modified
	if p.unpack {
		status = d.prepareUnpacking(p)
	} else {
		status = d.prepare(r, p)
	}
	if status != 0 {
		d.dropFile(p)
		return status
	}
	if p.process && v.ETag != nil {
		p.etag = d.processed.AppendTag(d.tag[:0], v.ETag)
		v.ETag = p.etag
	}
	if status = r.Precondition(&v); status != 0 {
		d.dropMaker(p)
		return status
	}
	if p.process {
		return message.StatusOK
	}
	status = r.RangesFor(&v, e.ID.Size, &d.ranges)
	if status == message.StatusPartialContent && d.ranges.Len() > 1 {
		if p.parts = d.bodies.parts.take(&d.ranges); p.parts == none {
			return message.StatusOK
		}
	}
	return status
}

// representFolder reserves a maker for the listing of a folder, and asks the
// site's processors whether they take it.
func (d *planner) representFolder(r *message.Request, p *plan) (status int) {
	if d.packs(p) {
		return d.representArchive(p)
	}
	p.asJSON = r.PrefersJSON()
	if p.site.Processor != nil {
		d.processed = process.Response{Path: string(p.path), Type: (&listing.Listing{JSON: p.asJSON}).ContentType(), Size: -1}
		d.process(r, p)
	}
	if p.headOnly {
		return message.StatusOK
	}
	if !p.folder.Remote || d.bodies.made.mayList(p.folder.Device) {
		if p.process {
			p.maker = d.bodies.made.take(p.exchange, processorHeap+listingHeap)
		}
		if p.maker == nil && !(p.process && d.processed.Required) {
			p.process = false
			p.maker = d.bodies.made.take(p.exchange, listingHeap)
		}
	}
	if p.maker == nil {
		d.dropFolder(p)
		return p.lack(noMaker)
	}
	return message.StatusOK
}

// encode replaces the file by the sidecar file that the client prefers, if there
// is one. It returns false while a look-up is under way.
func (d *planner) encode(r *message.Request, p *plan) bool {
	if len(p.site.Codings) == 0 || d.files.At(p.file).Pseudo() || d.files.At(p.file).Coding != message.CodingIdentity {
		return true
	}
	for _, coding := range r.Codings(p.site.Codings, &d.codings) {
		switch i, status := d.files.Sidecar(p.file, coding, p.look); status {
		case 0:
			if !d.maySend(p, i) {
				d.files.Release(i)
				continue
			}
			d.files.Release(p.file)
			p.file = i
			return true
		case files.Pending:
			return false
		}
	}
	return true
}

// prepare asks the site's processors whether they take the file, and reserves a
// maker for the body. If none is free, the file is sent as it is, unless a
// processor forbids that.
func (d *planner) prepare(r *message.Request, p *plan) (status int) {
	if p.site.Processor == nil {
		return 0
	}
	e := d.files.At(p.file)
	d.processed = process.Response{
		Path: e.URL, Type: e.MediaType, Size: e.ID.Size, Coding: e.Coding.ContentEncoding(), Ranged: r.Ranged(),
	}
	d.process(r, p)
	if !p.process || p.headOnly {
		return 0 // HEAD gets the fields only
	}
	if p.maker = d.bodies.made.take(p.exchange, processorHeap); p.maker == nil {
		if d.processed.Required {
			return p.lack(noMaker)
		}
		p.process = false
		return 0
	}
	d.files.WillRead(p.file, d.clock.now())
	return 0
}

// process asks the site's processors whether they take what planner.processed
// describes.
func (d *planner) process(r *message.Request, p *plan) {
	d.processed.Accept, d.processed.Trailers = d.accept, r.Trailers && r.Minor > 0
	p.process = p.site.Processor.Prepare(&d.processed)
	p.vary = d.processed.Vary
}

// acceptCoding is process.Response.Accept for the current request.
func (d *planner) acceptCoding(names ...string) string {
	var preference [message.NumCodings]message.Coding
	n := 0
	for _, name := range names {
		if c, ok := message.CodingOf([]byte(name)); ok && n < len(preference) {
			preference[n] = c
			n++
		}
	}
	if best := d.request.Codings(preference[:n], &d.codings); len(best) > 0 {
		return best[0].String()
	}
	return ""
}
