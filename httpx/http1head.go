// HTTP/1: the head of a response as bytes.
//
//	response ─► headStarts, appendField ─► writeHead (http1response.go)

package httpx

import (
	"strconv"

	"aws/httpx/message"
	"aws/httpx/site"
)

const (
	serverField = "Server: aws\r\n"
	// allowField lists the methods of every target (RFC 9110 §10.2.1).
	allowField = "Allow: GET, HEAD, OPTIONS\r\n"
)

// headStarts has how heads start in this second: with the status line, Server
// and Date. Nearly all responses are 200, whose start is kept.
type headStarts struct {
	second int64
	ok     []byte
}

// appendTo appends the start of a head to b.
func (h *headStarts) appendTo(b []byte, r *response, date *dateField) []byte {
	if r.status != message.StatusOK || r.noServer {
		return appendHeadStart(b, r.status, r.noServer, date)
	}
	if h.second != date.second || h.ok == nil {
		h.second = date.second
		h.ok = appendHeadStart(h.ok[:0], r.status, false, date)
	}
	return append(b, h.ok...)
}

func appendHeadStart(b []byte, status int, noServer bool, date *dateField) []byte {
	b = appendStatusLine(b, status)
	if !noServer {
		b = append(b, serverField...)
	}
	return append(b, date.field...)
}

func appendStatusLine(b []byte, status int) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, message.StatusText(status)...)
	return append(b, "\r\n"...)
}

// appendField appends a field as a line, or several.
func (r *response) appendField(b []byte, f *field) []byte {
	switch f.name {
	case fileFields:
		return append(b, r.file.Fields.HTTP1.Part(f.from, f.to)...)
	case lastModified:
		return message.AppendLastModified(b, f.number)
	case entityTag:
		return append(append(append(b, "ETag: "...), f.bytes...), "\r\n"...)
	case vary:
		return appendLine(b, "Vary: ", f.text)
	case contentType:
		return appendLine(b, "Content-Type: ", f.text)
	case contentEncoding:
		return appendLine(b, "Content-Encoding: ", f.text)
	case contentLength:
		return message.AppendContentLength(b, f.number)
	case contentRange:
		return message.AppendContentRange(b, f.part, r.file.ID.Size)
	case unsatisfiedRange:
		return message.AppendUnsatisfiedRange(b, f.number)
	case acceptRanges:
		return append(b, "Accept-Ranges: bytes\r\n"...)
	case multipartType:
		return message.AppendMultipartType(b, (*message.Boundary)(f.bytes))
	case location:
		return append(append(append(b, "Location: "...), f.bytes...), "\r\n"...)
	case operatorsFields:
		return r.site.AppendHeaders(b, f.bytes, site.Response{Status: r.status, Own: r.own})
	case allowOrigin:
		return appendLine(b, "Access-Control-Allow-Origin: ", f.text)
	case preflight:
		return append(b, site.Preflight...)
	case allow:
		return append(b, allowField...)
	case retryAfter:
		return append(strconv.AppendInt(append(b, "Retry-After: "...), f.number, 10), "\r\n"...)
	case authenticate:
		return appendLine(b, "WWW-Authenticate: ", f.text)
	case noSniff:
		return append(b, message.NoSniff...)
	case disposition:
		return appendLine(b, "Content-Disposition: ", f.text)
	case contentPolicy:
		return appendLine(b, "Content-Security-Policy: ", f.text)
	}
	panic("httpx: a field without a form")
}

func appendLine(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}
