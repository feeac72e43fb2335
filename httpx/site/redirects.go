// Redirects: paths that lead to another place.
//
//	--redirect ► ParseRedirect ► Site.RedirectFor ► AppendLocation ► Location

package site

import (
	"bytes"
	"fmt"
	"strings"

	"aws/httpx/message"
)

// MaxLocation is the length in bytes of the longest Location. A request that
// would need a longer one is answered 414.
const MaxLocation = 3 << 10

// Redirect sends clients from one path, or all paths with one prefix, to
// another place.
type Redirect struct {
	from   string // a '*' at its end matches any rest
	to     string // every '*' is replaced by that rest
	Status int    // 301, 302, 303, 307 or 308
}

// ParseRedirect parses "FROM=TO[:CODE]". Its errors quote s. The default is 302:
// a permanent redirect stays in the caches of clients even if it was a mistake.
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
		!strings.HasPrefix(r.to, "/") && !hasScheme(r.to):
		return Redirect{}, fmt.Errorf("%q: want a path or a URL to go to, percent-encoded", s)
	case strings.Contains(authority(r.to), "*"):
		return Redirect{}, fmt.Errorf("%q: what the '*' stands for would become a part of the host, so a client could be sent anywhere: write a '/' before it, such as https://example.org/*", s)
	}
	return r, nil
}

// hasScheme says that a target is a whole URL: scheme "://" (RFC 3986 §3.1).
func hasScheme(to string) bool {
	scheme, _, ok := strings.Cut(to, "://")
	for i, c := range []byte(scheme) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !message.IsDigit(c) && strings.IndexByte("+-.*", c) < 0) {
			return false
		}
	}
	return ok && scheme != ""
}

// authority returns a target up to the path, the query or the fragment, with what
// comes before it. It is "" for a path. A client takes '\\' for '/' in most URLs (the
// URL Standard, https://url.spec.whatwg.org/#special-authority-slashes-state).
func authority(to string) string {
	start := strings.Index(to, "://") + len("://")
	if to[0] == '/' {
		start = len("//")
		if len(to) < 2 || to[1] != '/' && to[1] != '\\' {
			return ""
		}
	}
	start += len(to[start:]) - len(strings.TrimLeft(to[start:], `/\`))
	if end := strings.IndexAny(to[start:], `/\?#`); end >= 0 {
		return to[:start+end]
	}
	return to
}

// match reports whether the redirect is for a clean path, and returns the rest of
// the path that its star matches.
func (r *Redirect) match(path []byte) (rest []byte, ok bool) {
	n := len(r.from) - 1
	if r.from[n] == '*' && len(path) >= n && string(path[:n]) == r.from[:n] {
		return path[n:], true
	}
	return nil, string(path) == r.from
}

// AppendLocation appends the URL that the redirect leads to: its target with
// the rest of the path, and the request's query if the target has neither query
// nor fragment. query is nil without one. A target that starts with '/' stays
// on this host, whatever the rest is.
func (r *Redirect) AppendLocation(b, rest, query []byte) []byte {
	start := len(b)
	for i := range len(r.to) {
		if r.to[i] != '*' {
			b = append(b, r.to[i])
			continue
		}
		if len(b) == start+1 { // "/*": with a rest that starts with '/' it would name a host
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

// AppendEscaped appends a path to b. It percent-encodes every byte that RFC 3986
// §3.3 does not allow in a path.
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
