// Package site says what is served, to whom and how: an operator's
// configuration, parsed once at start. It opens nothing. The loops share it,
// and it never changes.
//
//	host ► Sites.Of ► Site ┬ RedirectFor              redirects.go
//	       (sites.go)      ├ PageFor ► Page           pages.go
//	                       ├ Templates                try.go: the paths to look at
//	                       ├ Route ► Mount            mounts.go ► package files
//	                       ├ MediaTypes.Of            mime.go, mimetable.go, mediatype.go
//	                       ├ AppendHeaders            headers.go, ownedfields.go, secureheaders.go
//	                       ├ AuthFor                  auth.go ► package auth
//	                       ├ Denies                   access.go
//	                       ├ CORS                     cors.go
//	                       ├ IsIndex, CutPage, …      cleanurls.go
//	                       ├ HasFallback              fallback.go
//	                       └ ErrorPageFor, Processor, Codings, …
package site

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"aws/backend"
	"aws/httpx/message"
	"aws/httpx/process"
)

// Config says what is served to the clients of some hosts, and how.
type Config struct {
	// Hosts are names such as "example.org", or "*.example.org" for all names
	// below it. The first site also gets the hosts that no site names.
	Hosts  []string
	Root   string        // the document root
	Mounts []MountConfig // their prefixes differ

	Index     []string  // names of the file that stands for its folder, the preferred one first
	Autoindex bool      // list a folder that has no index file
	Archives  []Archive // send a folder that is listed as an archive, too
	Dotfiles  bool      // serve names that start with a dot
	Links     Links     // the symbolic links to follow
	ETags     ETags     // what entity tags are made of
	// Try has the paths to look at. The first that leads to a file wins. "$path"
	// in one stands for the request's path; that is also the default.
	Try        []string
	Fallback   string // URL path of the file to send with 200 if nothing is found; "" for none
	ErrorPages []ErrorPage
	Redirects  []Redirect   // the first that matches wins
	Pages      []Page       // the first that matches wins, also over files
	Headers    []HeaderRule // of those for one field the last that matches wins
	Access     []AccessRule // the last that matches wins
	Auth       []AuthRule   // the last that matches wins
	CleanURLs  bool         // pages are reached without ".html", folders without their index file

	// FallbackFor has the paths that Fallback answers even though their last segment
	// has a dot.
	FallbackFor []Pattern
	// Welcome makes a page for "/" that names the mounts, if there is nothing else.
	Welcome bool

	CORS          Origins // whose pages may read the files; none: only the site's own
	SecureHeaders bool    // send the fields of secureheaders.go

	Types         []MediaType // override the built-in table
	Precompressed []string    // content codings of sidecar files, the preferred one first
	// PrecompressedOnly unpacks a sidecar file whose original is not there, for clients
	// that do not accept its coding.
	PrecompressedOnly bool
	Processors        []process.Processor // change the bodies of files and listings, in this order
}

// ErrorPage names the file whose content is the body of an error.
type ErrorPage struct {
	Status int    // 400 to 599
	Path   string // clean URL path of the file
}

// ParseErrorPage parses "STATUS=PATH". Its errors quote s or the path.
func ParseErrorPage(s string) (ErrorPage, error) {
	status, path, ok := strings.Cut(s, "=")
	p := ErrorPage{Path: path}
	for _, c := range []byte(status) {
		if p.Status = p.Status*10 + int(c) - '0'; !message.IsDigit(c) || p.Status > 599 {
			ok = false
			break
		}
	}
	if !ok || p.Status < 400 {
		return ErrorPage{}, fmt.Errorf("%q: want STATUS=PATH, such as 404=/404.html", s)
	}
	var err error
	p.Path, err = cleanOption(path)
	return p, err
}

// Site is a parsed Config.
type Site struct {
	Config
	hosts  []string // lower case, without a dot at the end
	mounts []Mount  // the longest prefix first

	MediaTypes *MediaTypes
	Processor  process.Processor // the chain of Processors; nil for none
	Templates  []Template        // Try, at least one
	Codings    []message.Coding  // Precompressed

	Number      uint16 // in Sites
	rules       rules  // Headers and the server's own
	serverRules bool   // some of them are for the field Server
}

// Check reports what is wrong with the values of a configuration. It opens nothing.
// Problems says more.
func (c Config) Check() error {
	_, problems := newSite(c)
	return joined(problems)
}

// newSite parses a configuration, except for its mounts.
func newSite(c Config) (*Site, []Problem) {
	s := &Site{Config: c, MediaTypes: NewMediaTypes(c.Types)}
	if len(c.Processors) > 0 {
		s.Processor = process.Chain(c.Processors...)
	}
	return s, slices.Concat(s.parseHosts(), s.parsePaths(), s.parseCodings(), s.parseRules())
}

