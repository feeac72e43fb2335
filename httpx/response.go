package httpx

import (
	"strconv"
	"time"

	"aws/backend"
)

// headSize is the size of the buffer that an answer's head is composed in,
// with the body of an error behind it.
const headSize = backend.Align

const serverField = "Server: aws\r\n"

// allowField lists the methods that every target has (RFC 9110 §10.2.1).
const allowField = "Allow: GET, HEAD, OPTIONS\r\n"

// dateField is the finished Date field (RFC 9110 §6.6.1), made anew when the
// second changes.
type dateField struct {
	second int64
	field  []byte
}

func (d *dateField) update(now time.Time) {
	if s := now.Unix(); s != d.second || d.field == nil {
		d.second = s
		d.field = append(d.field[:0], "Date: "...)
		d.field = now.UTC().AppendFormat(d.field, timeFormat)
		d.field = append(d.field, "\r\n"...)
	}
}

// compose writes the head of the connection's answer into b, and behind it
// the body where that is no file. It returns what is to be sent.
func (l *loop) compose(b []byte, c *conn) []byte {
	b = appendStatus(b[:0], c.status)
	b = append(b, serverField...)
	b = append(b, l.date.field...)
	switch {
	case !c.has(keepAlive):
		b = append(b, "Connection: close\r\n"...)
	case c.has(http10): // where closing is the default (RFC 9112 §9.3)
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	switch {
	case c.file != none:
		b = append(b, l.files.entries[c.file].head...)
		b = append(b, "\r\n"...)
	case c.status == statusNoContent: // no Content-Length either: RFC 9110 §8.6
		b = append(b, allowField+"\r\n"...)
	default:
		b = appendError(b, c.status, c.has(headOnly))
	}
	backend.Assert(len(b) <= headSize, "httpx: head longer than its buffer")
	return b
}

func appendStatus(b []byte, status int) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, statusText(status)...)
	return append(b, "\r\n"...)
}

// appendError appends the fields and the small body of an answer that is an
// error: "404 Not Found".
func appendError(b []byte, status int, headOnly bool) []byte {
	switch status {
	case statusMethodNotAllowed:
		b = append(b, allowField...)
	case statusUnavailable:
		b = append(b, "Retry-After: 1\r\n"...)
	}
	text := statusText(status)
	b = append(b, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len("404 ")+len(text)+len("\n")), 10)
	b = append(b, "\r\n\r\n"...)
	if headOnly {
		return b
	}
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, text...)
	return append(b, '\n')
}
