package httpx

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Site says what is served to the clients of some hosts, and how.
type Site struct {
	// Hosts are names as in "example.org", or "*.example.org" for all names
	// below it. The first site also gets the hosts that no site names.
	Hosts  []string
	Root   string  // the document root
	Mounts []Mount // what is served below it

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

	Types         []MediaType // for extensions that the built-in table has otherwise
	Precompressed []string    // codings whose sidecar files are served, in order of preference
	Processors    []Processor // what the bodies of Dynamic files go through, in this order
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
		if p.Status = p.Status*10 + int(c) - '0'; !isDigit(c) || p.Status > 599 {
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
		if clean, status := cleanPath(make([]byte, len(path)), []byte(path)); status == 0 {
			return string(clean), nil
		}
	}
	return "", fmt.Errorf("%q: want a path that starts with '/', as in a URL", path)
}

// site is an opened Site.
type site struct {
	Site
	hosts  []string // lower case
	router *router
	types  *mediaTypes

	processor     Processor // all of Processors, or nil
	try           []template
	precompressed []coding
}

// Check finds what is wrong with a site without opening anything.
func (s Site) Check() error {
	_, err := newSite(s)
	return err
}

// newSite parses what a site says.
func newSite(s Site) (*site, error) {
	parsed := &site{Site: s, types: newMediaTypes(s.Types)}
	if len(s.Processors) > 0 {
		parsed.processor = Chain(s.Processors...)
	}
	return parsed, errors.Join(parsed.parseHosts(), parsed.parsePaths(), parsed.parseCodings(), parsed.checkRules())
}

func (s *site) parseHosts() error {
	for _, host := range s.Hosts {
		name := strings.TrimPrefix(host, "*.")
		if _, port, ok := parseAuthority([]byte(name)); !ok || port != nil {
			return fmt.Errorf("host %q: want a name, such as example.org or *.example.org, without a port", host)
		}
		s.hosts = append(s.hosts, strings.ToLower(strings.TrimSuffix(host, ".")))
	}
	return nil
}

func (s *site) parsePaths() (err error) {
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
		s.try = append(s.try, t)
	}
	return nil
}

func (s *site) parseCodings() error {
	for _, name := range s.Precompressed {
		c, err := parseCoding(name)
		if err != nil {
			return fmt.Errorf("precompressed: %w", err)
		}
		if slices.Contains(s.precompressed, c) {
			return fmt.Errorf("precompressed: %s is named twice", name)
		}
		s.precompressed = append(s.precompressed, c)
	}
	return nil
}

func (s *site) checkRules() error {
	size := 0
	for _, h := range s.Headers {
		size += len(h.Name) + len(": ") + len(h.Value) + len("\r\n")
	}
	if size > maxRules {
		return fmt.Errorf("the header fields to add have %d bytes, more than %d", size, maxRules)
	}
	return nil
}

// errorPage returns the path of the page for a status, or "".
func (s *site) errorPage(status int) string {
	for i := range s.ErrorPages {
		if s.ErrorPages[i].Status == status {
			return s.ErrorPages[i].Path
		}
	}
	return ""
}

// sites are all sites of a server. They are shared by the loops and never
// change.
type sites struct {
	all   []*site
	roots []rootDir // of all mounts: mount.root is an index here
}

// newSites parses all sites. Nothing is opened.
func newSites(configs []Site) (*sites, error) {
	if len(configs) == 0 {
		return nil, errors.New("no site to serve")
	}
	all := &sites{}
	mounts := 0
	for _, config := range configs {
		s, err := newSite(config)
		var roots []rootDir
		if err == nil {
			s.router, roots, err = newRouter(s, mounts, len(all.roots))
		}
		if err != nil {
			return nil, named(config, err)
		}
		for i := range roots {
			if len(config.Hosts) > 0 {
				roots[i].name = "site " + config.Hosts[0] + ": " + roots[i].name
			}
		}
		all.all = append(all.all, s)
		all.roots = append(all.roots, roots...)
		mounts += len(config.Mounts)
	}
	return all, nil
}

// named adds the site's first host to an error.
func named(config Site, err error) error {
	if len(config.Hosts) == 0 {
		return err
	}
	return fmt.Errorf("site %s: %w", config.Hosts[0], err)
}

// of returns the site for a well-formed host: the one that names it, the one
// with the longest name that covers it, or the first.
func (s *sites) of(host []byte) *site {
	best, length := s.all[0], 0
	if len(s.all) == 1 {
		return best
	}
	if n := len(host); n > 1 && host[n-1] == '.' { // fully qualified
		host = host[:n-1]
	}
	for _, candidate := range s.all {
		for _, name := range candidate.hosts {
			switch {
			case equalFold(host, name):
				return candidate
			case name[0] == '*' && len(name) > length && len(host) >= len(name) &&
				equalFold(host[len(host)-len(name)+1:], name[1:]):
				best, length = candidate, len(name)
			}
		}
	}
	return best
}
