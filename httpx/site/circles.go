// Redirects that lead back to themselves: no client ever arrives.
//
//	Problems (check.go) ► Site.Circles ► Site.follow ► AppendLocation
//	                          └ by what the server itself redirects, which the caller knows

package site

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"aws/httpx/message"
)

// maxHops is how many redirects are followed. Clients give up earlier: curl after 50,
// browsers after 20.
const maxHops = 100

// circle is what becomes of a client at a path: the rules that it meets over and over,
// and the paths from one to the next.
type circle struct {
	rules []int // by their index; none for a redirect of the server's own
	paths []string
	maybe bool // only if this site is at the port 80 of its host
	grows bool // the path becomes longer each time
}

// none is no rule.
const none = -1

// Circles reports the redirects that never end, each circle once. It follows them from
// examples, so whatever it reports is so; a rule with a star has as many paths as
// there are, and it is wrong for certain if one without any meaning never ends.
//
// own returns where the server itself redirects a clean path that no rule is for, such
// as a folder without its slash, or nil. With own, only circles through such a redirect
// are reported; without it, those of the rules alone.
func (s *Site) Circles(own func(path []byte) []byte) (problems []Problem) {
	seen := map[string]bool{}
	word := s.meaningless()
	for i := range s.Redirects {
		examples := []string{s.Redirects[i].from}
		if prefix, star := strings.CutSuffix(examples[0], "*"); star {
			examples = []string{prefix + word, prefix + word + "/" + word, prefix}
		}
		for n, example := range examples {
			c := s.follow(example, own)
			if c == nil || slices.Contains(c.rules, none) != (own != nil) {
				continue
			}
			members := slices.Compact(slices.Sorted(slices.Values(c.rules)))
			if members[0] == none {
				members = members[1:]
			}
			if key := fmt.Sprint(members); seen[key] {
				continue
			} else {
				seen[key] = true
			}
			p := wrong("redirect", members[0], c.text())
			p.Warning = c.maybe || n > 0
			problems = append(problems, p)
		}
	}
	return problems
}

// text says what is wrong, and what to do.
func (c *circle) text() string {
	if c.maybe {
		return "sends clients in a circle if they reach this site at its host's port 80: " + c.String()
	}
	text := "sends clients in a circle, " + c.String() + ": "
	if i := slices.Index(c.rules, none); i >= 0 {
		return text + fmt.Sprintf("the server itself redirects %s to %s, so leave the rule out, or let it lead elsewhere", c.paths[i], c.paths[i+1])
	}
	return text + "let it lead outside of what it is for, or put an exception before it"
}

// meaningless is a name that no rule knows.
func (s *Site) meaningless() string {
	word := "x"
	known := func(r Redirect) bool { return strings.Contains(r.from+r.to, word) }
	for slices.ContainsFunc(s.Redirects, known) {
		word += "x"
	}
	return word
}

// String tells the way around.
func (c *circle) String() string {
	const shown = 4
	paths := c.paths
	end := ""
	if c.grows || len(paths) > shown {
		paths, end = paths[:min(shown, len(paths))], " and so on"
	}
	return "from " + strings.Join(paths, " to ") + end
}

// follow sends a client from one redirect to the next: those of the rules, and by own
// those of the server. It returns nil if that ends, or if it cannot be told.
func (s *Site) follow(start string, own func([]byte) []byte) *circle {
	path, status := message.CleanPath(make([]byte, len(start)), []byte(start))
	if status != 0 || string(path) != start {
		return nil // no request has this path
	}
	var c circle
	at := map[string]int{} // by path
	for range maxHops {
		if from, again := at[string(path)]; again {
			c.rules, c.paths = c.rules[from:], append(c.paths[from:], string(path))
			return &c
		}
		at[string(path)] = len(c.rules)
		c.paths = append(c.paths, string(path))
		r, rest := s.RedirectFor(path)
		if r == nil {
			if own == nil {
				return nil
			}
			if path = own(path); path == nil {
				return nil
			}
			c.rules = append(c.rules, none)
			continue
		}
		c.rules = append(c.rules, slices.IndexFunc(s.Redirects, func(o Redirect) bool { return o == *r }))
		location := r.AppendLocation(nil, rest, nil)
		if len(location) > MaxLocation {
			break
		}
		var elsewhere bool
		if path, elsewhere = s.here(location); path == nil {
			return nil
		}
		c.maybe = c.maybe || elsewhere
	}
	for from, rule := range c.rules { // the path has grown all the time
		if n := slices.Index(c.rules[from+1:], rule) + 1; n > 0 {
			c.rules, c.paths, c.grows = c.rules[from:from+n], c.paths[from:min(from+2*n+1, len(c.paths))], true
			return &c
		}
	}
	return nil
}

// here returns the clean path of a location on this site, nil for another place. unsure
// says that it is a URL that names the site, at a port that may be another server's.
func (s *Site) here(location []byte) (path []byte, unsure bool) {
	if end := bytes.IndexAny(location, "?#"); end >= 0 {
		location = location[:end]
	}
	if host, ok := bytes.CutPrefix(location, []byte("http://")); ok {
		end := bytes.IndexByte(host, '/')
		if end < 0 || !slices.Contains(s.hosts, strings.ToLower(strings.TrimSuffix(string(host[:end]), "."))) {
			return nil, false
		}
		location, unsure = host[end:], true
	} else if authority(string(location)) != "" {
		return nil, false
	}
	path, status := message.CleanPath(make([]byte, len(location)), location)
	if status != 0 {
		return nil, false
	}
	return path, unsure
}
