// From what has been found to a response: the last step of plan.go.

package httpx

import (
	"aws/httpx/files"
	"aws/httpx/listing"
	"aws/httpx/message"
	"aws/httpx/site"
)

// describe turns a plan into a response. The response takes over all that the
// plan holds.
func (d *planner) describe(asked *message.Request, p *plan) *response {
	r := &d.response
	r.reset(p.site, p.status, d.bodies.at(p.exchange))
	switch {
	case p.status >= message.StatusBadRequest:
		d.describeError(r, asked, p)
	case p.page != nil:
		d.describePage(r, p)
	case p.folder.FD >= 0:
		if p.packed {
			d.describeArchive(r, p)
		} else {
			d.describeListing(r, p)
		}
	case p.file != none:
		r.file, r.pinned = d.files.At(p.file), p.file
		d.describeFile(r, p)
	case p.welcome:
		d.describeWelcome(r, p)
	default:
		d.describeNoFile(r, p)
	}
	if p.byAccept {
		r.addText(vary, "Accept, Sec-Fetch-Mode")
	}
	if p.origin != site.NoOrigin {
		r.addText(allowOrigin, string(p.site.CORS[p.origin-1]))
	}
	r.sendText(p.headOnly)
	return r
}

// describeFile describes a response about a file.
func (d *planner) describeFile(r *response, p *plan) {
	r.noServer = r.file.Fields.SetsServer
	switch {
	case p.status == message.StatusNotModified: // RFC 9110 §15.4.5
		r.addTag(p)
		r.addFile(files.Shared, files.Shared)
		r.addVary(p)
	case r.file.Pseudo():
		r.addFile(files.Shared, files.ContentType)
		r.sendPseudo(p)
	case p.unpack:
		r.addModified(p)
		r.addTag(p)
		r.addFile(files.Shared, files.Shared)
		r.addUnpacked(p)
	case p.process:
		d.describeProcessed(r, p)
	case p.status == message.StatusPartialContent:
		d.describeRanges(r, p)
	default:
		if r.isFuture(p) {
			r.addNumber(lastModified, p.modified)
			r.addFile(files.ETag, files.ContentLength)
		} else {
			r.addFile(files.LastModified, files.ContentLength)
		}
		r.addVary(p)
		r.sendFile(p, 0, r.file.ID.Size)
	}
}

// describeError describes an error. Its body is the site's page for it, or ours.
func (d *planner) describeError(r *response, asked *message.Request, p *plan) {
	switch p.status {
	case message.StatusUnauthorized:
		r.addText(authenticate, p.challenge)
	case message.StatusMethodNotAllowed:
		r.add(allow)
	case message.StatusRangeNotSatisfiable:
		r.addNumber(unsatisfiedRange, p.size)
	case message.StatusNotAcceptable:
		r.addText(vary, "Accept-Encoding")
	case message.StatusUnavailable, message.StatusTooManyRequests:
		r.addNumber(retryAfter, max(d.retryAfter, 1))
	}
	if p.file == none {
		html := p.html
		if asked != nil {
			html = asked.PrefersHTML()
		}
		if !p.byAccept {
			r.addText(vary, "Accept")
		}
		r.addPage(d.pages, html)
		r.addOperators(p.path)
		return
	}
	r.file, r.pinned = d.files.At(p.file), p.file
	if len(p.site.Codings) > 0 {
		r.addText(vary, "Accept-Encoding")
	}
	r.addOperators(p.path)
	switch {
	case r.file.Pseudo():
		r.addFile(files.Encoding, files.ContentType)
		r.sendPseudo(p)
	case p.unpack:
		r.addUnpacked(p)
	default:
		r.addFile(files.Encoding, files.ContentType)
		r.addFile(files.ContentLength, files.ContentLength)
		r.sendFile(p, 0, r.file.ID.Size)
	}
}

// describeWelcome describes the page for "/" where nothing is mounted there.
func (d *planner) describeWelcome(r *response, p *plan) {
	r.addBytes(entityTag, p.etag)
	r.addText(vary, "Accept")
	if p.status != message.StatusNotModified {
		r.addPage(d.pages, p.html)
	}
	r.addOperators(p.path)
}

// sendFile makes a stretch of the file the body, unless only the head is sent.
func (r *response) sendFile(p *plan, off, length int64) {
	if p.headOnly || length == 0 {
		return
	}
	r.body.kind, r.body.file = fileBody, p.file
	r.body.buffered = r.file.Mount.Kind == site.Dynamic || r.file.Remote()
	r.body.off, r.body.left = off, length
}

