package httpx

import (
	"aws/httpx/files"
	"aws/httpx/listing"
	"aws/httpx/message"
	"aws/httpx/site"
)

// describe turns what has been found out into a response, which takes over what
// the plan holds.
func (l *loop) describe(r *message.Request, p *plan) *response {
	d := &l.response
	d.reset(p.site, p.status)
	switch {
	case p.folder >= 0:
		l.describeListing(d, r, p)
	case p.file != none:
		d.file, d.pinned = l.files.At(p.file), p.file
		l.describeFile(d, p)
	default:
		describeNoFile(d, p)
	}
	if p.headOnly && d.body.kind == textBody {
		d.body.kind = noBody
	}
	return d
}

// describeFile describes a response that says something of a file.
func (l *loop) describeFile(d *response, p *plan) {
	switch {
	case p.status == message.StatusNotModified: // RFC 9110 §15.4.5
		d.addTag(p)
		d.addFile(files.Shared, files.Shared)
		d.addVary(p)
	case p.status == message.StatusRangeNotSatisfiable:
		d.addFile(files.Shared, files.Shared)
		d.add(unsatisfiedRange)
		d.addStatusText()
	case p.status == message.StatusPreconditionFailed:
		d.addFile(files.Shared, files.Shared)
		d.addStatusText()
	case p.status >= message.StatusBadRequest: // an error's page
		d.addFile(files.Shared, files.ContentType)
		d.addFile(files.ContentLength, files.ContentLength)
		d.addErrorFields()
		d.sendFile(p, 0, d.file.ID.Size)
	case p.process:
		l.describeProcessed(d, p)
	case p.status == message.StatusPartialContent:
		l.describeRanges(d, p)
	default:
		if d.isFuture(p) {
			d.addNumber(lastModified, p.modified)
			d.addFile(files.ETag, files.ContentLength)
		} else {
			d.addFile(files.LastModified, files.ContentLength)
		}
		d.addVary(p)
		d.sendFile(p, 0, d.file.ID.Size)
	}
}

// sendFile makes a part of the file the body, unless only the head is sent.
func (d *response) sendFile(p *plan, off, length int64) {
	if p.headOnly || length == 0 {
		return
	}
	d.body.kind, d.body.file = fileBody, p.file
	d.body.buffered = d.file.Mount.Kind == site.Dynamic
	d.body.off, d.body.left = off, length
}

// describeRanges describes a 206 of one range or several (RFC 9110 §15.3.7).
func (l *loop) describeRanges(d *response, p *plan) {
	d.addModified(p)
	d.addVary(p)
	if p.ranges.Len() == 1 {
		r := p.ranges.At(0)
		d.addFile(files.ETag, files.AcceptRanges)
		d.add(contentRange).part = r
		d.addNumber(contentLength, r.Length)
		d.sendFile(p, r.First, r.Length)
		return
	}
	parts := &l.parts[p.parts]
	d.addFile(files.ETag, files.Encoding)
	d.add(acceptRanges)
	d.addBytes(multipartType, parts.boundary[:])
	d.addNumber(contentLength, message.MultipartLength(&parts.ranges, d.file.Fields.ContentType(), d.file.ID.Size))
	d.body.kind, d.body.file, d.body.parts = partsBody, p.file, p.parts
	d.body.buffered = d.file.Mount.Kind == site.Dynamic
}

// describeProcessed describes a file that goes through processors. Its length
// is known at the end, and so there are no ranges.
func (l *loop) describeProcessed(d *response, p *plan) {
	d.addModified(p)
	d.addTag(p)
	d.addFile(files.Shared, files.ContentType)
	d.addVary(p)
	if p.processed.Coding != "" && d.file.Coding == message.CodingIdentity {
		d.addText(contentEncoding, p.processed.Coding)
	}
	if p.maker == nil { // HEAD
		return
	}
	p.maker.processor, p.maker.processed = p.site.Processor, p.processed
	d.body.kind, d.body.maker, d.body.file = madeBody, p.maker.index, p.file
	d.body.off, d.body.left = 0, d.file.ID.Size
}

// describeListing describes a folder's listing.
func (l *loop) describeListing(d *response, r *message.Request, p *plan) {
	listed := &listing.Listing{
		Path: string(p.path), Top: p.mount.Prefix + "/", Root: l.files.Root(p.mount), Dir: p.below,
		Order: listing.ParseOrder(p.query), JSON: r.PrefersJSON(), Dotfiles: p.site.Dotfiles,
	}
	d.addText(contentType, listed.ContentType())
	d.addText(vary, "Accept")
	d.add(noSniff)
	d.add(listingPolicy)
	d.addBytes(operatorsFields, p.path)
	if p.maker == nil { // HEAD
		l.dropFolder(p)
		return
	}
	p.maker.listing, p.maker.folder = listed, p.folder
	d.body.kind, d.body.maker = madeBody, p.maker.index
}

// describeNoFile describes a response without a file or a folder.
func describeNoFile(d *response, p *plan) {
	if p.isRedirect() {
		d.addBytes(location, p.location)
	}
	if p.path != nil {
		d.addBytes(operatorsFields, p.path)
	}
	if p.status == message.StatusNoContent { // to OPTIONS; no Content-Length either: RFC 9110 §8.6
		d.add(allow)
		return
	}
	d.addStatusText()
}

// describeError describes the response to what is no request.
func (l *loop) describeError(x *exchange, status int) *response {
	d := &l.response
	d.reset(nil, status)
	d.addStatusText()
	if x.has(headOnly) {
		d.body.kind = noBody
	}
	return d
}

// addStatusText makes the name of the status the body: "404 Not Found".
func (d *response) addStatusText() {
	d.addErrorFields()
	d.add(noSniff)
	d.addText(contentType, "text/plain; charset=utf-8")
	d.addNumber(contentLength, int64(len("404 ")+len(message.StatusText(d.status))+len("\n")))
	d.body.kind = textBody
}

// addErrorFields adds the fields that go with a status.
func (d *response) addErrorFields() {
	switch d.status {
	case message.StatusMethodNotAllowed:
		d.add(allow)
	case message.StatusUnavailable:
		d.add(retryAfter)
	}
}

// isFuture says that the file's time is still to come, so that Last-Modified
// is the time of the response (RFC 9110 §8.8.2.1).
func (d *response) isFuture(p *plan) bool { return p.modified < d.file.ID.Mtime.Sec }

func (d *response) addModified(p *plan) {
	if d.isFuture(p) {
		d.addNumber(lastModified, p.modified)
	} else {
		d.addFile(files.LastModified, files.LastModified)
	}
}

// addTag adds the ETag, with what processors add to it.
func (d *response) addTag(p *plan) {
	if !p.process {
		d.addFile(files.ETag, files.ETag)
		return
	}
	d.addBytes(entityTag, p.etag)
}

// addVary adds the Vary of processors, where the file's fields do not say the
// same.
func (d *response) addVary(p *plan) {
	if p.processed.Vary != "" && (p.processed.Vary != "Accept-Encoding" || len(p.site.Codings) == 0) {
		d.addText(vary, p.processed.Vary)
	}
}
