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
	// Dynamic files are read asynchronously into buffers and sent from there,
	// so that they could be processed on the way.
	Dynamic
)

func (k Kind) String() string {
	if k == Dynamic {
		return "dynamic"
	}
	return "static"
}

// MountConfig serves the files below a directory at a prefix of the URL's path.
type MountConfig struct {
	Prefix string // "/static"; "/" is everything
	Dir    string // below the document root unless absolute; need not exist yet
	Kind   Kind
}

// ParseMount parses "PREFIX=DIR[:static|:dynamic]".
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

// DefaultMounts are the two trees served without any mount named.
func DefaultMounts() []MountConfig {
	return []MountConfig{
		{Prefix: "/static", Dir: "static", Kind: Static},
		{Prefix: "/dynamic", Dir: "dynamic", Kind: Dynamic},
	}
}

// Mount is an opened Mount.
type Mount struct {
	Site   *Site
	Prefix string // without a slash at the end: "" for "/"
	Root   int    // index of the folder that look-ups never leave: see sites.roots
	Dir    string // below that root; "" is the root itself
	Number uint16 // tells the mounts of a server apart in the open-file table
	Kind   Kind
}

// URL is the path in the URL of the file at path below the mount's root.
func (m *Mount) URL(path string) string {
	return m.Prefix + "/" + strings.TrimPrefix(strings.TrimPrefix(path, m.Dir), "/")
}

// Router finds the mount that a path belongs to. It is shared by the loops
// and never changes.
type Router struct {
	Mounts []Mount // the longest prefix first
}

// maxMounts is as many as a mount's number can tell apart.
const maxMounts = 1 << 16

// RootDir is a folder that look-ups start at and never leave.
type RootDir struct {
	Path string // absolute
	Name string // what it is, for messages: "document root", "mount /files"
}

// newRouter lays out a site's mounts, whose prefixes differ, and returns the
// roots that they need. A folder below the document root is reached through
// that root, so links from one into the other work; a folder elsewhere is a
// root of its own. The numbers of mounts and roots go on from first and
// firstRoot.
func newRouter(s *Site, first, firstRoot int) (*Router, []RootDir, error) {
	if n := first + len(s.Mounts); n > maxMounts {
		return nil, nil, fmt.Errorf("%d mounts are more than %d", n, maxMounts)
	}
	base, err := filepath.Abs(s.Root)
	if err != nil {
		return nil, nil, fmt.Errorf("document root: %w", err)
	}
	r := &Router{}
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
		r.Mounts = append(r.Mounts, opened)
	}
	sort.SliceStable(r.Mounts, func(i, j int) bool {
		return len(r.Mounts[i].Prefix) > len(r.Mounts[j].Prefix)
	})
	return r, roots, nil
}

// relativeTo reports whether dir lies below base, which is absolute, and if so
// where: "" for base itself. A relative dir starts at base.
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

// Route returns the mount for a clean path and what follows its prefix, without
// a slash at its start; or nil.
func (r *Router) Route(path []byte) (m *Mount, rel []byte) {
	for i := range r.Mounts {
		m := &r.Mounts[i]
		n := len(m.Prefix)
		if len(path) >= n && string(path[:n]) == m.Prefix && (len(path) == n || path[n] == '/') {
			return m, bytes.TrimPrefix(path[n:], slash)
		}
	}
	return nil, nil
}

var slash = []byte("/")
