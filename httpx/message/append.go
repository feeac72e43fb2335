// Header fields that several kinds of responses have, as HTTP/1.1 writes them.

package message

import (
	"strconv"
	"time"
)

// NoSniff makes clients take Content-Type at its word
// (https://fetch.spec.whatwg.org/#x-content-type-options-header).
const NoSniff = "X-Content-Type-Options: nosniff\r\n"

// AppendLastModified appends Last-Modified with a time in Unix seconds.
func AppendLastModified(b []byte, unix int64) []byte {
	b = append(b, "Last-Modified: "...)
	b = time.Unix(unix, 0).UTC().AppendFormat(b, TimeFormat)
	return append(b, "\r\n"...)
}

// AppendContentLength appends Content-Length with a number of bytes.
func AppendContentLength(b []byte, n int64) []byte {
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, n, 10)
	return append(b, "\r\n"...)
}
