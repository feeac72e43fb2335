// Mounts: which folder the files below a prefix of the URL's path come from.
//
//	--mount ► ParseMount ► MountConfig ► newMounts ► Site.Route ► package files

package site

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"aws/httpx/message"
)

// Kind says how a mount's files reach the client.
type Kind uint8

const (
	// Static files go from the page cache to the socket; their bytes never
	// enter user space.
	Static Kind = iota
	// Dynamic files are read asynchronously into buffers and sent from there.
	// Processors may change their bytes on the way.
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

// Mount is a MountConfig with its place among the mounts of the server.
type Mount struct {
	Site   *Site
	Prefix string // without a slash at the end: "" for "/"
	Root   int    // index in Sites.Roots: the folder that look-ups never leave
	Dir    string // path below that root; "" is the root itself
	Number uint16 // unique in a server: tells mounts apart in the open-file table
	Kind   Kind
}

// URL returns the URL's path of the file at path below the mount's root.
func (m *Mount) URL(path string) string {
	return m.Prefix + "/" + strings.TrimPrefix(strings.TrimPrefix(path, m.Dir), "/")
}

// maxMounts is the number of mounts that Mount.Number can tell apart.
const maxMounts = 1 << 16

// RootDir is a folder that look-ups start at and never leave.
type RootDir struct {
	Path string // absolute
	Name string // for error messages: "document root", "mount /files"
}

// newMounts sets the mounts of a site, whose prefixes differ, and returns the
// roots that they need. A folder below the document root is reached through
// that root, so links from one folder into the other work. A folder elsewhere
// is a root of its own. Mounts are numbered from first, roots from firstRoot.
func (s *Site) newMounts(first, firstRoot int) ([]RootDir, error) {
	if n := first + len(s.Mounts); n > maxMounts {
		return nil, fmt.Errorf("%d mounts are more than %d", n, maxMounts)
	}
	base, err := filepath.Abs(s.Root)
	if err != nil {
		return nil, fmt.Errorf("document root: %w", err)
	}
	roots := []RootDir{{base, "document root"}}
	for i, m := range s.Mounts {
		opened := Mount{
			Site: s, Prefix: strings.TrimSuffix(m.Prefix, "/"), Root: firstRoot, Kind: m.Kind, Number: uint16(first + i),
		}
		dir, below := relativeTo(base, m.Dir)
		if below {
			opened.Dir = dir
		} else {
			opened.Root = firstRoot + len(roots)
			roots = append(roots, RootDir{dir, "mount " + m.Prefix})
		}
		s.mounts = append(s.mounts, opened)
	}
	sort.SliceStable(s.mounts, func(i, j int) bool {
		return len(s.mounts[i].Prefix) > len(s.mounts[j].Prefix)
	})
	return roots, nil
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

// Route returns the mount with the longest prefix of a clean path, and the rest
// of the path without its leading slash. m is nil if the path belongs to none.
func (s *Site) Route(path []byte) (m *Mount, rel []byte) {
	for i := range s.mounts {
		m := &s.mounts[i]
		n := len(m.Prefix)
		if len(path) >= n && string(path[:n]) == m.Prefix && (len(path) == n || path[n] == '/') {
			return m, bytes.TrimPrefix(path[n:], slash)
		}
	}
	return nil, nil
}

var slash = []byte("/")
