package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"aws/httpx/process"
	"aws/httpx/site"
)

// siteOptions are what may differ from site to site.
type siteOptions struct {
	site     site.Config
	compress []string
	digest   bool
	spa      bool

	given  []given  // what of it was set, and where
	failed []string // names of what could not be set
	where  string   // the place of its [[site]], or ""
}

// hostFlag is the one setting that only a [[site]] has.
const hostFlag = "host"

// additive are the settings of a site that are added to those at the top. Others
// replace them.
var additive = []string{"error-page", "fallback-for", "redirect", "header", "cache-control", "mime", "auth"}

// derive returns a site with the settings of its [[site]]. What that leaves out is
// taken from o, the top.
func (o *siteOptions) derive(top *pflag.FlagSet, table *configTable, found *problems) *siteOptions {
	derived := &siteOptions{}
	flags := derived.flags()
	*derived = *o
	s := &derived.site
	s.Headers, s.Redirects, s.Auth = slices.Clip(s.Headers), slices.Clip(s.Redirects), slices.Clip(s.Auth)
	s.ErrorPages, s.Types = slices.Clip(s.ErrorPages), slices.Clip(s.Types)
	s.FallbackFor = slices.Clip(s.FallbackFor)
	flags.StringSliceVar(&s.Hosts, hostFlag, nil, "")
	sets := func(name string) bool {
		return slices.ContainsFunc(table.settings, func(s configSetting) bool { return s.name == name })
	}
	replaced := func(name string) bool {
		return !slices.Contains(additive, name) && (sets(name) || name == "fallback" && sets("spa"))
	}
	if replaced("cors") {
		s.CORS = nil
	}
	if replaced("fallback") { // by that of --spa, unless the site names one
		s.Fallback = ""
	}
	if replaced("mount") {
		s.Mounts = nil
	}
	if replaced("archive") {
		s.Archives = nil
	}
	own := settings{problems: found}
	own.watch(flags)
	for _, setting := range table.settings {
		own.apply(flags, setting, top)
	}
	derived.where, derived.given = table.where, nil
	for _, g := range o.given {
		if flags.Lookup(g.name) != nil && !replaced(g.name) {
			g.inherited = true
			derived.given = append(derived.given, g)
		}
	}
	derived.given = append(derived.given, own.given...)
	derived.failed = slices.Concat(o.failed, own.failed)
	return derived
}

// register declares the flags of a site. The configuration file uses the same
// names, at the top and in each [[site]].
func (o *siteOptions) register(f *pflag.FlagSet) {
	s := &o.site
	f.StringVarP(&s.Root, "root", "r", ".", "document root, a `folder`")
	f.VarP(parsed(&s.Mounts, site.ParseMount), "mount", "m", "serve a folder at a prefix: `PREFIX=DIR[:static|:dynamic]` (repeatable; default /static=static and /dynamic=dynamic:dynamic)")
	f.StringSliceVar(&s.Index, "index", []string{"index.html"}, "`names` of the file that answers for its folder, by preference")
	f.BoolVar(&s.Autoindex, "autoindex", false, "list folders that have no index file")
	f.Var(parsedList(&s.Archives, site.ParseArchive), "archive", "send a listed folder as an archive, too: `formats`, of tar.zst, tar.gz and zip")
	f.Var(&dotfilesValue{&s.Dotfiles}, "dotfiles", "whether to serve names that start with a dot: `deny|allow`; /.well-known/ is always served")
	f.Var(&s.Links, "follow-links", "symbolic links to follow: inside the root, those of them that belong to their target's owner, or all, out of the root as well")
	f.Var(&s.ETags, "etag", "what entity tags are made of: version (inode, size and times), mtime (size and time of modification, equal on all replicas) or content (a hash)")
	f.StringSliceVar(&s.Try, "try", nil, "`paths` to try, in order, such as $path,$path.html; $path is the request's")
	f.BoolVar(&s.CleanURLs, "clean-urls", false, "reach about.html at /about, and redirect from the long address")
	f.StringVar(&s.Fallback, "fallback", "", "`path` of the page to serve to browsers when nothing is found, such as /static/index.html")
	f.Var(parsed(&s.FallbackFor, site.ParseFallbackFor), "fallback-for", "addresses that the fallback answers though their last name has a dot: `PATTERN` (repeatable)")
	f.BoolVar(&o.spa, "spa", false, "single-page application: --fallback with the index file of the mount at /, or of the first mount")
	f.Var(parsed(&s.ErrorPages, site.ParseErrorPage), "error-page", "file to send as the content of an error: `STATUS=PATH` (repeatable)")
	f.Var(parsed(&s.Redirects, site.ParseRedirect), "redirect", "send clients elsewhere: `FROM=TO[:CODE]`; what the * at the end of FROM matches replaces the * in TO (repeatable)")
	f.Var(parsed(&s.Headers, site.ParseHeaderRule), "header", "set a field of responses that are no errors, or without a value remove it: `'[always ]PATTERN: Name: value'` (repeatable; the last match wins; always is for errors, too)")
	f.Var(parsed(&s.Headers, site.ParseCacheControl), "cache-control", "set Cache-Control on responses that are no errors: `'[always ]PATTERN=VALUE'` (repeatable)")
	f.Var(parsed((*[]site.Origin)(&s.CORS), site.ParseOrigin), "cors", "let pages of another origin read the files: `ORIGIN`, such as https://example.org, or * for all (repeatable)")
	f.BoolVar(&s.SecureHeaders, "secure-headers", false, "send fields that make browsers more careful: on frames, referrers, and other origins")
	f.Var(parsed(&s.Types, site.ParseMediaType), "mime", "media type by extension, name or path: `EXT=TYPE`, NAME=TYPE or '/path/*=TYPE' (repeatable; the last match wins)")
	f.Var(parsed(&s.Auth, site.ParseAuth), "auth", "ask for a user and a password of an htpasswd file: `PATTERN=FILE[:REALM]`, such as '/private/*=users' (repeatable; the last match wins; FILE - is no password)")
	f.StringSliceVar(&s.Precompressed, "precompressed", nil, "serve a.css.br, a.css.zst or a.css.gz in place of a.css: `codings` by preference, of br, zstd and gzip")
	f.BoolVar(&s.PrecompressedOnly, "precompressed-only", false, "where there is only a.css.br, a.css.zst or a.css.gz, unpack it for clients that do not accept it; otherwise they get 406")
	f.StringSliceVar(&o.compress, "compress", nil, "compress what gains by it, also static files and listings: `codings` by preference, of zstd, br and gzip")
	f.BoolVar(&o.digest, "digest", false, "send the SHA-256 of a body after it, as a trailer field, to clients that say TE: trailers")
}

