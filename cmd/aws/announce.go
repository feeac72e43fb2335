// What is printed at start: one line that programs read, and below it what to open
// and what is served there, for people.
//
//	aws v1.0.0: epoll-aio on [::]:8888, root /srv/www, 2 workers
//	  http://127.0.0.1:8888/
//	  /static   sendfile  /srv/www/static
//	  /dynamic  buffers   /srv/www/dynamic
//	  admin: http://127.0.0.1:9888/

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/cmd/aws/admin"
	"aws/httpx/site"
)

// announce prints what is served and where, unless it is told to be quiet.
func announce(o *options, engine string, listeners []*backend.Listener, shown *admin.Server) {
	if o.faults != nil {
		warn("WARNING: messages are being broken up on purpose (--fault=%s)", o.faults)
	}
	if slices.ContainsFunc(o.served, func(s site.Config) bool { return s.Links == site.LinksAll }) {
		warn("WARNING: symbolic links may lead out of the root (--follow-links=all)")
	}
	if o.quiet {
		return
	}
	addresses := make([]string, len(listeners))
	var open, forProxies []string
	for i, l := range listeners {
		addresses[i] = l.Addr
		if l.Proxies != nil {
			forProxies = append(forProxies, l.Addr)
		} else {
			open = append(open, l.Addr)
		}
	}
	p := inColour(os.Stdout)
	var b strings.Builder
	o.announceLine(&b, p, engine, addresses)
	path := "/"
	if o.argument.file != "" {
		path = escaped("/" + o.argument.name)
	}
	for _, url := range urls(open, machineAddresses) {
		if isURL(url) {
			url = p.link(url + path)
		}
		fmt.Fprintf(&b, "  %s\n", url)
	}
	for _, addr := range forProxies {
		fmt.Fprintf(&b, "  %s  for proxies, by the PROXY protocol\n", addr)
	}
	for i := range o.served {
		indent := "  "
		if len(o.served) > 1 {
			fmt.Fprintf(&b, "  %s\n", hostsOf(i, &o.served[i]))
			indent = "    "
		}
		announceMounts(&b, p, indent, &o.served[i])
	}
	if shown != nil {
		for _, url := range urls([]string{shown.Addr()}, machineAddresses) {
			if isURL(url) {
				url = p.link(url + "/")
			}
			fmt.Fprintf(&b, "  admin: %s\n", url)
		}
	}
	_, _ = stdout.Write([]byte(b.String()))
}

// announceLine writes the line that programs read. Its form stays as it is.
func (o *options) announceLine(b *strings.Builder, p palette, engine string, addresses []string) {
	sites := "root " + o.served[0].Root
	if len(o.served) > 1 {
		sites = fmt.Sprintf("%d sites", len(o.served))
	}
	fmt.Fprintf(b, "%s: %s on %s, %s, %d %s\n", p.bold("aws "+strings.Fields(version())[0]),
		engine, strings.Join(addresses, " "), sites, o.workers, plural(o.workers, "worker", "workers"))
}

// announceMounts writes a line for each mount: the prefix, the way of its files,
// the folder.
func announceMounts(b *strings.Builder, p palette, indent string, s *site.Config) {
	type row struct{ prefix, way, folder string }
	var rows []row
	widest, longest := 0, 0
	for _, m := range s.Mounts {
		way := "sendfile"
		switch {
		case m.Kind == site.Dynamic:
			way = "buffers"
		case len(s.Processors) > 0: // what is compressed goes through buffers
			way = "sendfile or buffers"
		}
		if s.Autoindex && !m.File {
			way += ", listing"
		}
		folder := m.Dir
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(s.Root, folder)
		}
		r := row{escaped(m.Prefix), way, quoted(folder)}
		rows = append(rows, r)
		widest, longest = max(widest, utf8.RuneCountInString(r.prefix)), max(longest, len(way))
	}
	for _, r := range rows {
		fmt.Fprintf(b, "%s%s  %-*s  %s\n", indent, p.prefix(fmt.Sprintf("%-*s", widest, r.prefix)), longest, r.way, r.folder)
	}
}

// hostsOf says whom a site answers.
func hostsOf(i int, s *site.Config) string {
	hosts := strings.Join(s.Hosts, ", ")
	switch {
	case i > 0:
		return hosts
	case hosts == "":
		return "any other host"
	}
	return hosts + ", any other host"
}

// escaped returns a path as it stands in a URL.
func escaped(path string) string { return string(site.AppendEscaped(nil, []byte(path))) }

// palette colours what is printed on a terminal. Its zero value leaves it plain.
type palette struct{ on bool }

// inColour returns the palette for a file: colours are for terminals, unless the
// user wants none (no-color.org) or the terminal has none.
func inColour(f *os.File) palette {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return palette{err == nil && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (p palette) paint(code, text string) string {
	if !p.on {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p palette) dim(text string) string    { return p.paint("2", text) }
func (p palette) bold(text string) string   { return p.paint("1", text) }
func (p palette) link(text string) string   { return p.paint("36", text) }
func (p palette) prefix(text string) string { return p.paint("32", text) }
