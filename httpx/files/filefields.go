package files

import (
	"strconv"
	"strings"
	"time"

	"aws/httpx/message"
	"aws/httpx/site"
)

// Fields are the finished fields of a response that depend on the file alone.
// HTTP1 has them as HTTP/1.1 writes them down; another version's form has its
// place beside it.
type Fields struct {
	HTTP1 Form
}

// Form is the finished fields in one text. A 200 sends all of it; other
// responses send some of its parts.
type Form struct {
	text []byte
	ends [segments]int // where each part ends
}

// Segment is one part of a Form. They follow each other in this order.
type Segment uint8

const (
	LastModified  Segment = iota
	ETag                  // the file's own, which processors change
	Shared                // Vary for content codings, and what the operator's rules add
	Encoding              // Content-Encoding, if any; X-Content-Type-Options
	ContentType           // of the file
	AcceptRanges          // bytes
	ContentLength         // of the whole file
	segments
)

// Part returns the finished fields of the segments from to to, both included.
func (f *Form) Part(from, to Segment) []byte {
	start := 0
	if from > 0 {
		start = f.ends[from-1]
	}
	return f.text[start:f.ends[to]]
}

// end ends a segment at the end of b.
func (f *Form) end(s Segment, b []byte) { f.ends[s] = len(b) }

// NoSniff makes clients take the type that we say
// (https://fetch.spec.whatwg.org/#x-content-type-options-header).
const NoSniff = "X-Content-Type-Options: nosniff\r\n"

const (
	etagName   = "ETag: "
	typeName   = "Content-Type: "
	varyCoding = "Vary: Accept-Encoding\r\n"
)

// newFields composes the fields for the file at path below the mount's root. A
// sidecar's path ends with the extension of its coding, and its type is that of
// the file it stands beside.
func newFields(m *site.Mount, path string, c message.Coding, id Identity) (fields Fields) {
	s := m.Site
	path = strings.TrimSuffix(path, c.Extension())
	url := []byte(m.URL(path))
	f := &fields.HTTP1
	b := make([]byte, 0, 384)
	b = AppendLastModified(b, id.Mtime.Sec)
	f.end(LastModified, b)
	b = append(b, etagName...)
	b = append(appendTag(b, id), "\r\n"...)
	f.end(ETag, b)
	if len(s.Codings) > 0 {
		b = append(b, varyCoding...)
	}
	b = s.AppendRules(b, url)
	f.end(Shared, b)
	if c != message.CodingIdentity {
		b = append(b, "Content-Encoding: "...)
		b = append(b, c.String()...)
		b = append(b, "\r\n"...)
	}
	b = append(b, NoSniff...)
	f.end(Encoding, b)
	b = append(b, typeName...)
	b = append(b, s.Types.Of(path)...)
	b = append(b, "\r\n"...)
	f.end(ContentType, b)
	b = append(b, "Accept-Ranges: bytes\r\n"...)
	f.end(AcceptRanges, b)
	f.text = AppendContentLength(b, id.Size)
	f.end(ContentLength, f.text)
	return fields
}

// ContentType is the value of Content-Type.
func (f *Fields) ContentType() []byte {
	line := f.HTTP1.Part(ContentType, ContentType)
	return line[len(typeName) : len(line)-len("\r\n")]
}

// Tag is the entity tag, with its quotes.
func (f *Fields) Tag() []byte {
	line := f.HTTP1.Part(ETag, ETag)
	return line[len(etagName) : len(line)-len("\r\n")]
}

// appendTag appends the strong entity tag (RFC 9110 §8.8.3) of a version of a
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
