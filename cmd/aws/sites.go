package main

import (
	"errors"
	"fmt"
	"slices"

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
}

// hostFlag is the one setting that only a [[site]] has.
const hostFlag = "host"

// readSites makes a site from each [[site]] of the configuration file. A setting
// that a site leaves out is taken from the top.
func (o *options) readSites(tables any) error {
	list, ok := tables.([]any)
	if !ok {
		return errors.New("site: want [[site]]")
	}
	for i, table := range list {
		values, ok := table.(map[string]any)
		if !ok {
			return errors.New("site: want [[site]]")
		}
		s, err := o.siteOptions.derive(values)
		if err != nil {
			return fmt.Errorf("site %d: %w", i+1, err)
		}
		o.sites = append(o.sites, s)
	}
	return nil
}

// derive returns o with these settings. They replace o's own, except for header
// fields, redirects and passwords, which are added to them.
func (o *siteOptions) derive(values map[string]any) (*siteOptions, error) {
	derived := &siteOptions{}
	flags := pflag.NewFlagSet("site", pflag.ContinueOnError)
	derived.register(flags)
	*derived = *o
	s := &derived.site
	s.Headers, s.Redirects, s.Auth = slices.Clip(s.Headers), slices.Clip(s.Redirects), slices.Clip(s.Auth)
	s.ErrorPages, s.Types = slices.Clip(s.ErrorPages), slices.Clip(s.Types)
	s.FallbackFor = slices.Clip(s.FallbackFor)
	if _, ok := values["cors"]; ok {
		s.CORS = nil
	}
	if _, ok := values["spa"]; ok { // unless it names a fallback of its own
		s.Fallback = ""
	}
	if _, ok := values["mount"]; ok {
		s.Mounts = nil
	}
	flags.StringSliceVar(&s.Hosts, hostFlag, nil, "")
	return derived, setFlags(flags, values)
}

// register declares the flags of a site. The configuration file uses the same
// names, at the top and in each [[site]].
func (o *siteOptions) register(f *pflag.FlagSet) {
	s := &o.site
	f.StringVarP(&s.Root, "root", "r", ".", "document root, a `folder`")
	f.VarP(parsed(&s.Mounts, site.ParseMount), "mount", "m", "serve a folder at a prefix: `PREFIX=DIR[:static|:dynamic]` (repeatable; default /static=static and /dynamic=dynamic:dynamic)")
	f.StringSliceVar(&s.Index, "index", []string{"index.html"}, "`names` of the file that answers for its folder, by preference")
	f.BoolVar(&s.Autoindex, "autoindex", false, "list folders that have no index file")
	f.Var(&dotfilesValue{&s.Dotfiles}, "dotfiles", "whether to serve names that start with a dot: `deny|allow`; /.well-known/ is always served")
	f.Var(&s.Links, "follow-links", "symbolic links to follow: `inside` the root, those of them that belong to their target's owner, or all, out of the root as well")
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
	f.StringSliceVar(&o.compress, "compress", nil, "compress what gains by it, also static files and listings: `codings` by preference, of zstd, br and gzip")
	f.BoolVar(&o.digest, "digest", false, "send the SHA-256 of a body after it, as a trailer field, to clients that say TE: trailers")
}

// settleSites makes the sites to serve from the options.
func (o *options) settleSites() error {
	all := o.sites
	if len(all) == 0 {
		all = []*siteOptions{&o.siteOptions}
	}
	for _, s := range all {
		served, err := s.toSite()
		if err != nil {
			return err
		}
		o.served = append(o.served, served)
	}
	return nil
}

// toSite checks the options and makes a site from them.
func (o *siteOptions) toSite() (site.Config, error) {
	s := o.site
	if len(s.Mounts) == 0 {
		s.Mounts, s.Welcome = site.DefaultMounts(), true
	}
	if o.spa && s.Fallback == "" {
		if s.Fallback = site.ApplicationPage(s.Mounts, s.Index); s.Fallback == "" {
			return s, errors.New("--spa: want an --index file to serve")
		}
	}
	for i, m := range s.Mounts {
		if slices.ContainsFunc(s.Mounts[:i], func(other site.MountConfig) bool { return other.Prefix == m.Prefix }) {
			return s, fmt.Errorf("--mount: %s is mounted twice", m.Prefix)
		}
	}
	if len(o.compress) > 0 {
		c, err := process.NewCompressor(o.compress...)
		if err != nil {
			return s, fmt.Errorf("--compress: %w", err)
		}
		s.Processors = append(s.Processors, c)
	}
	if o.digest {
		s.Processors = append(s.Processors, process.NewDigester())
	}
	return s, s.Check()
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
func (v parsedValue[T]) Set(s string) error {
	value, err := v.parse(s)
	if err == nil {
		*v.values = append(*v.values, value)
	}
	return err
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
