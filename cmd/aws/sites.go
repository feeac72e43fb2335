package main

import (
	"path/filepath"
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

	given  []given  // what of it was set, and where
	failed []string // names of what could not be set
	where  string   // the place of its [[site]], or ""
}

// hostFlag is the one setting that only a [[site]] has.
const hostFlag = "host"

// additive are the settings of a site that are added to those at the top. Others
// replace them.
var additive = []string{"error-page", "fallback-for", "redirect", "header", "cache-control", "mime", "auth", "allow", "deny"}

// derive returns a site with the settings of its [[site]]. What that leaves out is
// taken from o, the top.
func (o *siteOptions) derive(top *pflag.FlagSet, table *configTable, found *problems) *siteOptions {
	derived := &siteOptions{}
	flags := derived.flags()
	*derived = *o
	s := &derived.site
	s.Headers, s.Redirects, s.Auth = slices.Clip(s.Headers), slices.Clip(s.Redirects), slices.Clip(s.Auth)
	s.ErrorPages, s.Types = slices.Clip(s.ErrorPages), slices.Clip(s.Types)
	s.FallbackFor, s.Access = slices.Clip(s.FallbackFor), slices.Clip(s.Access)
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
	own.watch(flags.FlagSet)
	for _, setting := range table.settings {
		own.apply(flags.FlagSet, setting, top)
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
func (o *siteOptions) register(f *flagSet) {
	s := &o.site
	f.group("What to serve", "aws --root=/srv/www --mount=/=public --mount=/raw=/srv/raw:dynamic")
	f.StringVarP(&s.Root, "root", "r", ".", "`DIR` document root")
	f.VarP(parsed(&s.Mounts, site.ParseMount), "mount", "m", "`PREFIX=DIR[:static|:dynamic]` serve a folder at a prefix (repeatable; default /static=static and /dynamic=dynamic:dynamic)")
	f.StringSliceVar(&s.Index, "index", []string{"index.html"}, "`NAMES` names of the file that answers for its folder, by preference")
	f.BoolVar(&s.Autoindex, "autoindex", false, "list folders that have no index file; on for 'aws DIR'")
	f.Var(parsedList(&s.Archives, site.ParseArchive), "archive", "`FORMATS` send a listed folder as an archive, too: of tar.zst, tar.gz and zip")
	f.Var(choiceOf(&s.Dotfiles, []string{"deny", "allow"}, false, true), "dotfiles", "`deny|allow` whether to serve names that start with a dot; /.well-known/ is always served")
	f.Var(choiceOf(&s.Links, []string{"owner", "inside", "all"}, site.LinksOfOwner, site.LinksInside, site.LinksAll), "follow-links", "`owner|inside|all` symbolic links to follow: inside the root, those of them that belong to their target's owner, or all, out of the root as well")
	f.Var(choiceOf(&s.ETags, []string{"version", "mtime", "content"}, site.ETagOfVersion, site.ETagOfMtime, site.ETagOfContent), "etag", "`version|mtime|content` what entity tags are made of: inode, size and times; size and time of modification, equal on all replicas; or a hash")

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
	f.Var(parsed(&s.Auth, site.ParseAuth), "auth", "`PATTERN=FILE[:REALM]` ask for a user and a password of an htpasswd file, such as '/private/*=users' (repeatable; the last match wins; FILE - is no password)")
	f.Var(parsed(&s.Access, site.ParseAllow), "allow", "`PATTERN=NETWORK,…` let clients of these networks in where --deny keeps them out, such as '/admin/*=10.0.0.0/8' (repeatable; of both the last match wins)")
	f.Var(parsed(&s.Access, site.ParseDeny), "deny", "`PATTERN=NETWORK,…` answer 403 to clients of these networks: 10.0.0.0/8, an address, unix, or all (repeatable)")
	f.StringSliceVar(&s.Precompressed, "precompressed", nil, "`CODINGS` serve a.css.br, a.css.zst or a.css.gz in place of a.css; by preference, of br, zstd and gzip")
	f.BoolVar(&s.PrecompressedOnly, "precompressed-only", false, "where there is only a.css.br, a.css.zst or a.css.gz, unpack it for clients that do not accept it; otherwise they get 406")
	f.StringSliceVar(&o.compress, "compress", nil, "`CODINGS` compress what gains by it, also static files and listings; by preference, of zstd, br and gzip")
	f.BoolVar(&o.digest, "digest", false, "send the SHA-256 of a body after it, as a trailer field, to clients that say TE: trailers")
}

// flags declares the flags of a [[site]], except for its hosts.
func (o *siteOptions) flags() *flagSet {
	f := newFlagSet(pflag.NewFlagSet("site", pflag.ContinueOnError))
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