// describeRanges describes a 206 of one range or several (RFC 9110 §15.3.7).
func (d *planner) describeRanges(r *response, p *plan) {
	r.addModified(p)
	r.addVary(p)
	if d.ranges.Len() == 1 {
		part := d.ranges.At(0)
		r.addFile(files.ETag, files.AcceptRanges)
		r.add(contentRange).part = part
		r.addNumber(contentLength, part.Length)
		r.sendFile(p, part.First, part.Length)
		return
	}
	parts := &d.bodies.parts.sets[p.parts]
	r.addFile(files.ETag, files.Encoding)
	r.add(acceptRanges)
	r.addBytes(multipartType, parts.boundary[:])
	r.addNumber(contentLength, message.MultipartLength(&parts.ranges, r.file.Fields.ContentType(), r.file.ID.Size))
	r.body.kind, r.body.file, r.body.source = partsBody, p.file, p.parts
	r.body.buffered = r.file.Mount.Kind == site.Dynamic || r.file.Remote()
}

// describeProcessed describes a file that goes through processors. Its length is
// not known in advance, so there are no ranges.
func (d *planner) describeProcessed(r *response, p *plan) {
	r.addModified(p)
	r.addTag(p)
	r.addFile(files.Shared, files.ContentType)
	r.addVary(p)
	if d.processed.Coding != "" && r.file.Coding == message.CodingIdentity {
		r.addText(contentEncoding, d.processed.Coding)
	}
	if p.maker == nil { // HEAD
		return
	}
	p.maker.processor, p.maker.processed = p.site.Processor, d.processed
	r.body.kind, r.body.source, r.body.file = madeBody, p.maker.index, p.file
	r.body.off, r.body.left = 0, r.file.ID.Size
}

// describeListing describes the listing of a folder.
func (d *planner) describeListing(r *response, p *plan) {
	listed := &listing.Listing{
		Path: string(p.path), Top: p.mount.Prefix + "/", Root: d.files.RootPath(p.mount), Links: p.site.Links, Dir: p.below,
		Query: listing.ParseQuery(p.query), JSON: p.asJSON, Dotfiles: p.site.Dotfiles,
	}
	for _, a := range p.site.Archives {
		listed.Archives = append(listed.Archives, a.String())
	}
	r.addText(contentType, listed.ContentType())
	if p.vary == "" {
		r.addText(vary, "Accept")
	} else {
		r.addText(vary, "Accept, "+p.vary)
	}
	if p.process && d.processed.Coding != "" {
		r.addText(contentEncoding, d.processed.Coding)
	}
	r.add(noSniff)
	r.own = true
	r.addText(contentPolicy, listing.Policy)
	r.addOperators(p.path)
	if p.maker == nil { // HEAD
		d.dropFolder(p)
		return
	}
	listed.Reserve, listed.Withheld = p.maker.reserve, d.withheld(p)
	if p.process {
		p.maker.processor, p.maker.processed = p.site.Processor, d.processed
	}
	p.maker.listing, p.maker.folder, p.maker.remote = listed, p.folder.FD, p.folder.Remote
	p.maker.device = p.folder.Device
	r.body.kind, r.body.source = madeBody, p.maker.index
}

// describeNoFile describes a redirect, or the response to OPTIONS.
func (d *planner) describeNoFile(r *response, p *plan) {
	if p.isRedirect() {
		r.addBytes(location, p.location)
		r.addPage(d.pages, false)
	} else { // 204; no Content-Length: RFC 9110 §8.6
		r.add(allow)
		if p.origin != site.NoOrigin || p.site.CORS.AllowAny() {
			r.add(preflight)
		}
	}
	r.addOperators(p.path)
}

// isFuture says that the file's time lies in the future. Last-Modified is then
// the time of the response (RFC 9110 §8.8.2.1).
func (r *response) isFuture(p *plan) bool { return p.modified < r.file.ID.Mtime.Sec }

// addModified adds Last-Modified.
func (r *response) addModified(p *plan) {
	if r.isFuture(p) {
		r.addNumber(lastModified, p.modified)
	} else {
		r.addFile(files.LastModified, files.LastModified)
	}
}

// addTag adds the ETag, with the suffix of the processors.
func (r *response) addTag(p *plan) {
	if !p.process {
		r.addFile(files.ETag, files.ETag)
		return
	}
	if p.etag != nil { // the file has one
		r.addBytes(entityTag, p.etag)
	}
}

// addVary adds the Vary of the processors, unless the file's finished fields
// already have it.
func (r *response) addVary(p *plan) {
	if p.vary != "" && (p.vary != "Accept-Encoding" || len(p.site.Codings) == 0) {
		r.addText(vary, p.vary)
	}
}

// addUnpacked adds the type of a sidecar, and makes its plain bytes the body. Their
// number is not known in advance, so there are no ranges.
func (r *response) addUnpacked(p *plan) {
	r.add(noSniff)
	r.addFile(files.ContentType, files.ContentType)
	if p.maker == nil { // HEAD
		return
	}
	r.body.kind, r.body.source, r.body.file = madeBody, p.maker.index, p.file
	r.body.off, r.body.left = 0, r.file.ID.Size
}

// sendPseudo makes a pseudo file the body.
func (r *response) sendPseudo(p *plan) {
	if p.maker != nil {
		r.body.kind, r.body.source = madeBody, p.maker.index
	}
}