// flags declares the flags of a [[site]], except for its hosts.
func (o *siteOptions) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("site", pflag.ContinueOnError)
	o.register(f)
	return f
}

// whereIs is where a value of a setting stands.
func (o *siteOptions) whereIs(setting string, index int, value string) string {
	if len(all(o.given, setting)) == 0 && o.where != "" {
		return o.where + ": " + setting
	}
	return whereIs(o.given, index, setting, value)
}

// hasFailed says that a value of a setting could not be set.
func (o *siteOptions) hasFailed(setting string) bool { return slices.Contains(o.failed, setting) }

// settleSites makes the sites to serve from the options. Problems are noted.
func (o *options) settleSites() {
	if len(o.sites) == 0 {
		o.siteOptions.given, o.siteOptions.failed = o.settings.given, o.settings.failed
		o.sites = []*siteOptions{&o.siteOptions}
	}
	for _, s := range o.sites {
		o.served = append(o.served, s.toSite(&o.problems))
	}
}

// toSite makes a site from the options.
func (o *siteOptions) toSite(found *problems) site.Config {
	s := o.site
	s.Mounts = slices.Clip(s.Mounts)
	if len(s.Mounts) == 0 {
		s.Mounts = site.DefaultMounts()
		s.Welcome = s.Fallback == "" && !o.spa // otherwise somebody has set it up
	}
	if o.spa && s.Fallback == "" {
		if s.Fallback = site.ApplicationPage(s.Mounts, s.Index); s.Fallback == "" {
			found.usage(o.whereIs("spa", 0, ""), "want an --index file to serve")
		}
	}
	for i, m := range s.Mounts {
		if slices.ContainsFunc(s.Mounts[:i], func(other site.MountConfig) bool { return other.Prefix == m.Prefix }) {
			found.usage(whereIs(o.given, i, "mount", ""), "%s is mounted twice", m.Prefix)
		}
	}
	if len(s.Archives) > 0 && !s.Autoindex {
		found.usage(whereIs(o.given, -1, "archive", ""), "only folders that are listed are sent as archives; add --autoindex")
	}
	root, err := filepath.Abs(s.Root)
	if err != nil {
		found.refuse(whereIs(o.given, 0, "root", s.Root), "%v", err)
	}
	s.Root = root
	if len(o.compress) > 0 {
		c, err := process.NewCompressor(o.compress...)
		if err != nil {
			found.usage(whereIs(o.given, -1, "compress", ""), "%v", err)
		} else {
			s.Processors = append(s.Processors, c)
		}
	}
	if o.digest {
		s.Processors = append(s.Processors, process.NewDigester())
	}
	return s
}

// parsedValue is a flag that may be repeated. A function parses its values.
type parsedValue[T any] struct {
	values *[]T
	parse  func(string) (T, error)
}

func parsed[T any](values *[]T, parse func(string) (T, error)) parsedValue[T] {
	return parsedValue[T]{values, parse}
}

func (v parsedValue[T]) String() string { return "" }
func (v parsedValue[T]) Type() string   { return "value" }
func (v parsedValue[T]) repeatable()    {}
func (v parsedValue[T]) Set(s string) error {
	value, err := v.parse(s)
	if err == nil {
		*v.values = append(*v.values, value)
	}
	return err
}

// listValue is a flag whose values are separated by commas. A function parses each,
// and none is named twice.
type listValue[T comparable] struct {
	values *[]T
	parse  func(string) (T, error)
}

func parsedList[T comparable](values *[]T, parse func(string) (T, error)) listValue[T] {
	return listValue[T]{values, parse}
}

func (v listValue[T]) String() string { return "" }
func (v listValue[T]) Type() string   { return "list" }
func (v listValue[T]) Set(s string) error {
	for word := range strings.SplitSeq(s, ",") {
		value, err := v.parse(word)
		if err != nil {
			return err
		}
		if slices.Contains(*v.values, value) {
			return fmt.Errorf("%s is named twice", word)
		}
		*v.values = append(*v.values, value)
	}
	return nil
}

// dotfilesValue is a flag whose value is one of two words.
type dotfilesValue struct{ allow *bool }

func (v *dotfilesValue) Type() string { return "deny|allow" }
func (v *dotfilesValue) String() string {
	if v.allow != nil && *v.allow {
		return "allow"
	}
	return "deny"
}

func (v *dotfilesValue) Set(s string) error {
	switch s {
	case "allow", "deny":
		*v.allow = s == "allow"
		return nil
	}
	return fmt.Errorf("want deny or allow")
}
