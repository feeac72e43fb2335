// Media types of files: the Content-Type that a file gets by its name.
//
//	--mime ► mediatype.go ──────────────────┐
//	mimetable.go ───────────────────────────┼► MediaTypes ► package files
//	the system's mime.types ► package mime ─┘
//
// A type is looked up when a file is opened, and kept with the open file.

package site

import (
	"mime"
	"path"
	"strings"

	"aws/httpx/message"
)

// MediaTypes knows the media types of files by their extensions, names and paths. It
// is made once at start, shared by the loops, and never changes.
type MediaTypes struct {
	overrides   []MediaType
	byExtension map[string]string // in lower case, without the dot
	byName      []MediaType       // for names without an extension
}

// unknownType is the type of files that no table knows (RFC 9110 §8.3): a
// client saves them instead of guessing.
const unknownType = "application/octet-stream"

// NewMediaTypes returns the built-in table with overrides, which win over it.
// Of the overrides for a file the last wins.
func NewMediaTypes(overrides []MediaType) *MediaTypes {
	t := &MediaTypes{byExtension: make(map[string]string, 256)}
	for line := range strings.Lines(mimeTable) {
		words := strings.Fields(line)
		for _, extension := range words[1:] {
			t.byExtension[extension] = withCharset(words[0])
		}
	}
	for line := range strings.Lines(nameTable) {
		words := strings.Fields(line)
		for _, pattern := range words[1:] {
			t.byName = append(t.byName, MediaType{Pattern: Pattern(pattern), Type: words[0]})
		}
	}
	for _, o := range overrides {
		o.Type = withCharset(o.Type)
		t.overrides = append(t.overrides, o)
	}
	return t
}

// Of returns the media type for the file at a clean URL path. It asks package mime
// about extensions that the table does not have, and returns
// application/octet-stream if that does not know them either.
func (t *MediaTypes) Of(path string) string {
	base := path[strings.LastIndexByte(path, '/')+1:]
	extension := extensionOf(base)
	lower := strings.ToLower(extension)
	for i := len(t.overrides) - 1; i >= 0; i-- {
		if o := &t.overrides[i]; o.covers(path, base, lower) {
			return o.Type
		}
	}
	if extension == "" {
		for i := range t.byName {
			if n := &t.byName[i]; n.covers(path, base, "") {
				return n.Type
			}
		}
		return unknownType
	}
	if known, ok := t.byExtension[lower]; ok {
		return known
	}
	// In the case of the name: the system's tables may tell .C from .c.
	if known := mime.TypeByExtension("." + extension); known != "" && len(known) <= MaxMediaType {
		return withCharset(known)
	}
	return unknownType
}

// CodingOf returns the content coding that a file of this name and media type is in by
// its nature: a browser shows a compressed SVG only if it is told that it is one.
func CodingOf(name, mediaType string) message.Coding {
	if strings.EqualFold(extensionOf(name), "svgz") && strings.HasPrefix(mediaType, "image/svg+xml") {
		if gzip, ok := message.CodingOf([]byte("gzip")); ok {
			return gzip
		}
	}
	return message.CodingIdentity
}

// extensionOf returns the part of a name after its last dot. A dot at the start
// of the name marks a hidden file and begins no extension.
func extensionOf(name string) string {
	base := name[strings.LastIndexByte(name, '/')+1:]
	if strings.LastIndexByte(base, '.') <= 0 {
		return ""
	}
	return strings.TrimPrefix(path.Ext(base), ".")
}

// withCharset adds the encoding to types that need it and do not have it:
// text/* (RFC 2046 §4.1.2) and the types of JavaScript, which a browser would
// otherwise read in the encoding of the page (RFC 9239 §4). JSON is always UTF-8
// (RFC 8259 §8.1). XML, SVG included, names its encoding in the document, and a
// parameter would override that (RFC 7303 §3).
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

// LoadSystemTypes makes package mime read the system's tables, which takes
// disk accesses, before a request needs them. Only a file with an extension that
// the built-in table lacks has to wait for it.
func LoadSystemTypes() { _ = mime.TypeByExtension(".html") }
