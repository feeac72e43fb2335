// What an operator wants done by path: redirects, header fields, and paths to
// try. plan.go and files.go ask for it.

package site

import (
	"bytes"
	"fmt"
	"strings"

	"aws/httpx/message"
)

// MaxRules is the most bytes of header fields that a site adds to an answer.
const MaxRules = 4 << 10

// MaxLocation is the longest Location; a longer one is answered 414.
const MaxLocation = 3 << 10

// Pattern is a path in which '*' stands for any bytes, also none and also
// slashes. Without a slash it is the pattern of a file's name, wherever the
// file is.
type Pattern string

func (p Pattern) Match(path []byte) bool {
	if strings.IndexByte(string(p), '/') < 0 {
		path = path[bytes.LastIndexByte(path, '/')+1:]
	}
	return matchStars(string(p), path)
}

// matchStars goes back only to the last star, so its time is the product of
// the lengths at the most.
func matchStars(p string, s []byte) bool {
	star, from := -1, 0 // the last star, and where in s what it stands for ends
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

// HeaderRule adds a field to the answers for paths that match.
type HeaderRule struct {
	pattern     Pattern
	Name, Value string
}

// ParseHeaderRule parses "PATTERN: Name: value".
func ParseHeaderRule(s string) (HeaderRule, error) {
	glob, field, _ := strings.Cut(s, ":")
	name, value, ok := strings.Cut(field, ":")
	h := HeaderRule{Pattern(strings.TrimSpace(glob)), strings.TrimSpace(name), strings.TrimSpace(value)}
	if !ok || h.pattern == "" || h.Name == "" || !message.TokenChars.HasAll([]byte(h.Name)) {
		return HeaderRule{}, fmt.Errorf("%q: want PATTERN: Name: value, such as '*.css: X-Robots-Tag: none'", s)
	}
	for _, ours := range []string{"accept-ranges", "connection", "content-encoding", "content-length", "content-range", "content-type",
		"date", "etag", "last-modified", "location", "trailer", "transfer-encoding", "upgrade", "x-content-type-options"} {
		if message.EqualFold([]byte(h.Name), ours) {
			return HeaderRule{}, fmt.Errorf("%q: the server itself decides on %s", s, h.Name)
		}
	}
	return h, h.check(s)
}

// ParseCacheControl parses "PATTERN=VALUE" into the rule for that field.
func ParseCacheControl(s string) (HeaderRule, error) {
	glob, value, ok := strings.Cut(s, "=")
	h := HeaderRule{Pattern(strings.TrimSpace(glob)), "Cache-Control", strings.TrimSpace(value)}
	if !ok || h.pattern == "" || h.Value == "" {
		return HeaderRule{}, fmt.Errorf("%q: want PATTERN=VALUE, such as '/assets/*=public, max-age=31536000, immutable'", s)
	}
	return h, h.check(s)
}

// check holds the value to RFC 9110 §5.5.
func (h HeaderRule) check(s string) error {
	if i := message.IndexControl([]byte(h.Value)); i < len(h.Value) {
		return fmt.Errorf("%q: a control character in the value", s)
	}
	return nil
}

// AppendRules appends the fields for a path. Of rules for one field the last
// that matches wins, so that exceptions can follow what is general.
func (s *Site) AppendRules(b []byte, path []byte) []byte {
	for i := range s.Headers {
		if h := &s.Headers[i]; h.pattern.Match(path) && !s.overruled(i, path) {
			b = append(b, h.Name...)
			b = append(b, ": "...)
			b = append(b, h.Value...)
			b = append(b, "\r\n"...)
		}
	}
	return b
}

func (s *Site) overruled(i int, path []byte) bool {
	for j := i + 1; j < len(s.Headers); j++ {
		if h := &s.Headers[j]; strings.EqualFold(h.Name, s.Headers[i].Name) && h.pattern.Match(path) {
			return true
		}
	}
	return false
}

// Redirect sends clients from one path to another place.
type Redirect struct {
	from   string // a '*' at its end stands for any rest
	to     string // '*' stands for that rest
	Status int
}

// ParseRedirect parses "FROM=TO[:CODE]". The code is 302 unless it is given: a
// permanent redirect that was a mistake stays in the clients' caches.
func ParseRedirect(s string) (Redirect, error) {
	from, to, ok := strings.Cut(s, "=")
	r := Redirect{from: from, to: to, Status: message.StatusFound}
	for code, status := range map[string]int{
		":301": message.StatusMovedPermanently, ":302": message.StatusFound, ":303": message.StatusSeeOther,
		":307": message.StatusTemporaryRedirect, ":308": message.StatusPermanentRedirect,
	} {
		if rest, has := strings.CutSuffix(to, code); has {
			r.to, r.Status = rest, status
		}
	}
	switch {
	case !ok || !strings.HasPrefix(from, "/") || strings.Contains(strings.TrimSuffix(from, "*"), "*"):
		return Redirect{}, fmt.Errorf("%q: want FROM=TO[:CODE], such as /old/*=/new/*:308, with '*' at the end of FROM if anywhere", s)
	case r.to == "" || !message.TargetChars.HasAll([]byte(strings.ReplaceAll(r.to, "#", ""))) || len(r.to) > MaxLocation/2 ||
		!strings.HasPrefix(r.to, "/") && !strings.Contains(r.to, "://"):
		return Redirect{}, fmt.Errorf("%q: want a path or a URL to go to, percent-encoded", s)
	}
	return r, nil
}

// RedirectFor returns the redirect for a path, and what its star stands for.
func (s *Site) RedirectFor(path []byte) (r *Redirect, rest []byte) {
	for i := range s.Redirects {
		r := &s.Redirects[i]
		n := len(r.from) - 1
		if r.from[n] == '*' && len(path) >= n && string(path[:n]) == r.from[:n] {
			return r, path[n:]
		}
		if string(path) == r.from {
			return r, nil
		}
	}
	return nil, nil
}

// AppendLocation appends where the redirect leads: its target, with the rest
// of the path, and the query if the target has none of its own. A target that
// starts with '/' stays on this host whatever the rest is.
func (r *Redirect) AppendLocation(b, rest, query []byte) []byte {
	start := len(b)
	for i := range len(r.to) {
		if r.to[i] != '*' {
			b = append(b, r.to[i])
			continue
		}
		if len(b) == start+1 { // "/*": a rest that starts with '/' would be a host
			rest = bytes.TrimLeft(rest, `/\`)
		}
		b = AppendEscaped(b, rest)
	}
	if query != nil && !strings.ContainsAny(r.to, "?#") {
		b = append(b, '?')
		b = append(b, query...)
	}
	return b
}

// AppendEscaped appends a path with all percent-encoded but what RFC 3986 §3.3
// lets a path hold.
func AppendEscaped(b, path []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range path {
		if message.HostChars.Has(c) || c == '/' || c == ':' || c == '@' {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

// pathVariable stands for the request's path in what is tried.
const pathVariable = "$path"

// template is a path to try: before + the request's path + after, or before
// alone.
type template struct {
	before, after string
	variable      bool
}

func parseTemplate(s string) (t template, err error) {
	t.before, t.after, t.variable = strings.Cut(s, pathVariable)
	if t.before != "" || !t.variable {
		t.before, err = cleanOption(t.before)
	}
	if strings.Contains(t.after, pathVariable) || strings.Contains(t.after, "..") {
		err = fmt.Errorf("%q: want $path once, such as $path.html", s)
	}
	if t.variable {
		t.before = strings.TrimSuffix(t.before, "/") // the request's path starts with one
	}
	return t, err
}

// IsPath says whether the template stands for the request's path itself.
func (t *template) IsPath() bool { return t.variable && t.before == "" && t.after == "" }

// Expand makes a path of the template in dst. It returns nil for one that
// cannot lead to a file: with something behind the slash of a folder, or too
// long.
func (t *template) Expand(dst, path []byte) []byte {
	switch {
	case !t.variable:
		return append(dst[:0], t.before...)
	case t.IsPath():
		return path
	case path[len(path)-1] == '/' || len(t.before)+len(path)+len(t.after) > cap(dst):
		return nil
	}
	dst = append(dst[:0], t.before...)
	dst = append(dst, path...)
	return append(dst, t.after...)
}
