// Rules that never have an effect: another one is always first, or wins, or nothing
// lies where they look.
//
//	Problems (check.go) ► Site.unreached…

package site

import (
	"fmt"
	"slices"
	"strings"

	"aws/backend"
	"aws/httpx/message"
)

// mayServe says that a mount may have a file at a path that begins with start; whole
// says that start is all of the path.
func (s *Site) mayServe(start string, whole bool) bool {
	return slices.ContainsFunc(s.Mounts, func(m MountConfig) bool {
		below := strings.TrimSuffix(m.Prefix, "/") + "/"
		return strings.HasPrefix(start, below) || !whole && strings.HasPrefix(below, start)
	})
}

// unreachedRedirects reports redirects whose paths all belong to one before them, or
// are none.
func (s *Site) unreachedRedirects() (problems []Problem) {
	for i, r := range s.Redirects {
		from, star := strings.CutSuffix(r.from, "*")
		by := slices.IndexFunc(s.Redirects[:i], func(earlier Redirect) bool {
			prefix, any := strings.CutSuffix(earlier.from, "*")
			return any && strings.HasPrefix(from, prefix) || earlier.from == r.from
		})
		switch {
		case by >= 0:
			problems = append(problems, doubtful("redirect", i, by, fmt.Sprintf("has no effect: %s comes first and has all of its paths; put it before that one", s.Redirects[by].from)))
		case strings.Contains(from, "//") || strings.Contains(from+"/", "/./") && !star || strings.Contains(from+"/", "/../") && !star:
			problems = append(problems, doubtful("redirect", i, -1, fmt.Sprintf("has no effect: %s is compared with paths from which repeated slashes and dots are removed", r.from)))
		case strings.IndexByte(from, '?') >= 0:
			problems = append(problems, doubtful("redirect", i, -1, fmt.Sprintf("%s is compared with the path alone, which has no query", r.from)))
		case strings.IndexByte(from, '%') >= 0 && decoded(from) != from:
			problems = append(problems, doubtful("redirect", i, -1, fmt.Sprintf("%s is compared with the decoded path: write %s", r.from, decoded(r.from))))
		}
		if !star && strings.Contains(r.to, "*") {
			problems = append(problems, doubtful("redirect", i, -1, "the '*' of its target stands for nothing, since "+r.from+" has none at its end"))
		}
	}
	return problems
}

// decoded is a path without percent-encoding, or itself if that cannot be.
func decoded(path string) string {
	clean, status := message.CleanPath(make([]byte, len(path)), []byte(path))
	if status != 0 {
		return path
	}
	return string(clean)
}

// unreachedHeaders reports rules for fields that a later rule always overrules, and
// those for paths without any files.
func (s *Site) unreachedHeaders() (problems []Problem) {
	for i := range s.Headers {
		h := &s.Headers[i]
		by := slices.IndexFunc(s.Headers[i+1:], func(later HeaderRule) bool {
			return later.is(h.name) && later.pattern.covers(h.pattern) && (later.scope == always || h.scope == onSuccess)
		})
		start, _, star := strings.Cut(string(h.pattern), "*")
		redirected := slices.ContainsFunc(s.Redirects, func(r Redirect) bool {
			from, _ := strings.CutSuffix(r.from, "*")
			return strings.HasPrefix(from, start) || strings.HasPrefix(start, from)
		})
		switch {
		case by >= 0:
			by += i + 1
			problems = append(problems, doubtful("header", i, by, fmt.Sprintf("has no effect: the one for %s comes later, has all of its paths and wins; put it after that one", s.Headers[by].pattern)))
		case strings.HasPrefix(start, "/") && !s.mayServe(start, !star) && !redirected:
			problems = append(problems, doubtful("header", i, -1, fmt.Sprintf("nothing is mounted at %s", h.pattern)))
		}
	}
	return problems
}

// covers says that every path that q matches is matched by p, too. It may miss some.
func (p Pattern) covers(q Pattern) bool {
	const any = "\x00" // stands for what a star of q matches: only a star of p matches it
	example := strings.ReplaceAll(string(q), "*", any)
	switch hasSlash := strings.Contains(string(q), "/"); {
	case strings.Contains(string(p), "/") == hasSlash:
		return matchStars(string(p), []byte(example))
	case hasSlash: // and p is for the last segment, which a star may begin
		last := example[strings.LastIndexByte(example, '/')+1:]
		tail := last[strings.LastIndex(last, any)+1:]
		return matchStars(string(p), []byte(last)) && (tail == last || matchStars(string(p), []byte(any+tail)))
	}
	return matchStars(string(p), []byte("/"+example)) && matchStars(string(p), []byte("/"+any+"/"+example))
}

// unreachedMounts reports mounts of which no file is ever sent.
func (s *Site) unreachedMounts() (problems []Problem) {
	own := len(s.ErrorPages) == 0 && s.Fallback == "" && len(s.Templates) == 1 // nothing leads to a mount but its own paths
	for i, m := range s.Mounts {
		below := strings.TrimSuffix(m.Prefix, "/") + "/"
		by := slices.IndexFunc(s.Redirects, func(r Redirect) bool {
			prefix, star := strings.CutSuffix(r.from, "*")
			return star && strings.HasPrefix(below, prefix)
		})
		switch {
		case !own:
		case by >= 0:
			problems = append(problems, doubtful("mount", i, -1, fmt.Sprintf("nothing of it is served: all of its paths are redirected by %s", s.Redirects[by].from)))
		case !s.Dotfiles && strings.Contains(strings.TrimPrefix(below, "/.well-known/"), "/."):
			problems = append(problems, doubtful("mount", i, -1, "nothing of it is served: paths through names that begin with a dot are hidden; choose another prefix, or --dotfiles=allow"))
		}
	}
	return problems
}

