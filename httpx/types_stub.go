package httpx

type MediaType struct{ ext, mediaType string }

type mediaTypes struct{ overrides []MediaType }

func newMediaTypes(o []MediaType) *mediaTypes { return &mediaTypes{o} }
func (t *mediaTypes) of(name string) string   { return contentType(name) }
func (t *mediaTypes) load()                   { loadContentTypes() }

type codingSet uint8

func (s codingSet) has(c coding) bool { return s&(1<<c) != 0 }
func (s *codingSet) add(c coding)     { *s |= 1 << c }

func (c coding) named() string {
	if c == codingIdentity {
		return ""
	}
	return c.String()
}

const acceptEncoding = "Accept-Encoding"

func ParseMediaType(s string) (MediaType, error) { return MediaType{}, nil }
