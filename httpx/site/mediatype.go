// Media types that the operator sets: EXT=TYPE or PATTERN=TYPE of the command line,
// checked before it gets into the head of a response.

package site

import (
	"errors"
	"fmt"
	"strings"

	"aws/httpx/message"
)

// MediaType is the media type of the files with a certain extension or name, or at
// certain paths.
type MediaType struct {
	Extension string  // in lower case, without the dot: "html"; also the whole name of a file
	Pattern   Pattern // of URL paths, instead of an extension
	Type      string  // with parameters, if any: "text/html"
}

// MaxMediaType is the length in bytes of the longest media type that an
// operator or the system may set: two names of 127 bytes (RFC 6838 §4.2) and a
// slash.
const MaxMediaType = 127 + 1 + 127

// ParseMediaType parses "EXT=TYPE": a media type of up to MaxMediaType bytes (RFC
// 9110 §8.3.1), and an extension in any case, with or without its dot, which is also
// the whole name of a file, such as LICENSE. What has a slash or a star is a Pattern
// instead, such as "/.well-known/*" or "*.tar.gz". Its errors quote s.
func ParseMediaType(s string) (MediaType, error) {
	name, mediaType, ok := strings.Cut(s, "=")
	if !ok {
		return MediaType{}, fmt.Errorf("media type %q: want EXT=TYPE, such as html=text/html", s)
	}
	m := MediaType{Type: mediaType}
	var err error
	if strings.ContainsAny(name, "/*") {
		m.Pattern, err = Pattern(name), checkTypePattern(name)
	} else {
		m.Extension = strings.ToLower(strings.TrimPrefix(name, "."))
		err = checkExtension(m.Extension)
	}
	if err != nil {
		return MediaType{}, fmt.Errorf("media type %q: %w", s, err)
	}
	if len(mediaType) > MaxMediaType {
		return MediaType{}, fmt.Errorf("media type for %q: %d bytes are more than %d", name, len(mediaType), MaxMediaType)
	}
	if _, _, err := scanMediaType(mediaType); err != nil {
		return MediaType{}, fmt.Errorf("media type %q: %w", s, err)
	}
	return m, nil
}

// checkExtension checks an extension without its dot.
func checkExtension(s string) error {
	switch i := strings.LastIndexByte(s, '.'); {
	case s == "":
		return errors.New("want an extension before the '='")
	case i >= 0:
		return fmt.Errorf("an extension is the part after the last dot of a name: %q; for names that end with all of it write '*.%s=TYPE'", s[i+1:], s)
	case strings.ContainsAny(s, " \t\r\n\x00"):
		return errors.New("an extension has no white space; write a path, such as '/a b=TYPE'")
	}
	return nil
}

// checkTypePattern checks the pattern of a media type.
func checkTypePattern(s string) error {
	switch {
	case strings.Trim(s, "*/") == "":
		return errors.New("that would be the type of every file, pages and pictures too; name an extension or a path, such as '/notes/*=text/plain'")
	case s[0] != '/' && s[0] != '*' && strings.Contains(s, "/"):
		return errors.New("a pattern with slashes starts with '/' or '*', such as '/.well-known/*=application/json'")
	case message.IndexControl([]byte(s)) < len(s):
		return errors.New("a control character in the pattern")
	}
	return nil
}

// covers reports whether m is about the file at a clean URL path, whose name is base.
func (m *MediaType) covers(path, base, extension string) bool {
	if m.Pattern != "" {
		return m.Pattern.Match([]byte(path))
	}
	return m.Extension == extension || strings.EqualFold(m.Extension, base)
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
