// Media types that the operator sets: EXT=TYPE of the command line, checked
// before it gets into the head of a response.

package site

import (
	"errors"
	"fmt"
	"strings"

	"aws/httpx/message"
)

// MediaType is the media type of files with a certain extension.
type MediaType struct {
	Extension string // in lower case, without the dot: "html"
	Type      string // with parameters, if any: "text/html"
}

// MaxMediaType is the length in bytes of the longest media type that an
// operator or the system may set: two names of 127 bytes (RFC 6838 §4.2) and a
// slash.
const MaxMediaType = 127 + 1 + 127

// ParseMediaType parses "EXT=TYPE": an extension in any case, with or without
// its dot, and a media type of up to MaxMediaType bytes (RFC 9110 §8.3.1).
func ParseMediaType(s string) (MediaType, error) {
	extension, mediaType, ok := strings.Cut(s, "=")
	if !ok {
		return MediaType{}, fmt.Errorf("media type %q: want EXT=TYPE, such as html=text/html", s)
	}
	extension = strings.ToLower(strings.TrimPrefix(extension, "."))
	switch i := strings.LastIndexByte(extension, '.'); {
	case extension == "":
		return MediaType{}, fmt.Errorf("media type %q: want an extension before the '='", s)
	case i >= 0:
		return MediaType{}, fmt.Errorf("media type %q: only the part after the last dot of a name counts: %q", s, extension[i+1:])
	case strings.ContainsAny(extension, "*?["):
		return MediaType{}, fmt.Errorf("media type %q: want an extension before the '=', such as html, not a pattern", s)
	case strings.ContainsAny(extension, "/ \t\r\n\x00"):
		return MediaType{}, fmt.Errorf("media type %q: an extension has no slashes and no white space", s)
	}
	if len(mediaType) > MaxMediaType {
		return MediaType{}, fmt.Errorf("media type for %q: %d bytes are more than %d", extension, len(mediaType), MaxMediaType)
	}
	if _, _, err := scanMediaType(mediaType); err != nil {
		return MediaType{}, fmt.Errorf("media type %q: %w", s, err)
	}
	return MediaType{extension, mediaType}, nil
}

var (
	errTypeForm      = errors.New("want TYPE/SUBTYPE after the '=', such as text/html")
	errTypeParameter = errors.New("want parameters as in text/html; charset=utf-8")
)

// scanMediaType checks a media type: type "/" subtype *( OWS ";" OWS
// [ parameter ] ) (RFC 9110 §5.6.6, §8.3.1). It returns type/subtype without
// the parameters, and whether one of those names the charset.
func scanMediaType(s string) (name string, hasCharset bool, err error) {
	kind := tokenLen(s)
	if kind == 0 || kind == len(s) || s[kind] != '/' {
		return "", false, errTypeForm
	}
	subtype := tokenLen(s[kind+1:])
	if subtype == 0 {
		return "", false, errTypeForm
	}
	name, s = s[:kind+1+subtype], s[kind+1+subtype:]
	for s != "" {
		if s = strings.TrimLeft(s, " \t"); s == "" || s[0] != ';' {
			return "", false, errTypeParameter
		}
		s = strings.TrimLeft(s[1:], " \t")
		n := tokenLen(s)
		if n == 0 { // an empty parameter is allowed
			continue
		}
		if n == len(s) || s[n] != '=' {
			return "", false, errTypeParameter
		}
		hasCharset = hasCharset || strings.EqualFold(s[:n], "charset")
		s = s[n+1:]
		if n = valueLen(s); n == 0 {
			return "", false, errTypeParameter
		}
		s = s[n:]
	}
	return name, hasCharset, nil
}

// tokenLen returns the length of the token that s starts with (RFC 9110
// §5.6.2).
func tokenLen(s string) (n int) {
	for n < len(s) && message.TokenChars.Has(s[n]) {
		n++
	}
	return n
}

// valueLen returns the length of the token or quoted-string that s starts with
// (RFC 9110 §5.6.4), 0 without one.
func valueLen(s string) int {
	if s == "" || s[0] != '"' {
		return tokenLen(s)
	}
	for i := 1; i < len(s); i++ {
		if s[i] == '"' {
			return i + 1
		}
		if s[i] == '\\' {
			i++
		}
		if i < len(s) && (s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f) {
			return 0
		}
	}
	return 0
}
