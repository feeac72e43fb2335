package httpx

import (
	"strconv"
	"strings"
	"time"
)

// fileFields are the finished fields of an answer that only depend on the
// file, one after the other in one text. A 200 sends all of it; other answers
// leave parts out:
//
//	Last-Modified │ ETag │ Vary, rules │ Content-Encoding, nosniff │ Content-Type │ Accept-Ranges │ Content-Length
//	              modified etag        shared                      encoded        typed           ranges
//
// A field's name here is where its part ends.
type fileFields struct {
	text []byte

	modified, etag, shared, encoded, typed, ranges int
}

const (
	etagName    = "ETag: "
	typeName    = "Content-Type: "
	acceptBytes = "Accept-Ranges: bytes\r\n"
	noSniff     = "X-Content-Type-Options: nosniff\r\n" // the type is what we say: https://fetch.spec.whatwg.org/#x-content-type-options-header
	varyCoding  = "Vary: Accept-Encoding\r\n"
)

// newFileFields composes the fields for the file at path below the mount's
// root; a sidecar's path ends with the extension of its coding, and its type
// is that of the file it stands beside.
func newFileFields(m *mount, path string, c coding, id identity) (f fileFields) {
	s := m.site
	path = strings.TrimSuffix(path, c.extension())
	url := []byte(m.url(path))
	b := make([]byte, 0, 384)
	b = appendLastModified(b, id.mtime.Sec)
	f.modified = len(b)
	b = append(b, etagName...)
	b = append(appendTag(b, id), "\r\n"...)
	f.etag = len(b)
	if len(s.precompressed) > 0 {
		b = append(b, varyCoding...)
	}
	b = s.appendRules(b, url)
	f.shared = len(b)
	if c != codingIdentity {
		b = append(b, "Content-Encoding: "...)
		b = append(b, c.String()...)
		b = append(b, "\r\n"...)
	}
	b = append(b, noSniff...)
	f.encoded = len(b)
	b = append(b, typeName...)
	b = append(b, s.types.of(path)...)
	b = append(b, "\r\n"...)
	f.typed = len(b)
	b = append(b, acceptBytes...)
	f.ranges = len(b)
	f.text = appendContentLength(b, id.size)
	return f
}

// contentType is the value of Content-Type.
func (f *fileFields) contentType() []byte {
	return f.text[f.encoded+len(typeName) : f.typed-len("\r\n")]
}

// tag is the entity tag, with its quotes.
func (f *fileFields) tag() []byte {
	return f.text[f.modified+len(etagName) : f.etag-len("\r\n")]
}

// appendTag appends the strong entity tag (RFC 9110 §8.8.3) of a version of a
// file. All that tells two versions apart is in it, so two versions never
// share one: size and times in nanoseconds of the inode. The time of change is
// among them because anyone may set that of modification back.
func appendTag(b []byte, id identity) []byte {
	b = append(b, '"')
	for i, n := range [...]int64{
		int64(id.inode), id.size,
		id.mtime.Sec*1e9 + int64(id.mtime.Nsec), id.ctime.Sec*1e9 + int64(id.ctime.Nsec),
	} {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(n), 36)
	}
	return append(b, '"')
}

func appendLastModified(b []byte, unix int64) []byte {
	b = append(b, "Last-Modified: "...)
	b = time.Unix(unix, 0).UTC().AppendFormat(b, timeFormat)
	return append(b, "\r\n"...)
}

func appendContentLength(b []byte, n int64) []byte {
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, n, 10)
	return append(b, "\r\n"...)
}