// unreachedPaths reports files to send that no mount can have.
func (s *Site) unreachedPaths() (problems []Problem) {
	if s.Fallback != "" && !s.mayServe(s.Fallback, true) {
		problems = append(problems, wrong("fallback", 0, "nothing is mounted at "+s.Fallback+": write a path as in a URL, with the prefix of a mount"))
	}
	if s.Fallback == "" && len(s.FallbackFor) > 0 {
		problems = append(problems, doubtful("fallback-for", -1, -1, "has no effect: there is no fallback"))
	}
	for i, p := range s.ErrorPages {
		if !s.mayServe(p.Path, true) {
			problems = append(problems, wrong("error-page", i, "nothing is mounted at "+p.Path+": write a path as in a URL, with the prefix of a mount"))
		}
		if p.Status != message.StatusInternalError && message.StatusText(p.Status) == message.StatusText(message.StatusInternalError) {
			problems = append(problems, doubtful("error-page", i, -1, fmt.Sprintf("the server never answers with %d", p.Status)))
		}
	}
	for i := range s.Templates {
		t := &s.Templates[i]
		switch {
		case !t.variable && !s.mayServe(t.before, true):
			problems = append(problems, doubtful("try", i, -1, fmt.Sprintf("%q never matches: nothing is mounted there", s.Try[i])))
		case t.variable && t.before != "" && !s.mayServe(t.before+"/", false):
			problems = append(problems, doubtful("try", i, -1, fmt.Sprintf("%q never matches: nothing is mounted below %s", s.Try[i], t.before)))
		case slices.Contains(s.Templates[:i], *t):
			problems = append(problems, doubtful("try", i, -1, fmt.Sprintf("%q is there twice", s.Try[i])))
		}
	}
	return problems
}

// serves says that a mount serves paths of an area.
func (s *Site) serves(a *area) bool {
	return slices.ContainsFunc(s.Mounts, func(m MountConfig) bool { return a.servedBy(m.Prefix) })
}

// unreachedRules reports password files for paths that no mount serves.
func (s *Site) unreachedRules() (problems []Problem) {
	for i := range s.Auth {
		r := &s.Auth[i]
		if !s.serves(&r.area) {
			problems = append(problems, doubtful("auth", i, -1, fmt.Sprintf("protects nothing: nothing is mounted at %s", r.pattern)))
		}
	}
	return problems
}

// unreachedAccess reports rules that decide on nothing: others decide in their place, or
// what they allow nobody denies, or there is nothing to keep from anybody.
func (s *Site) unreachedAccess() (problems []Problem) {
	for i := range s.Access {
		r := &s.Access[i]
		by := -1
		for j := i + 1; j < len(s.Access) && by < 0; j++ {
			if later := &s.Access[j]; later.covers(&r.area) && later.networks.Covers(r.networks) {
				by = j
			}
		}
		switch {
		case by >= 0:
			problems = append(problems, doubtful(accessSetting, i, by, fmt.Sprintf("has no effect: %s comes later, has all of its paths and networks, and wins; put it after that one", s.Access[by].text)))
		case !r.denies && !s.deniesBefore(i):
			problems = append(problems, doubtful(accessSetting, i, -1, "has no effect: no rule before it denies what it allows; put it after --deny"))
		case r.denies && s.forgetsFamily(i):
			problems = append(problems, doubtful(accessSetting, i, -1, fmt.Sprintf("keeps out all clients of one IP version and none of the other; write %s=all", strings.SplitN(r.text, "=", 2)[0])))
		case !s.serves(&r.area) && len(s.Redirects) == 0:
			problems = append(problems, doubtful(accessSetting, i, -1, fmt.Sprintf("has no effect: nothing is mounted at %s", r.pattern)))
		}
	}
	return problems
}

// accessSetting stands for both flags in a Problem.
const accessSetting = "deny"

// deniesBefore says that a rule before rule i denies something to some of its networks.
func (s *Site) deniesBefore(i int) bool {
	for j := range s.Access[:i] {
		if r := &s.Access[j]; r.denies && r.networks.Overlaps(s.Access[i].networks) {
			return true
		}
	}
	return false
}

// forgetsFamily says that rule i is for all of IPv4 or all of IPv6, and that no rule is
// for the other one.
func (s *Site) forgetsFamily(i int) bool {
	r := &s.Access[i]
	denied := func(n backend.Network) bool {
		return slices.ContainsFunc(s.Access, func(o AccessRule) bool {
			return o.denies && slices.Contains(o.networks, n) && o.covers(&r.area)
		})
	}
	return slices.Contains(r.networks, backend.AllIPv4) && !denied(backend.AllIPv6) ||
		slices.Contains(r.networks, backend.AllIPv6) && !denied(backend.AllIPv4)
}

// covers says that the area has all paths of another one. It may miss some.
func (a *area) covers(b *area) bool {
	return a.pattern.covers(b.pattern) && (b.folder == "" || a.has([]byte(b.folder)))
}
