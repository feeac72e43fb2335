// Fields of responses that depend on the file alone: composed once, when the
// file is opened.

package files

import (
	"strings"

	"aws/httpx/message"
	"aws/httpx/site"
)

// Fields are the header fields of a response that depend on the file alone, in
// the form of each version of HTTP.
type Fields struct {
	HTTP1 Form
	// SetsServer says that the operator's fields, in Shared, decide on Server.
	SetsServer bool
}

// Form has the fields as one text, in segments. A 200 sends all of it, other
// responses only some segments.
type Form struct {
	text []byte
	ends [segments]int // the end of each segment
}

// Segment is a field of a Form, or several. Segments have the order in which
// they are sent.
type Segment uint8

// The segments.
const (
	LastModified  Segment = iota
	ETag                  // the file's own: processors change it
	Shared                // Vary for content codings, and the fields that the operator adds
	Encoding              // Content-Encoding, if any; X-Content-Type-Options
	ContentType           // the file's
	AcceptRanges          // bytes
	ContentLength         // of the whole file
	segments
)

// Part returns the lines of the segments from and to and those between them. It
// belongs to the Form.
func (f *Form) Part(from, to Segment) []byte {
	start := 0
	if from > 0 {
		start = f.ends[from-1]
	}
	return f.text[start:f.ends[to]]
}

// end ends a segment at the end of b.
func (f *Form) end(s Segment, b []byte) { f.ends[s] = len(b) }

const (
	etagName   = "ETag: "
	typeName   = "Content-Type: "
	varyCoding = "Vary: Accept-Encoding\r\n"
)

// newFields composes the fields for the file at path below the mount's root. The
// path of a sidecar ends with the extension of its coding; its type and the
// operator's fields are those of the file without that. coding is what the content is
// in: a sidecar's, or the file's own.
func newFields(m *site.Mount, path string, c message.Coding, o *opened) (fields Fields, coding message.Coding) {
	s, id := m.Site, &o.id
	path = m.URL(strings.TrimSuffix(path, c.Extension()))
	url := []byte(path)
	mediaType := s.MediaTypes.Of(path)
	if coding = c; c == message.CodingIdentity {
		coding = site.CodingOf(path, mediaType)
	}
	f := &fields.HTTP1
	b := make([]byte, 0, 384)
	if !o.pseudo {
		b = message.AppendLastModified(b, id.Mtime.Sec)
	}
	f.end(LastModified, b)
	before := len(b)
	b = append(b, etagName...)
	if tag := len(b); o.pseudo || len(appendTag(b, s.ETags, id, c, &o.hash)) == tag {
		b = b[:before] // there is none, or it is not known yet
	} else {
		b = append(appendTag(b, s.ETags, id, c, &o.hash), "\r\n"...)
	}
	f.end(ETag, b)
	if len(s.Codings) > 0 {
		b = append(b, varyCoding...)
	}
	b = s.AppendHeaders(b, url, site.Response{Status: message.StatusOK})
	fields.SetsServer = s.SetsServer(url)
	f.end(Shared, b)
	if coding != message.CodingIdentity {
		b = append(b, "Content-Encoding: "...)
		b = append(b, coding.String()...)
		b = append(b, "\r\n"...)
	}
	b = append(b, message.NoSniff...)
	f.end(Encoding, b)
	b = append(b, typeName...)
	b = append(b, mediaType...)
	b = append(b, "\r\n"...)
	f.end(ContentType, b)
	if !o.pseudo {
		b = append(b, "Accept-Ranges: bytes\r\n"...)
	}
	f.end(AcceptRanges, b)
	if !o.pseudo {
		b = message.AppendContentLength(b, id.Size)
	}
	f.end(ContentLength, b)
	f.text = b
	return fields, coding
}

// ContentType returns the value of Content-Type. It belongs to the Fields.
func (f *Fields) ContentType() []byte {
	line := f.HTTP1.Part(ContentType, ContentType)
	return line[len(typeName) : len(line)-len("\r\n")]
}

// Tag returns the entity tag with its quotes, or nil if there is none. It belongs to
// the Fields.
func (f *Fields) Tag() []byte {
	line := f.HTTP1.Part(ETag, ETag)
	if len(line) == 0 {
		return nil
	}
	return line[len(etagName) : len(line)-len("\r\n")]
}