func (s *Site) parseHosts() (problems []Problem) {
	for i, host := range s.Hosts {
		name := strings.TrimPrefix(host, "*.")
		if _, port, ok := message.ParseAuthority([]byte(name)); !ok || port != nil || strings.Contains(name, "*") {
			problems = append(problems, wrong("host", i, fmt.Sprintf("%q: want a name, such as example.org or *.example.org, without a port", host)))
			continue
		}
		s.hosts = append(s.hosts, strings.ToLower(strings.TrimSuffix(host, ".")))
	}
	return problems
}

func (s *Site) parsePaths() (problems []Problem) {
	for i, name := range s.Index {
		if name == "" || name == "." || name == ".." || len(name) > maxName || strings.ContainsAny(name, "/\x00") {
			problems = append(problems, wrong("index", i, fmt.Sprintf("%q: want the name of a file, without a path, such as index.html", name)))
		}
	}
	if s.Fallback != "" {
		var err error
		if s.Fallback, err = cleanOption(s.Fallback); err != nil {
			problems = append(problems, wrong("fallback", 0, err.Error()))
		}
	}
	if s.CleanURLs && len(s.Try) > 0 {
		problems = append(problems, wrong("clean-urls", 0, "decides which paths are tried: leave out try"))
	}
	switch {
	case s.CleanURLs:
		s.Try = []string{pathVariable, pathVariable + pageSuffix}
	case len(s.Try) == 0:
		s.Try = []string{pathVariable}
	}
	for i, text := range s.Try {
		t, err := parseTemplate(text)
		if err != nil {
			problems = append(problems, wrong("try", i, err.Error()))
		}
		s.Templates = append(s.Templates, t)
	}
	return problems
}

// maxName is the length in bytes of the longest name that a file can have: NAME_MAX
// of linux/limits.h.
const maxName = 255

func (s *Site) parseCodings() (problems []Problem) {
	for i, name := range s.Precompressed {
		c, err := message.ParseCoding(name)
		switch {
		case err != nil:
			problems = append(problems, wrong("precompressed", i, err.Error()))
		case slices.Contains(s.Codings, c):
			problems = append(problems, wrong("precompressed", i, name+" is named twice"))
		default:
			s.Codings = append(s.Codings, c)
		}
	}
	if s.PrecompressedOnly && len(s.Codings) == 0 {
		problems = append(problems, wrong("precompressed-only", 0, "there is nothing to unpack without precompressed, such as precompressed=br,gzip"))
	}
	return problems
}

func (s *Site) parseRules() (problems []Problem) {
	for i := range s.Headers {
		s.serverRules = s.serverRules || s.Headers[i].is(serverField)
	}
	var err error
	if s.rules, err = newRules(s.Headers, s.CORS, s.SecureHeaders); err != nil {
		problems = append(problems, wrong("header", -1, err.Error()))
	}
	if err := s.CORS.check(); err != nil {
		problems = append(problems, wrong("cors", -1, err.Error()))
	}
	return problems
}

// ErrorPageFor returns the clean URL path of the page for a status, the last one that
// is named; "" if there is none.
func (s *Site) ErrorPageFor(status int) string {
	for i := len(s.ErrorPages) - 1; i >= 0; i-- {
		if s.ErrorPages[i].Status == status {
			return s.ErrorPages[i].Path
		}
	}
	return ""
}

// PageFor returns the first page whose pattern matches a clean path, nil if none does.
func (s *Site) PageFor(path []byte) *Page {
	for i := range s.Pages {
		if p := &s.Pages[i]; p.Path.Match(path) {
			return p
		}
	}
	return nil
}

// Mount is a MountConfig with its place among the mounts of the server.
type Mount struct {
	Site   *Site
	Prefix string // without a slash at the end: "" for "/"
	Root   int    // index in Sites.Roots: the folder that look-ups never leave
	Dir    string // path below that root; "" is the root itself
	Number uint16 // unique in a server: tells mounts apart in the open-file table
	Kind   Kind
	File   bool // Dir is one file
}

// URL returns the URL's path of the file at path below the mount's root. That of a
// single file has its name, also if it is served at "/".
func (m *Mount) URL(path string) string { return string(m.AppendURL(nil, path)) }

// AppendURL appends it to b.
func (m *Mount) AppendURL(b []byte, path string) []byte {
	switch b = append(b, m.Prefix...); {
	case m.File && m.Prefix == "":
		path = filepath.Base(path)
	case m.File:
		return b
	default:
		path = strings.TrimPrefix(strings.TrimPrefix(path, m.Dir), "/")
	}
	return append(append(b, '/'), path...)
}

