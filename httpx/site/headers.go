// Header fields that an operator adds by path.
//
//	--header, --cache-control ► HeaderRule ► Site.AppendHeaders ► response

package site

import (
	"bytes"
	"fmt"
	"strings"

	"aws/httpx/message"
)

// MaxHeaders bounds the header fields that a site adds to a response: the
// bytes of all its rules as they are sent.
const MaxHeaders = 4 << 10

// Pattern is a path in which '*' stands for any bytes, slashes included, or for
// none. Without a slash it is matched with the last segment of a path.
type Pattern string

// Match reports whether the pattern covers a clean path.
func (p Pattern) Match(path []byte) bool {
	if strings.IndexByte(string(p), '/') < 0 {
		path = path[bytes.LastIndexByte(path, '/')+1:]
	}
	return matchStars(string(p), path)
}

// matchStars backtracks to the last star only, so its time is at most the
// product of the two lengths.
func matchStars(p string, s []byte) bool {
	star, from := -1, 0 // the last star, and the end of the bytes in s that it covers
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && p[i] == s[j]:
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}

// HeaderRule adds a header field to the responses for matching paths.
type HeaderRule struct {
	pattern     Pattern
	name, value string
}

// ParseHeaderRule parses "PATTERN: Name: value". Its errors quote s. It refuses
// fields that frame or describe a response: those are the server's.
func ParseHeaderRule(s string) (HeaderRule, error) {
	glob, field, _ := strings.Cut(s, ":")
	name, value, ok := strings.Cut(field, ":")
	h := HeaderRule{Pattern(strings.TrimSpace(glob)), strings.TrimSpace(name), strings.TrimSpace(value)}
	if !ok || h.pattern == "" || h.name == "" || !message.TokenChars.HasAll([]byte(h.name)) {
		return HeaderRule{}, fmt.Errorf("%q: want PATTERN: Name: value, such as '*.css: X-Robots-Tag: none'", s)
	}
	for _, ours := range []string{"accept-ranges", "connection", "content-encoding", "content-length", "content-range", "content-type",
		"date", "etag", "last-modified", "location", "trailer", "transfer-encoding", "upgrade", "x-content-type-options"} {
		if message.EqualFold([]byte(h.name), ours) {
			return HeaderRule{}, fmt.Errorf("%q: the server itself decides on %s", s, h.name)
		}
	}
	return h, h.check(s)
}

// ParseCacheControl parses "PATTERN=VALUE" into a rule for Cache-Control. Its
// errors quote s.
func ParseCacheControl(s string) (HeaderRule, error) {
	glob, value, ok := strings.Cut(s, "=")
	h := HeaderRule{Pattern(strings.TrimSpace(glob)), "Cache-Control", strings.TrimSpace(value)}
	if !ok || h.pattern == "" || h.value == "" {
		return HeaderRule{}, fmt.Errorf("%q: want PATTERN=VALUE, such as '/assets/*=public, max-age=31536000, immutable'", s)
	}
	return h, h.check(s)
}

// check refuses a value that RFC 9110 §5.5 does not allow. s is what the rule
// was parsed from.
func (h HeaderRule) check(s string) error {
	if i := message.IndexControl([]byte(h.value)); i < len(h.value) {
		return fmt.Errorf("%q: a control character in the value", s)
	}
	return nil
}

// appendHeaders appends the fields of the rules that match: see
// Site.AppendHeaders.
func appendHeaders(b []byte, rules []HeaderRule, path []byte) []byte {
	for i := range rules {
		if h := &rules[i]; h.pattern.Match(path) && !overruled(h, rules[i+1:], path) {
			b = append(b, h.name...)
			b = append(b, ": "...)
			b = append(b, h.value...)
			b = append(b, "\r\n"...)
		}
	}
	return b
}

// overruled reports whether a later rule sets the same field for path.
func overruled(h *HeaderRule, later []HeaderRule, path []byte) bool {
	for i := range later {
		if strings.EqualFold(later[i].name, h.name) && later[i].pattern.Match(path) {
			return true
		}
	}
	return false
}
