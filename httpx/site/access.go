// Paths that only some networks may have.
//
//	--allow, --deny ► ParseAllow, ParseDeny ► AccessRule ► Site.Denies

package site

import (
	"errors"
	"fmt"
	"strings"

	"aws/backend"
)

// AccessRule lets clients of some networks have what lies at matching paths, or keeps
// them from it. Of several rules for a path and a client the last counts, as everywhere:
// exceptions follow the general rule. Without one a client may have everything.
type AccessRule struct {
	area
	networks backend.Networks
	denies   bool
	text     string // as it was written
}

// everybody stands for all networks.
const everybody = "all"

// ParseAllow and ParseDeny parse "PATTERN=NETWORK,…": see parseArea and
// backend.ParseNetwork; "all" is everybody. The errors quote s.
func ParseAllow(s string) (AccessRule, error) { return parseAccess(s, false) }

// ParseDeny is as ParseAllow.
func ParseDeny(s string) (AccessRule, error) { return parseAccess(s, true) }

func parseAccess(s string, denies bool) (r AccessRule, err error) {
	glob, list, _ := strings.Cut(s, "=")
	r = AccessRule{denies: denies, text: s}
	var ok bool
	if r.area, ok = parseArea(glob); !ok || list == "" {
		return AccessRule{}, fmt.Errorf("%q: want PATTERN=NETWORK,…, such as '/admin/*=10.0.0.0/8', or PATTERN=all", s)
	}
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word == everybody {
			r.networks = append(r.networks, backend.Everybody...)
			continue
		}
		n, err := backend.ParseNetwork(word)
		switch {
		case errors.Is(err, backend.ErrNoNetwork):
			return AccessRule{}, fmt.Errorf("%q: %s: %w, or all", s, word, err)
		case err != nil:
			return AccessRule{}, fmt.Errorf("%q: %s: %w", s, word, err)
		}
		r.networks = append(r.networks, n)
	}
	return r, nil
}

// denies says whether a client may not have what is at a clean path in lower case.
func denies(rules []AccessRule, path []byte, client backend.Address) bool {
	for i := len(rules) - 1; i >= 0; i-- {
		if r := &rules[i]; r.has(path) && r.networks.Contains(client) {
			return r.denies
		}
	}
	return false
}
