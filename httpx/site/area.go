// Which paths a rule is for that keeps clients from files: auth.go, access.go.

package site

import "strings"

// area is a set of paths. Their case does not matter: a file system may ignore it.
type area struct {
	pattern Pattern // in lower case
	whole   bool    // it is a folder or a file with all that is below it
	folder  string  // the path of that, without a slash at its end
}

// parseArea parses a pattern that begins with '/' or '*'. Without '*' it covers a file, or
// a folder with all that is in it.
func parseArea(glob string) (a area, ok bool) {
	glob = string(ToLower([]byte(strings.TrimSpace(glob))))
	if glob == "" || glob[0] != '/' && glob[0] != '*' {
		return area{}, false
	}
	a.pattern = Pattern(glob)
	if folder := strings.TrimRight(strings.TrimSuffix(glob, "/*"), "/"); !strings.Contains(folder, "*") {
		a.whole, a.folder, a.pattern = true, folder, Pattern(folder+"/*")
	}
	return a, true
}

// has says whether a clean path in lower case is one of the area's.
func (a *area) has(path []byte) bool {
	if !a.whole {
		return a.pattern.Match(path)
	}
	n := len(a.folder)
	return len(path) >= n && string(path[:n]) == a.folder && (len(path) == n || path[n] == '/')
}

// servedBy says whether a mount with this prefix serves paths of the area.
func (a *area) servedBy(prefix string) bool {
	fixed, _, _ := strings.Cut(string(a.pattern), "*")
	prefix = string(ToLower([]byte(strings.TrimSuffix(prefix, "/")))) + "/"
	return strings.HasPrefix(prefix, fixed) || strings.HasPrefix(fixed, prefix)
}

// ToLower puts the ASCII letters of a path in lower case, in place: a file system may
// ignore case.
func ToLower(path []byte) []byte {
	for i, c := range path {
		if 'A' <= c && c <= 'Z' {
			path[i] = c | 0x20
		}
	}
	return path
}
