// Package site says what is served, to whom and how: an operator's
// configuration, parsed once at start. It opens nothing. The loops share it,
// and it never changes.
//
//	host ► Sites.Of ► Site ┬ RedirectFor              redirects.go
//	                       ├ Templates                try.go: the paths to look at
//	                       ├ Route ► Mount            mounts.go ► package files
//	                       ├ MediaTypes.Of            mime.go, mimetable.go, mediatype.go
//	                       ├ AppendHeaders            headers.go
//	                       └ ErrorPageFor, Processor, Codings, …
package site

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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

	Index     []string // names of the file that stands for its folder, the preferred one first
	Autoindex bool     // list a folder that has no index file
	Dotfiles  bool     // serve names that start with a dot
	// Try has the paths to look at. The first that leads to a file wins. "$path"
	// in one stands for the request's path; that is also the default.
	Try        []string
	Fallback   string // URL path of the file to send with 200 if nothing is found; "" for none
	ErrorPages []ErrorPage
	Redirects  []Redirect   // the first that matches wins
	Headers    []HeaderRule // of those for one field the last that matches wins

	Types         []MediaType         // override the built-in table
	Precompressed []string            // content codings of sidecar files, the preferred one first
	Processors    []process.Processor // change the bodies of Dynamic files, in this order
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

// cleanOption cleans an operator's path as it would a request's.
func cleanOption(path string) (string, error) {
	if strings.HasPrefix(path, "/") {
		if clean, status := message.CleanPath(make([]byte, len(path)), []byte(path)); status == 0 {
			return string(clean), nil
		}
	}
	return "", fmt.Errorf("%q: want a path that starts with '/', as in a URL", path)
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
}

// Check reports what is wrong with a configuration. It opens nothing.
func (c Config) Check() error {
	_, err := newSite(c)
	return err
}

// newSite parses a configuration, except for its mounts.
func newSite(c Config) (*Site, error) {
	s := &Site{Config: c, MediaTypes: NewMediaTypes(c.Types)}
	if len(c.Processors) > 0 {
		s.Processor = process.Chain(c.Processors...)
	}
	return s, errors.Join(s.parseHosts(), s.parsePaths(), s.parseCodings(), s.checkHeaders())
}

func (s *Site) parseHosts() error {
	for _, host := range s.Hosts {
		name := strings.TrimPrefix(host, "*.")
		if _, port, ok := message.ParseAuthority([]byte(name)); !ok || port != nil {
			return fmt.Errorf("host %q: want a name, such as example.org or *.example.org, without a port", host)
		}
		s.hosts = append(s.hosts, strings.ToLower(strings.TrimSuffix(host, ".")))
	}
	return nil
}

func (s *Site) parsePaths() (err error) {
	for _, name := range s.Index {
		if name == "" || strings.ContainsAny(name, "/\x00") {
			return fmt.Errorf("index %q: want the name of a file", name)
		}
	}
	if s.Fallback != "" {
		if s.Fallback, err = cleanOption(s.Fallback); err != nil {
			return fmt.Errorf("fallback %w", err)
		}
	}
	if len(s.Try) == 0 {
		s.Try = []string{pathVariable}
	}
	for _, text := range s.Try {
		t, err := parseTemplate(text)
		if err != nil {
			return fmt.Errorf("try %w", err)
		}
		s.Templates = append(s.Templates, t)
	}
	return nil
}

func (s *Site) parseCodings() error {
	for _, name := range s.Precompressed {
		c, err := message.ParseCoding(name)
		if err != nil {
			return fmt.Errorf("precompressed: %w", err)
		}
		if slices.Contains(s.Codings, c) {
			return fmt.Errorf("precompressed: %s is named twice", name)
		}
		s.Codings = append(s.Codings, c)
	}
	return nil
}

func (s *Site) checkHeaders() error {
	size := 0
	for _, h := range s.Headers {
		size += len(h.name) + len(": ") + len(h.value) + len("\r\n")
	}
	if size > MaxHeaders {
		return fmt.Errorf("the header fields to add have %d bytes, more than %d", size, MaxHeaders)
	}
	return nil
}

// ErrorPageFor returns the clean URL path of the page for a status, "" if there
// is none.
func (s *Site) ErrorPageFor(status int) string {
	for i := range s.ErrorPages {
		if s.ErrorPages[i].Status == status {
			return s.ErrorPages[i].Path
		}
	}
	return ""
}

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
