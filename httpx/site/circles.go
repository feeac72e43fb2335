// Redirects that lead back to themselves: no client ever arrives.
//
//	Problems (check.go) ► Site.circles ► Site.follow ► AppendLocation

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
	rules []int
	paths []string
	maybe bool // only if this site is at the port 80 of its host
	grows bool // the path becomes longer each time
}

// circles reports the redirects that never end, each circle once. It follows them from
// examples, so whatever it reports is so; a rule with a star has as many paths as
// there are, and it is wrong for certain if one without any meaning never ends.
func (s *Site) circles() (problems []Problem) {
	seen := map[string]bool{}
	word := s.meaningless()
	for i := range s.Redirects {
		examples := []string{s.Redirects[i].from}
		if prefix, star := strings.CutSuffix(examples[0], "*"); star {
			examples = []string{prefix + word, prefix + word + "/" + word, prefix}
		}
		for n, example := range examples {
			c := s.follow(example)
			if c == nil {
				continue
			}
			first := slices.Min(c.rules)
			members := slices.Compact(slices.Sorted(slices.Values(c.rules)))
			if key := fmt.Sprint(members); seen[key] {
				continue
			} else {
				seen[key] = true
			}
			text := "sends clients in a circle, " + c.String() + ": let it lead outside of what it is for, or put an exception before it"
			if c.maybe {
				text = "sends clients in a circle if they reach this site at its host's port 80: " + c.String()
			}
			p := wrong("redirect", first, text)
			p.Warning = c.maybe || n > 0
			problems = append(problems, p)
		}
	}
	return problems
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

// follow sends a client from one redirect to the next. It returns nil if that ends, or
// if it cannot be told.
func (s *Site) follow(start string) *circle {
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
		r, rest := s.RedirectFor(path)
		if r == nil {
			return nil
		}
		c.paths = append(c.paths, string(path))
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