// newMounts sets the mounts of a site, whose prefixes differ, and returns the
// roots that they need. A folder below the document root is reached through
// that root, so links from one folder into the other work. A folder elsewhere
// is a root of its own. Mounts are numbered from first, roots from firstRoot.
func (s *Site) newMounts(first, firstRoot int) ([]RootDir, error) {
	if n := first + len(s.Mounts); n > maxMounts {
		return nil, fmt.Errorf("%d mounts are more than %d", n, maxMounts)
	}
	if len(s.Mounts) == 0 && len(s.Pages) > 0 { // they need no folder
		return nil, nil
	}
	base, err := filepath.Abs(s.Root)
	if err != nil {
		return nil, fmt.Errorf("document root: %w", err)
	}
	roots := []RootDir{{base, "document root", s.Links}}
	for i, m := range s.Mounts {
		opened := Mount{
			Site: s, Prefix: strings.TrimSuffix(m.Prefix, "/"), Root: firstRoot, Kind: m.Kind, File: m.File, Number: uint16(first + i),
		}
		dir, below := relativeTo(base, m.Dir)
		if below {
			opened.Dir = dir
		} else {
			opened.Root = firstRoot + len(roots)
			roots = append(roots, RootDir{dir, "mount " + m.Prefix, s.Links})
		}
		s.mounts = append(s.mounts, opened)
	}
	sort.SliceStable(s.mounts, func(i, j int) bool {
		return len(s.mounts[i].Prefix) > len(s.mounts[j].Prefix)
	})
	return roots, nil
}

// Route returns the mount with the longest prefix of a clean path, and the rest
// of the path without its leading slash. m is nil if the path belongs to none.
func (s *Site) Route(path []byte) (m *Mount, rel []byte) {
	for i := range s.mounts {
		m := &s.mounts[i]
		n := len(m.Prefix)
		switch { // the cheap look first: most mounts are not the one
		case len(path) > n && path[n] == '/' && string(path[:n]) == m.Prefix:
			return m, path[n+1:]
		case len(path) == n && string(path) == m.Prefix:
			return m, nil
		}
	}
	return nil, nil
}

// RedirectFor returns the first redirect for a clean path, and the rest of the
// path that its star matches. r is nil without one.
func (s *Site) RedirectFor(path []byte) (r *Redirect, rest []byte) {
	for i := range s.Redirects {
		if rest, ok := s.Redirects[i].match(path); ok {
			return &s.Redirects[i], rest
		}
	}
	return nil, nil
}

// AppendHeaders appends the header fields for a clean path to b, each with its
// CRLF. Of the rules for one field the last that holds wins, so exceptions follow
// the general rule. path is nil if the request's could not be read.
func (s *Site) AppendHeaders(b, path []byte, r Response) []byte { return s.rules.append(b, path, r) }

// SetsServer reports whether a rule decides on the field Server for a path.
func (s *Site) SetsServer(path []byte) bool {
	return s.serverRules && s.rules.decideOn(serverField, path)
}

// AuthFor returns the rule for a clean path in lower case, nil if everybody may have
// what is there. A sidecar file needs what its original needs.
func (s *Site) AuthFor(path []byte) *AuthRule {
	if r := authFor(s.Auth, path); r != nil {
		return r
	}
	for _, c := range s.Codings {
		if original, ok := bytes.CutSuffix(path, []byte(c.Extension())); ok {
			return authFor(s.Auth, original)
		}
	}
	return nil
}

// Denies says whether a client may not have what is at a clean path in lower case. A
// sidecar file is for nobody who may not have its original.
func (s *Site) Denies(path []byte, client backend.Address) bool {
	if denies(s.Access, path, client) {
		return true
	}
	for _, c := range s.Codings {
		if original, ok := bytes.CutSuffix(path, []byte(c.Extension())); ok {
			return denies(s.Access, original, client)
		}
	}
	return false
}

// ArchiveFor returns the archive that a query asks for: "archive=zip". asked is false
// for any other query, and for all of them if the site sends no archives; offered
// is false for an archive that it does not send.
func (s *Site) ArchiveFor(query []byte) (a Archive, asked, offered bool) {
	if len(s.Archives) == 0 {
		return 0, false, false
	}
	name, asked := bytes.CutPrefix(query, []byte("archive="))
	if !asked {
		return 0, false, false
	}
	for _, a := range s.Archives {
		if a.String() == string(name) {
			return a, true, true
		}
	}
	return 0, true, false
}
