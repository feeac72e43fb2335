// The fallback of single-page applications: one page answers for all the addresses
// that its script knows.

package site

import (
	"bytes"
	"fmt"
	"strings"
)

// HasFallback reports whether the fallback may answer for a clean path that leads to
// nothing: its last segment has no dot, as a missing script's name has, or a pattern
// of FallbackFor matches.
func (s *Site) HasFallback(path []byte) bool {
	if s.Fallback == "" {
		return false
	}
	if name := path[bytes.LastIndexByte(path, '/')+1:]; bytes.IndexByte(name, '.') < 0 {
		return true
	}
	for _, p := range s.FallbackFor {
		if p.Match(path) {
			return true
		}
	}
	return false
}

// ParseFallbackFor parses a pattern of paths. Its errors quote s.
func ParseFallbackFor(s string) (Pattern, error) {
	if s == "" || strings.TrimSpace(s) != s {
		return "", fmt.Errorf("%q: want a pattern of paths, such as '/users/*'", s)
	}
	return Pattern(s), nil
}

// ApplicationPage returns the path of the page of a single-page application: the
// index file of the mount at "/", or else of the first one. "" if there is none.
func ApplicationPage(mounts []MountConfig, index []string) string {
	if len(mounts) == 0 || len(index) == 0 {
		return ""
	}
	prefix := mounts[0].Prefix
	for _, m := range mounts {
		if m.Prefix == "/" {
			prefix = m.Prefix
		}
	}
	return strings.TrimSuffix(prefix, "/") + "/" + index[0]
}
