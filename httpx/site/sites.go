// All sites of a server, and which of them a host belongs to.

package site

import (
	"errors"
	"fmt"

	"aws/httpx/message"
)

// Sites are all sites of a server.
type Sites struct {
	list  []*Site   // at least one
	Roots []RootDir // of all mounts, by Mount.Root
}

// Parse parses the configurations of all sites, at least one, the default site
// first. Its errors name the site by its first host.
func Parse(configs []Config) (*Sites, error) {
	if len(configs) == 0 {
		return nil, errors.New("no site to serve")
	}
	all := &Sites{}
	mounts := 0
	for _, config := range configs {
		s, err := newSite(config)
		s.Number = uint16(len(all.list)) // a site has a mount, and those are bounded
		var roots []RootDir
		if err == nil {
			roots, err = s.newMounts(mounts, len(all.Roots))
		}
		if err != nil {
			return nil, named(config, err)
		}
		for i := range roots {
			if len(config.Hosts) > 0 {
				roots[i].Name = "site " + config.Hosts[0] + ": " + roots[i].Name
			}
		}
		all.list = append(all.list, s)
		all.Roots = append(all.Roots, roots...)
		mounts += len(config.Mounts)
	}
	return all, nil
}

// At returns the site of a number: 0 for the first.
func (s *Sites) At(number uint16) *Site { return s.list[number] }

// named adds the site's first host to an error.
func named(config Config, err error) error {
	if len(config.Hosts) == 0 {
		return err
	}
	return fmt.Errorf("site %s: %w", config.Hosts[0], err)
}

// Of returns the site for a well-formed host without a port, in any case: the
// site that names it, or else the one with the longest "*." name that covers
// it, or else the first. host may be nil.
func (s *Sites) Of(host []byte) *Site {
	best, length := s.list[0], 0
	if len(s.list) == 1 {
		return best
	}
	if n := len(host); n > 1 && host[n-1] == '.' { // fully qualified
		host = host[:n-1]
	}
	for _, candidate := range s.list {
		for _, name := range candidate.hosts {
			switch {
			case message.EqualFold(host, name):
				return candidate
			case name[0] == '*' && len(name) > length && len(host) >= len(name) &&
				message.EqualFold(host[len(host)-len(name)+1:], name[1:]):
				best, length = candidate, len(name)
			}
		}
	}
	return best
}
