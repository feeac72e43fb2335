// Media types of files: what Content-Type says of a file, by its name.
//
//	--mime ► mediatype.go ─┐
//	mimetable.go ──────────┴► mediaTypes ─► filefields.go: the fields of an open file
//	the system's mime.types ► package mime ┘
//
// A type is looked up when a file is opened, and kept with the open file.

package site

import (
	"mime"
	"path"
	"strings"
)

// mediaTypes tells the media types of files. It is made once at start, shared
// by the loops, and never changes.
type mediaTypes struct {
	byExtension map[string]string // in lower case, without the dot
}

// unknownType is for files of which nothing is known (RFC 9110 §8.3): a client
// saves them, and does not guess.
const unknownType = "application/octet-stream"

// MaxMediaType is the longest media type that is sent: two names of 127 bytes
// (RFC 6838 §4.2) and the slash.
const MaxMediaType = 127 + 1 + 127

// NewMediaTypes makes the table of our own types and of overrides, which win.
// Of two for one extension the later wins.
func NewMediaTypes(overrides []MediaType) *mediaTypes {
	t := &mediaTypes{byExtension: make(map[string]string, 256)}
	for line := range strings.Lines(mimeTable) {
		words := strings.Fields(line)
		for _, extension := range words[1:] {
			t.byExtension[extension] = withCharset(words[0])
		}
	}
	for _, o := range overrides {
		t.byExtension[o.Extension] = withCharset(o.Type)
	}
	return t
}

// Of returns the media type for a file's name or path. What is neither
// overridden nor in our own table is asked of package mime; what that does not
// know either is unknownType.
func (t *mediaTypes) Of(name string) string {
	extension := extensionOf(name)
	if known, ok := t.byExtension[strings.ToLower(extension)]; ok {
		return known
	}
	// As it is written: the system's tables may tell .C from .c.
	if known := mime.TypeByExtension("." + extension); extension != "" && known != "" && len(known) <= MaxMediaType {
		return withCharset(known)
	}
	return unknownType
}

// extensionOf returns what follows the last dot of a name, without the dot. A
// dot at its start marks a hidden file and begins no extension.
func extensionOf(name string) string {
	base := name[strings.LastIndexByte(name, '/')+1:]
	if strings.LastIndexByte(base, '.') <= 0 {
		return ""
	}
	return strings.TrimPrefix(path.Ext(base), ".")
}

// withCharset adds the encoding to types that do not say it themselves. Those
// are text/* (RFC 2046 §4.1.2) and JavaScript's, for which a browser takes the
// page's encoding otherwise (RFC 9239 §4). JSON is UTF-8 anyway (RFC 8259
// §8.1), and in XML, so in SVG, the document says it, against which a parameter
// would win (RFC 7303 §3).
func withCharset(mediaType string) string {
	name, hasCharset, err := scanMediaType(mediaType)
	if err != nil || hasCharset {
		return mediaType
	}
	switch name = strings.ToLower(name); {
	case strings.HasPrefix(name, "text/"):
	case name == "application/javascript", name == "application/x-javascript", name == "application/ecmascript":
	default:
		return mediaType
	}
	return mediaType + "; charset=utf-8"
}

// LoadSystemTypes has package mime read the system's tables before a request
// needs them. Only a file whose type we do not know ourselves waits for that.
func LoadSystemTypes() { _ = mime.TypeByExtension(".html") }
