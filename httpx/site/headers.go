// Header fields that an operator sets by path.
//
//	--header, --cache-control ► HeaderRule ┬► Site.AppendHeaders ► response
//	cors.go, secureheaders.go ─────────────┘
//
// Of the rules for one field that hold for a response the last one wins.

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

// scope says which responses a rule holds for.
type scope uint8

const (
	onSuccess scope = iota // 2xx and 3xx
	always
	onErrors // 4xx and 5xx
)

// HeaderRule sets a header field of the responses for matching paths, or removes it.
type HeaderRule struct {
	pattern     Pattern
	name, value string // no value: the field is removed
	scope       scope
	fixed       bool // of the server's own, and no other rule replaces it
}

// alwaysWord in front of a pattern makes a rule hold for errors, too.
const alwaysWord = "always"

// ParseHeaderRule parses "[always ]PATTERN: Name: value". Without a value the field
// is removed. Its errors quote s. It refuses the fields of ownedFields.
func ParseHeaderRule(s string) (HeaderRule, error) {
	glob, field, _ := strings.Cut(s, ":")
	name, value, ok := strings.Cut(field, ":")
	h := HeaderRule{name: strings.TrimSpace(name), value: strings.TrimSpace(value)}
	if !ok || !h.parsePattern(glob) || h.name == "" || !message.TokenChars.HasAll([]byte(h.name)) {
		return HeaderRule{}, fmt.Errorf("%q: want [always ]PATTERN: Name: value, such as '*.css: X-Robots-Tag: none'", s)
	}
	if reason := ownedBecause(h.name, h.value); reason != "" {
		return HeaderRule{}, fmt.Errorf("%q: the server itself decides on %s: %s", s, h.name, reason)
	}
	if h.is(serverField) { // every response has one
		h.scope = always
	}
	return h, h.check(s)
}

// ParseCacheControl parses "[always ]PATTERN=VALUE" into a rule for Cache-Control.
// Its errors quote s.
func ParseCacheControl(s string) (HeaderRule, error) {
	glob, value, ok := strings.Cut(s, "=")
	h := HeaderRule{name: cacheControl, value: strings.TrimSpace(value)}
	if !ok || !h.parsePattern(glob) || h.value == "" {
		return HeaderRule{}, fmt.Errorf("%q: want [always ]PATTERN=VALUE, such as '/assets/*=public, max-age=31536000, immutable'", s)
	}
	return h, h.check(s)
}

const (
	cacheControl = "Cache-Control"
	serverField  = "Server"
)

// parsePattern parses "[always ]PATTERN". A file whose name starts with "always "
// needs a pattern with a slash or a star in front. It returns false without a
// pattern, and for the word in another case or twice: that is a slip.
func (h *HeaderRule) parsePattern(s string) bool {
	s = strings.TrimSpace(s)
	if word, rest, ok := strings.Cut(s, " "); ok && strings.EqualFold(word, alwaysWord) {
		s = strings.TrimSpace(rest)
		again, _, _ := strings.Cut(s, " ")
		if word != alwaysWord || strings.EqualFold(again, alwaysWord) {
			return false
		}
		h.scope = always
	}
	h.pattern = Pattern(s)
	return s != ""
}

// check refuses a value that RFC 9110 §5.5 does not allow. s is what the rule
// was parsed from.
func (h *HeaderRule) check(s string) error {
	if i := message.IndexControl([]byte(h.value)); i < len(h.value) {
		return fmt.Errorf("%q: a control character in the value", s)
	}
	return nil
}

// is reports whether the rule is for the field of this name, in any case.
func (h *HeaderRule) is(name string) bool { return strings.EqualFold(h.name, name) }

// Response is what rules go by besides the path.
type Response struct {
	Status int
	// Own says that the server itself has made the page that is the body. Such a page
	// has a Content-Security-Policy of its own.
	Own bool
}

// holds reports whether a rule holds for a path, which is empty if the request's
// could not be read: only patterns of stars match that.
func (h *HeaderRule) holds(path []byte, r Response) bool {
	switch failed := r.Status >= message.StatusBadRequest; {
	case h.scope == onSuccess && failed, h.scope == onErrors && !failed, r.Own && h.is(contentPolicy):
		return false
	}
	return h.pattern.Match(path)
}

// neverKept keeps errors out of caches, which may otherwise keep a 404 for as long as
// they see fit (RFC 9111 §4.2.2).
var neverKept = HeaderRule{pattern: "*", name: cacheControl, value: "no-store", scope: onErrors}

// rules are those of a site, in order.
type rules []HeaderRule

// newRules makes the rules of a site: the server's own first, so that the operator's
// win, and those that nothing replaces last.
func newRules(operators []HeaderRule, cors Origins, secure bool) (all rules, err error) {
	all = append(all, neverKept)
	if secure {
		all = all.addSecure(len(cors) > 0)
	}
	for _, h := range operators {
		if secure && isSecure(h.name) { // it replaces one that always holds
			h.scope = always
		}
		if len(cors) > 0 && h.is(allowOrigin) {
			err = fmt.Errorf("cors and a header rule both set %s: leave one out", allowOrigin)
		}
		all = append(all, h)
	}
	all = all.addCORS(cors)
	size := 0
	for i := range all {
		size += len(all[i].name) + len(": ") + len(all[i].value) + len("\r\n")
	}
	if err == nil && size > MaxHeaders {
		err = fmt.Errorf("the header fields to add have %d bytes, more than %d", size, MaxHeaders)
	}
	return all, err
}

// addSecure adds the fields of --secure-headers. A site whose files other origins may
// read lets them embed these files, too.
func (all rules) addSecure(shared bool) rules {
	for _, h := range secureHeaders {
		if !shared || h.name != resourcePolicy {
			all = append(all, HeaderRule{pattern: "*", name: h.name, value: h.value, scope: always})
		}
	}
	return all
}

// addCORS adds the fields of --cors that do not depend on who asks.
func (all rules) addCORS(o Origins) rules {
	if len(o) == 0 {
		return all
	}
	who := HeaderRule{pattern: "*", name: "Vary", value: "Origin", scope: always, fixed: true}
	if o.AllowAny() {
		who.name, who.value = allowOrigin, string(AnyOrigin)
	}
	return append(all, who, HeaderRule{pattern: "*", name: "Access-Control-Expose-Headers", value: exposed, scope: always})
}

// append appends the fields that the rules set: see Site.AppendHeaders.
func (all rules) append(b, path []byte, r Response) []byte {
	for i := range all {
		if h := &all[i]; h.value != "" && h.holds(path, r) && (h.fixed || !overruled(h, all[i+1:], path, r)) {
			b = append(b, h.name...)
			b = append(b, ": "...)
			b = append(b, h.value...)
			b = append(b, "\r\n"...)
		}
	}
	return b
}

// decideOn reports whether one of the rules is for a field of the responses for path,
// whatever their status.
func (all rules) decideOn(name string, path []byte) bool {
	for i := range all {
		if h := &all[i]; h.scope == always && h.is(name) && h.holds(path, Response{}) {
			return true
		}
	}
	return false
}

// overruled reports whether a later rule decides on the same field for path.
func overruled(h *HeaderRule, later []HeaderRule, path []byte, r Response) bool {
	for i := range later {
		if l := &later[i]; !l.fixed && l.is(h.name) && l.holds(path, r) {
			return true
		}
	}
	return false
}
