package main

import (
	"errors"
	"fmt"
	"maps"
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
// fields and redirects, which are added to them.
func (o *siteOptions) derive(values map[string]any) (*siteOptions, error) {
	derived := &siteOptions{}
	flags := newFlagSet(pflag.NewFlagSet("site", pflag.ContinueOnError))
	derived.register(flags)
	*derived = *o
	s := &derived.site
	s.Headers, s.Redirects = slices.Clip(s.Headers), slices.Clip(s.Redirects)
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
	if name := misplaced(flags.FlagSet, values); name != "" {
		return nil, fmt.Errorf("%s: no setting of a site: it belongs at the top of the file, before the first [[site]]", name)
	}
	return derived, setFlags(flags.FlagSet, values)
}

// misplaced returns a setting that a site does not have, but the top of the file
// has: what follows a [[site]] belongs to that site.
func misplaced(flags *pflag.FlagSet, values map[string]any) string {
	top := newFlagSet(pflag.NewFlagSet("top", pflag.ContinueOnError))
	(&options{}).register(top)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if flags.Lookup(name) == nil && top.Lookup(name) != nil && !slices.Contains(noSettings, name) {
			return name
		}
	}
	return ""
}

// register declares the flags of a site. The configuration file uses the same
// names, at the top and in each [[site]].
func (o *siteOptions) register(f *flagSet) {
	s := &o.site
	f.group("What to serve", "aws --root=/srv/www --mount=/=public --mount=/raw=/srv/raw:dynamic")
	f.StringVarP(&s.Root, "root", "r", ".", "`DIR` document root")
	f.VarP(parsed(&s.Mounts, site.ParseMount), "mount", "m", "`PREFIX=DIR[:static|:dynamic]` serve a folder at a prefix (repeatable; default /static=static and /dynamic=dynamic:dynamic)")
	f.StringSliceVar(&s.Index, "index", []string{"index.html"}, "`NAMES` names of the file that answers for its folder, by preference")
	f.BoolVar(&s.Autoindex, "autoindex", false, "list folders that have no index file; on for 'aws DIR'")
	f.Var(&dotfilesValue{&s.Dotfiles}, "dotfiles", "`deny|allow` whether to serve names that start with a dot; /.well-known/ is always served")
	f.Var(&s.Links, "follow-links", "`owner|inside|all` symbolic links to follow: inside the root, those of them that belong to their target's owner, or all, out of the root as well")
	f.Var(&s.ETags, "etag", "`version|mtime|content` what entity tags are made of: inode, size and times; size and time of modification, equal on all replicas; or a hash")

	f.group("Which address leads where", "aws site --clean-urls --redirect='/old/*=/new/*:308'")
	f.StringSliceVar(&s.Try, "try", nil, "`PATHS` paths to try, in order, such as $path,$path.html (default $path, which is the request's)")
	f.BoolVar(&s.CleanURLs, "clean-urls", false, "reach about.html at /about, and redirect from the long address")
	f.StringVar(&s.Fallback, "fallback", "", "`PATH` the page to serve to browsers when nothing is found, such as /static/index.html")
	f.Var(parsed(&s.FallbackFor, site.ParseFallbackFor), "fallback-for", "`PATTERN` addresses that the fallback answers though their last name has a dot (repeatable)")
	f.BoolVar(&o.spa, "spa", false, "single-page application: --fallback with the index file of the mount at /, or of the first mount")
	f.Var(parsed(&s.ErrorPages, site.ParseErrorPage), "error-page", "`STATUS=PATH` file to send as the content of an error (repeatable)")
	f.Var(parsed(&s.Redirects, site.ParseRedirect), "redirect", "`FROM=TO[:CODE]` send clients elsewhere; what the * at the end of FROM matches replaces the * in TO (repeatable)")

	f.group("How files are answered", "aws . --precompressed=br,gzip --cache-control='*.woff2=max-age=86400'")
	f.Var(parsed(&s.Headers, site.ParseHeaderRule), "header", "`'[always ]PATTERN: Name: value'` set a field of responses that are no errors, or without a value remove it (repeatable; the last match wins; always is for errors, too)")
	f.Var(parsed(&s.Headers, site.ParseCacheControl), "cache-control", "`'[always ]PATTERN=VALUE'` set Cache-Control on responses that are no errors (repeatable)")
	f.Var(parsed((*[]site.Origin)(&s.CORS), site.ParseOrigin), "cors", "`ORIGIN` let pages of another origin read the files, such as https://example.org, or * for all (repeatable)")
	f.BoolVar(&s.SecureHeaders, "secure-headers", false, "send fields that make browsers more careful: on frames, referrers, and other origins")
	f.Var(parsed(&s.Types, site.ParseMediaType), "mime", "`EXT=TYPE` media type by extension; or NAME=TYPE or '/path/*=TYPE', by name or path (repeatable; the last match wins)")
	f.StringSliceVar(&s.Precompressed, "precompressed", nil, "`CODINGS` serve a.css.br, a.css.zst or a.css.gz in place of a.css; by preference, of br, zstd and gzip")
	f.BoolVar(&s.PrecompressedOnly, "precompressed-only", false, "where there is only a.css.br, a.css.zst or a.css.gz, unpack it for clients that do not accept it; otherwise they get 406")
	f.StringSliceVar(&o.compress, "compress", nil, "`CODINGS` compress what gains by it, also static files and listings; by preference, of zstd, br and gzip")
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
		s.Mounts = site.DefaultMounts()
		s.Welcome = s.Fallback == "" && !o.spa // otherwise somebody has set it up
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
