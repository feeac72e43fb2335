// The head of an answer. What depends on the file alone is finished in its
// entry of the open-file table (filefields.go); what only becomes known when the
// answer starts, whether the connection is kept, is added then.

package httpx

import (
	"aws/backend"
	"aws/httpx/files"
	"aws/httpx/message"
	"strconv"
	"time"
)

const (
	// maxAnswerHead is the longest head, with the body of an error behind it.
	maxAnswerHead = 2 * backend.Align
	// outSize is the size of the buffer that a head is composed in, with what
	// else goes out with it: see gather.go.
	outSize = 32 << 10
)

const serverField = "Server: aws\r\n"

// allowField lists the methods that every target has (RFC 9110 §10.2.1).
const allowField = "Allow: GET, HEAD, OPTIONS\r\n"

// dateField is the finished Date field (RFC 9110 §6.6.1), made anew when the
// second changes.
type dateField struct {
	second int64
	field  []byte
}

// update says whether the second has changed.
func (d *dateField) update(now time.Time) (changed bool) {
	s := now.Unix()
	if changed = s != d.second || d.field == nil; changed {
		d.second = s
		d.field = append(d.field[:0], "Date: "...)
		d.field = now.UTC().AppendFormat(d.field, message.TimeFormat)
		d.field = append(d.field, "\r\n"...)
	}
	return changed
}

// begin composes the head of the answer that p decides on, as far as it is
// known, and takes over what p holds.
func (l *loop) begin(c *conn, p *plan) {
	b := l.startHead(c, p.status)
	switch {
	case p.folder >= 0:
		b = l.beginListing(b, c, p)
	case p.file != backend.None:
		c.file = p.file
		b = l.beginFile(b, c, p)
	default:
		b = appendNoFile(b, c, p)
	}
	if c.left == 0 && c.parts == backend.None && c.maker == backend.None {
		l.releaseFile(c)
	}
	l.setOut(c, b)
}

// takeOut gives the connection an empty buffer to compose in.
func (l *loop) takeOut(c *conn) {
	buffer := l.outs.Take()
	backend.Assert(buffer != backend.None, "httpx: more heads than connections")
	c.out = span{buffer: buffer}
}

// out is all that has been composed, also what has been sent of it.
func (l *loop) out(c *conn) []byte { return l.outs.Bytes(c.out.buffer)[:c.out.to] }

func (l *loop) setOut(c *conn, b []byte) {
	backend.Assert(len(b)-int(c.gathered) <= maxAnswerHead && len(b) <= outSize, "httpx: head longer than its buffer")
	c.out.to = int32(len(b))
}

// startHead starts the head of an answer, behind the answers that are gathered
// already.
func (l *loop) startHead(c *conn, status int) []byte {
	if c.out.buffer == backend.None {
		l.takeOut(c)
	}
	c.off, c.left = 0, 0
	b := appendStatus(l.out(c), status)
	b = append(b, serverField...)
	return append(b, l.date.field...)
}

