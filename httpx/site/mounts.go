// Mounts: which folder the files below a prefix of the URL's path come from.
//
//	--mount ► ParseMount ► MountConfig ► newMounts ► Site.Route ► package files

package site

import (
	"fmt"
	"path/filepath"
	"strings"

	"aws/httpx/message"
)

// Kind says how a mount's files reach the client.
type Kind uint8

const (
	// Static files go from the page cache to the socket, and their bytes never
	// enter user space, unless a processor changes them.
	Static Kind = iota
	// Dynamic files are read asynchronously into buffers and sent from there.
	Dynamic
)

// String returns the name that ParseMount takes.
func (k Kind) String() string {
	if k == Dynamic {
		return "dynamic"
	}
	return "static"
}

// MountConfig serves the files of one folder below a prefix of the URL's path.
type MountConfig struct {
	Prefix string // starts with '/' and ends without one: "/static"; "/" is everything
	Dir    string // relative to the document root, or absolute
	Kind   Kind
	File   bool // Dir is one file, below the document root: it is served at the prefix, and nothing else
}

// ParseMount parses "PREFIX=DIR[:static|:dynamic]"; static is the default. Its
// errors quote s. The folder need not exist.
func ParseMount(s string) (MountConfig, error) {
	prefix, dir, ok := strings.Cut(s, "=")
	if !ok || dir == "" {
		return MountConfig{}, fmt.Errorf("mount %q: want PREFIX=DIR, PREFIX=DIR:static or PREFIX=DIR:dynamic", s)
	}
	m := MountConfig{Dir: dir}
	if d, ok := strings.CutSuffix(dir, ":dynamic"); ok {
		m.Dir, m.Kind = d, Dynamic
	} else if d, ok := strings.CutSuffix(dir, ":static"); ok {
		m.Dir = d
	}
	clean, status := message.CleanPath(make([]byte, len(prefix)), []byte(prefix))
	if m.Dir == "" || status != 0 || !strings.HasPrefix(prefix, "/") {
		return MountConfig{}, fmt.Errorf("mount %q: the prefix starts with '/' and a folder follows the '='", s)
	}
	m.Prefix = "/" + strings.Trim(string(clean), "/")
	return m, nil
}

// DefaultMounts returns the two trees that are served if no mount is named.
func DefaultMounts() []MountConfig {
	return []MountConfig{
		{Prefix: "/static", Dir: "static", Kind: Static},
		{Prefix: "/dynamic", Dir: "dynamic", Kind: Dynamic},
	}
}

// maxMounts is the number of mounts that Mount.Number can tell apart.
const maxMounts = 1 << 16

// RootDir is a folder that look-ups start at and never leave, unless all links are
// followed.
type RootDir struct {
	Path  string // absolute
	Name  string // for error messages: "document root", "mount /files"
	Links Links
}

// relativeTo reports whether dir lies below base, which is absolute, and if so
// returns its path from there: "" for base itself. A relative dir starts at
// base.
func relativeTo(base, dir string) (path string, below bool) {
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(base, dir)
	}
	rel, err := filepath.Rel(base, dir)
	if err != nil || !filepath.IsLocal(rel) {
		return filepath.Clean(dir), false
	}
	if rel == "." {
		rel = ""
	}
	return rel, true
}
