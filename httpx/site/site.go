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
	// Hosts are names as in "example.org", or "*.example.org" for all names
	// below it. The first site also gets the hosts that no site names.
	Hosts  []string
	Root   string        // the document root
	Mounts []MountConfig // what is served below it

	Index     []string // names of the file that stands for its folder, in order of preference
	Autoindex bool     // a folder without one is listed
	Dotfiles  bool     // names that start with a dot are served
	// Try are paths to look at instead of the request's, the first that leads
	// to a file wins. "$path" in one is the request's.
	Try        []string
	Fallback   string // path of the file that answers where nothing is found
	ErrorPages []ErrorPage
	Redirects  []Redirect
	Headers    []HeaderRule

	Types         []MediaType         // for extensions that the built-in table has otherwise
	Precompressed []string            // codings whose sidecar files are served, in order of preference
	Processors    []process.Processor // what the bodies of Dynamic files go through, in this order
}

// ErrorPage is the path of the file whose content goes with a status.
type ErrorPage struct {
	Status int
	Path   string
}

// ParseErrorPage parses "STATUS=PATH".
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

// cleanOption cleans a path that an operator gives, as that of a request.
func cleanOption(path string) (string, error) {
	if strings.HasPrefix(path, "/") {
		if clean, status := message.CleanPath(make([]byte, len(path)), []byte(path)); status == 0 {
			return string(clean), nil
		}
	}
	return "", fmt.Errorf("%q: want a path that starts with '/', as in a URL", path)
}

// Site is an opened Site.
type Site struct {
	Config
	hosts  []string // lower case
	Router *Router
	Types  *mediaTypes

	Processor process.Processor // all of Processors, or nil
	Templates []template
	Codings   []message.Coding
}

// Check finds what is wrong with a site without opening anything.
func (s Config) Check() error {
	_, err := newSite(s)
	return err
}

// newSite parses what a site says.
func newSite(s Config) (*Site, error) {
	parsed := &Site{Config: s, Types: NewMediaTypes(s.Types)}
	if len(s.Processors) > 0 {
		parsed.Processor = process.Chain(s.Processors...)
	}
	return parsed, errors.Join(parsed.parseHosts(), parsed.parsePaths(), parsed.parseCodings(), parsed.checkRules())
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

func (s *Site) checkRules() error {
	size := 0
	for _, h := range s.Headers {
		size += len(h.Name) + len(": ") + len(h.Value) + len("\r\n")
	}
	if size > MaxRules {
		return fmt.Errorf("the header fields to add have %d bytes, more than %d", size, MaxRules)
	}
	return nil
}

// ErrorPageFor returns the path of the page for a status, or "".
func (s *Site) ErrorPageFor(status int) string {
	for i := range s.ErrorPages {
		if s.ErrorPages[i].Status == status {
			return s.ErrorPages[i].Path
		}
	}
	return ""
}

// Sites are all sites of a server. They are shared by the loops and never
// change.
type Sites struct {
	All   []*Site
	Roots []RootDir // of all mounts: mount.root is an index here
}

// NewSites parses all sites. Nothing is opened.
func NewSites(configs []Config) (*Sites, error) {
	if len(configs) == 0 {
		return nil, errors.New("no site to serve")
	}
	all := &Sites{}
	mounts := 0
	for _, config := range configs {
		s, err := newSite(config)
		var roots []RootDir
		if err == nil {
			s.Router, roots, err = newRouter(s, mounts, len(all.Roots))
		}
		if err != nil {
			return nil, named(config, err)
		}
		for i := range roots {
			if len(config.Hosts) > 0 {
				roots[i].Name = "site " + config.Hosts[0] + ": " + roots[i].Name
			}
		}
		all.All = append(all.All, s)
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

// Of returns the site for a well-formed host: the one that names it, the one
// with the longest name that covers it, or the first.
func (s *Sites) Of(host []byte) *Site {
	best, length := s.All[0], 0
	if len(s.All) == 1 {
		return best
	}
	if n := len(host); n > 1 && host[n-1] == '.' { // fully qualified
		host = host[:n-1]
	}
	for _, candidate := range s.All {
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
