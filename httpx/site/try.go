// Paths to try: where a site looks for a file instead of at the request's path.
//
//	--try ► parseTemplate ► Site.Templates ► Template.Expand ► Site.Route

package site

import (
	"fmt"
	"strings"

	"aws/httpx/message"
)

// pathVariable stands for the request's path in a template.
const pathVariable = "$path"

// pageSuffix is what clean addresses leave out: see cleanurls.go.
const pageSuffix = ".html"

// Template is a path to try: before + the request's path + after, or before
// alone.
type Template struct {
	before, after string
	variable      bool // it has the request's path
}

// parseTemplate parses a path with $path in it at most once.
func parseTemplate(s string) (t Template, err error) {
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

// IsPath reports whether the template is $path: the request's path itself.
func (t *Template) IsPath() bool { return t.variable && t.before == "" && t.after == "" }

// Expand returns the path that the template makes of a request's clean path.
// The result is path itself, or uses the memory of dst up to its capacity. It
// is nil if no file can have that path: something would follow the slash of a
// folder, or it would not fit dst.
func (t *Template) Expand(dst, path []byte) []byte {
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

// cleanOption cleans an operator's path as it would a request's.
func cleanOption(path string) (string, error) {
	if strings.HasPrefix(path, "/") {
		if clean, status := message.CleanPath(make([]byte, len(path)), []byte(path)); status == 0 {
			return string(clean), nil
		}
	}
	return "", fmt.Errorf("%q: want a path that starts with '/', as in a URL", path)
}