// endHead ends the head with what has become of the connection meanwhile, and
// adds the small body or the head of the first part behind it.
func (l *loop) endHead(c *conn) {
	b := l.out(c)
	switch {
	case !c.has(keepAlive):
		b = append(b, "Connection: close\r\n"...)
	case c.has(http10): // where closing is the default (RFC 9112 §9.3)
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	if c.maker == backend.None {
		b = append(b, "\r\n"...)
	}
	if c.has(textBody) {
		b = appendStatusText(b, c.status)
	}
	l.setOut(c, b)
	if c.parts != backend.None {
		l.appendPart(c)
	}
}

// beginFile appends what an answer says of its file, and sets what of the file
// it sends.
func (l *loop) beginFile(b []byte, c *conn, p *plan) []byte {
	e := &l.files.Entries[c.file]
	f := &e.Fields
	switch {
	case p.status == message.StatusNotModified: // RFC 9110 §15.4.5
		b = appendTagField(b, f, p)
		b = append(b, f.Text[f.ETag:f.Shared]...)
		return appendVary(b, p)
	case p.status == message.StatusRangeNotSatisfiable:
		b = append(b, f.Text[f.ETag:f.Shared]...)
		b = message.AppendUnsatisfiedRange(b, e.ID.Size)
		return appendTextFields(b, c, p.status)
	case p.status == message.StatusPreconditionFailed:
		b = append(b, f.Text[f.ETag:f.Shared]...)
		return appendTextFields(b, c, p.status)
	case p.status >= message.StatusBadRequest: // an error's page
		b = append(b, f.Text[f.ETag:f.Typed]...)
		b = append(b, f.Text[f.Ranges:]...)
		b = appendErrorFields(b, p.status)
		return l.sendWhole(b, c)
	case p.process:
		return l.beginProcessed(b, c, p)
	case p.status == message.StatusPartialContent:
		return l.beginRanges(b, c, p)
	}
	b = appendModified(b, e, p)
	b = append(b, f.Text[f.Modified:]...)
	b = appendVary(b, p)
	return l.sendWhole(b, c)
}

// sendWhole has the whole file sent, unless only the head is.
func (l *loop) sendWhole(b []byte, c *conn) []byte {
	if !c.has(headOnly) {
		c.left = l.files.Entries[c.file].ID.Size
	}
	return b
}

// beginRanges appends the fields of a 206 of one range or several (RFC 9110
// §15.3.7).
func (l *loop) beginRanges(b []byte, c *conn, p *plan) []byte {
	e := &l.files.Entries[c.file]
	f := &e.Fields
	b = appendModified(b, e, p)
	b = appendVary(b, p)
	if p.ranges.N == 1 {
		r := p.ranges.Ranges[0]
		c.off, c.left = r.First, r.Length
		b = append(b, f.Text[f.Modified:f.Ranges]...)
		b = message.AppendContentRange(b, r, e.ID.Size)
		return files.AppendContentLength(b, r.Length)
	}
	parts := &l.parts[c.parts]
	b = append(b, f.Text[f.Modified:f.Encoded]...)
	b = append(b, files.AcceptRanges...)
	b = message.AppendMultipartType(b, &parts.boundary)
	return files.AppendContentLength(b, message.MultipartLength(&parts.ranges, f.ContentType(), e.ID.Size))
}

// appendModified appends Last-Modified, with the time of the answer where the
// file's is still to come (RFC 9110 §8.8.2.1).
func appendModified(b []byte, e *files.Entry, p *plan) []byte {
	if p.modified < e.ID.Mtime.Sec {
		return files.AppendLastModified(b, p.modified)
	}
	return append(b, e.Fields.Text[:e.Fields.Modified]...)
}

// appendTagField appends the ETag, with what processors add to it.
func appendTagField(b []byte, f *files.Fields, p *plan) []byte {
	if !p.process {
		return append(b, f.Text[f.Modified:f.ETag]...)
	}
	b = append(b, files.ETagName...)
	return append(p.answer.AppendTag(b, f.Tag()), "\r\n"...)
}

// appendVary appends the Vary of processors, where the file's fields do not
// say the same.
func appendVary(b []byte, p *plan) []byte {
	if p.answer.Vary == "" || p.answer.Vary == "Accept-Encoding" && len(p.site.Codings) > 0 {
		return b
	}
	b = append(b, "Vary: "...)
	b = append(b, p.answer.Vary...)
	return append(b, "\r\n"...)
}

// appendNoFile appends the fields of an answer without a file or a folder.
func appendNoFile(b []byte, c *conn, p *plan) []byte {
	if p.isRedirect() {
		b = append(b, "Location: "...)
		b = append(b, p.location...)
		b = append(b, "\r\n"...)
	}
	if p.path != nil {
		b = p.site.AppendRules(b, p.path)
	}
	if p.status == message.StatusNoContent { // to OPTIONS; no Content-Length either: RFC 9110 §8.6
		return append(b, allowField...)
	}
	return appendTextFields(b, c, p.status)
}

// composeError composes the head of an answer to what is no request.
func (l *loop) composeError(c *conn, status int) {
	c.flags &^= textBody | partSent
	l.setOut(c, appendTextFields(l.startHead(c, status), c, status))
}

func appendStatus(b []byte, status int) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, message.StatusText(status)...)
	return append(b, "\r\n"...)
}

// appendErrorFields appends the fields that go with a status.
func appendErrorFields(b []byte, status int) []byte {
	switch status {
	case message.StatusMethodNotAllowed:
		b = append(b, allowField...)
	case message.StatusUnavailable:
		b = append(b, "Retry-After: 1\r\n"...)
	}
	return b
}

// appendTextFields appends the fields of an answer whose body is the name of
// its status: "404 Not Found".
func appendTextFields(b []byte, c *conn, status int) []byte {
	c.status = status
	if !c.has(headOnly) {
		c.flags |= textBody
	}
	b = appendErrorFields(b, status)
	b = append(b, files.NoSniff...)
	b = append(b, "Content-Type: text/plain; charset=utf-8\r\n"...)
	return files.AppendContentLength(b, int64(len("404 ")+len(message.StatusText(status))+len("\n")))
}

// appendStatusText appends that body.
func appendStatusText(b []byte, status int) []byte {
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, message.StatusText(status)...)
	return append(b, '\n')
}
