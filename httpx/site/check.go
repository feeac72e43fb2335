// What is wrong with the configurations of a server's sites, as far as that can be told
// without looking at files. The command says the rest.
//
//	Problems ► newSite, circles.go, unreached.go

package site

import (
	"fmt"
	"slices"
	"strings"
)

// Problems reports all that is wrong with the configurations of a server's sites, by
// site. It opens nothing.
func Problems(configs []Config) [][]Problem {
	all := make([][]Problem, len(configs))
	sites := make([]*Site, len(configs))
	for i, c := range configs {
		s, problems := newSite(c)
		if len(problems) == 0 {
			problems = slices.Concat(s.Circles(nil), s.unreachedRedirects(), s.unreachedHeaders(), s.unreachedMounts(), s.unreachedPaths(), s.unreachedRules(), s.unreachedAccess(), s.doubles(), s.ages())
		}
		sites[i] = s
		all[i] = append(problems, sharedHosts(sites[:i+1])...)
	}
	return all
}

// sharedHosts reports what hosts of the last site another one has, and that it has none.
func sharedHosts(sites []*Site) (problems []Problem) {
	s, earlier := sites[len(sites)-1], sites[:len(sites)-1]
	if len(earlier) > 0 && len(s.Hosts) == 0 {
		return []Problem{wrong("host", -1, "is missing: only the first site can do without, it has the hosts that no other site names")}
	}
	for i, name := range s.hosts {
		switch {
		case slices.ContainsFunc(earlier, func(e *Site) bool { return slices.Contains(e.hosts, name) }):
			problems = append(problems, wrong("host", i, fmt.Sprintf("%s belongs to a site before this one; a host has one site", name)))
		case slices.Contains(s.hosts[:i], name):
			problems = append(problems, doubtful("host", i, -1, name+" is there twice"))
		}
	}
	return problems
}

// doubles reports values that are there twice, or that another one for the same thing
// replaces.
func (s *Site) doubles() (problems []Problem) {
	for i, name := range s.Index {
		if slices.Contains(s.Index[:i], name) {
			problems = append(problems, doubtful("index", i, -1, fmt.Sprintf("%q is there twice", name)))
		}
	}
	for i, p := range s.ErrorPages {
		if by := slices.IndexFunc(s.ErrorPages[i+1:], func(o ErrorPage) bool { return o.Status == p.Status }); by >= 0 {
			problems = append(problems, doubtful("error-page", i, i+1+by, fmt.Sprintf("has no effect: there is another page for %d after it", p.Status)))
		}
	}
	for i, t := range s.Types {
		if by := slices.IndexFunc(s.Types[i+1:], func(o MediaType) bool { return o.Extension == t.Extension && o.Pattern.covers(t.Pattern) }); by >= 0 {
			problems = append(problems, doubtful("mime", i, i+1+by, fmt.Sprintf("has no effect: there is another type for %s%s after it", t.Extension, t.Pattern)))
		}
	}
	return problems
}

// ages reports times in Cache-Control that are no number of seconds (RFC 9111 §1.2.2):
// a cache takes such a response as one that is stale.
func (s *Site) ages() (problems []Problem) {
	for i := range s.Headers {
		h := &s.Headers[i]
		if !strings.EqualFold(h.name, "Cache-Control") {
			continue
		}
		for directive := range strings.SplitSeq(h.value, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(name) {
			case "max-age", "s-maxage", "stale-while-revalidate", "stale-if-error":
				if value == "" || strings.Trim(strings.Trim(value, `"`), "0123456789") != "" {
					problems = append(problems, doubtful("header", i, -1, fmt.Sprintf("%s wants a number of seconds, not %q", name, value)))
				}
			}
		}
	}
	return problems
}
