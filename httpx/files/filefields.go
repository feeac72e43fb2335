package files

import (
	"aws/httpx/message"
	"aws/httpx/site"
	"strconv"
	"strings"
	"time"
)

// Fields are the finished fields of an answer that only depend on the
// file, one after the other in one text. A 200 sends all of it; other answers
// leave parts out:
//
//	Last-Modified │ ETag │ Vary, rules │ Content-Encoding, nosniff │ Content-Type │ Accept-Ranges │ Content-Length
//	              modified etag        shared                      encoded        typed           ranges
//
// A field's name here is where its part ends.
type Fields struct {
	Text []byte

	Modified, ETag, Shared, Encoded, Typed, Ranges int
}

const (
	ETagName     = "ETag: "
	TypeName     = "Content-Type: "
	AcceptRanges = "Accept-Ranges: bytes\r\n"
	NoSniff      = "X-Content-Type-Options: nosniff\r\n" // the type is what we say: https://fetch.spec.whatwg.org/#x-content-type-options-header
	varyCoding   = "Vary: Accept-Encoding\r\n"
)

// NewFields composes the fields for the file at path below the mount's
// root; a sidecar's path ends with the extension of its coding, and its type
// is that of the file it stands beside.
func NewFields(m *site.Mount, path string, c message.Coding, id Identity) (f Fields) {
	s := m.Site
	path = strings.TrimSuffix(path, c.Extension())
	url := []byte(m.URL(path))
	b := make([]byte, 0, 384)
	b = AppendLastModified(b, id.Mtime.Sec)
	f.Modified = len(b)
	b = append(b, ETagName...)
	b = append(appendTag(b, id), "\r\n"...)
	f.ETag = len(b)
	if len(s.Codings) > 0 {
		b = append(b, varyCoding...)
	}
	b = s.AppendRules(b, url)
	f.Shared = len(b)
	if c != message.CodingIdentity {
		b = append(b, "Content-Encoding: "...)
		b = append(b, c.String()...)
		b = append(b, "\r\n"...)
	}
	b = append(b, NoSniff...)
	f.Encoded = len(b)
	b = append(b, TypeName...)
	b = append(b, s.Types.Of(path)...)
	b = append(b, "\r\n"...)
	f.Typed = len(b)
	b = append(b, AcceptRanges...)
	f.Ranges = len(b)
	f.Text = AppendContentLength(b, id.Size)
	return f
}

// ContentType is the value of Content-Type.
func (f *Fields) ContentType() []byte {
	return f.Text[f.Encoded+len(TypeName) : f.Typed-len("\r\n")]
}

// Tag is the entity tag, with its quotes.
func (f *Fields) Tag() []byte {
	return f.Text[f.Modified+len(ETagName) : f.ETag-len("\r\n")]
}

// AppendTag appends the strong entity tag (RFC 9110 §8.8.3) of a version of a
// file. All that tells two versions apart is in it, so two versions never
// share one: size and times in nanoseconds of the inode. The time of change is
// among them because anyone may set that of modification back.
func appendTag(b []byte, id Identity) []byte {
	b = append(b, '"')
	for i, n := range [...]int64{
		int64(id.Inode), id.Size,
		id.Mtime.Sec*1e9 + int64(id.Mtime.Nsec), id.Ctime.Sec*1e9 + int64(id.Ctime.Nsec),
	} {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(n), 36)
	}
	return append(b, '"')
}

func AppendLastModified(b []byte, unix int64) []byte {
	b = append(b, "Last-Modified: "...)
	b = time.Unix(unix, 0).UTC().AppendFormat(b, message.TimeFormat)
	return append(b, "\r\n"...)
}

func AppendContentLength(b []byte, n int64) []byte {
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, n, 10)
	return append(b, "\r\n"...)
}
