// The README of a folder, which the page shows below the entries.
//
//	read.go ► loadReadme ► markdown.go, or the text as it is ► page.readme

package listing

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"aws/backend/kernel"
)

// maxReadme is how many bytes of a README are shown.
const maxReadme = 256 << 10

// readmeNames are the names of a README in lower case, the preferred one first.
var readmeNames = [...]string{"readme.md", "readme.markdown", "readme.txt", "readme"}

// loadReadme reads the README, if the folder has one and the page shows it. It is
// opened as the server opens it for a client, so a link that leads out of the root
// leads to none. Without memory for it, it is not shown.
func (c *contents) loadReadme() {
	name := c.readmeName()
	if name == nil {
		return
	}
	text, cut := c.readReadme(name)
	if len(text) == 0 || bytes.IndexByte(text, 0) >= 0 {
		return
	}
	text = readable(text)
	c.readme = readme{name: string(name), cut: cut}
	if strings.Contains(strings.ToLower(c.readme.name), ".m") && !cut && tame(text) {
		if working := len(text) * markdownMemory; c.ask(working) == nil {
			c.readme.html = appendMarkdown(nil, text)
			_ = c.ask(-working)
		}
	}
	if c.readme.html == nil {
		c.readme.html = appendPlain(nil, text)
	}
	if c.ask(cap(c.readme.html)) != nil {
		c.readme = readme{}
	}
}

// readmeName returns the name of the entry that is the README, or nil.
func (c *contents) readmeName() (name []byte) {
	best := len(readmeNames)
	for i := range c.entries {
		e := &c.entries[i]
		if e.has(isFolder) || int(e.length) > len("readme.markdown") {
			continue
		}
		for rank, wanted := range readmeNames[:best] {
			if n := c.name(e); len(n) == len(wanted) && strings.EqualFold(string(n), wanted) && !c.isWithheld(n) {
				best, name = rank, n
			}
		}
	}
	return name
}

func (c *contents) isWithheld(name []byte) bool { return c.withheld != nil && c.withheld(string(name)) }

// readReadme returns the start of a file; nothing if it cannot be served, or waits
// for another file system.
func (c *contents) readReadme(name []byte) (text []byte, cut bool) {
	if c.locate(name) != nil {
		return nil, false
	}
	open := c.root.OpenHere
	if c.abroad {
		open = c.root.Open
	}
	fd, errno := open(c.path, 0)
	if errno != 0 {
		return nil, false
	}
	defer func() { _ = kernel.CloseFD(fd) }()
	if kernel.StatAt(fd, "", unix.AT_EMPTY_PATH, unix.STATX_TYPE|unix.STATX_SIZE, &c.statBuf) != nil || c.statBuf.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, false
	}
	size := min(int(min(c.statBuf.Size, maxReadme)), maxReadme)
	if c.ask(size+1) != nil {
		return nil, false
	}
	text = make([]byte, size+1)
	n := readFull(fd, text)
	return text[:min(n, size)], n > size || c.statBuf.Size > maxReadme
}

// readFull fills b from the start of what is open as fd, as far as it goes.
func readFull(fd int, b []byte) (n int) {
	for n < len(b) {
		m, err := kernel.Pread(fd, b[n:], int64(n))
		if err == unix.EINTR {
			continue
		}
		if m <= 0 {
			break
		}
		n += m
	}
	return n
}

// readable returns a text in UTF-8 in which nothing is invisible or changes how
// the rest looks: see appendText.
func readable(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	bad := func(r rune) bool {
		return r == utf8.RuneError || r < ' ' && r != '\n' && r != '\t' && r != '\r' || r >= 0x7f && misleads(r)
	}
	if bytes.IndexFunc(text, bad) < 0 {
		return text
	}
	return bytes.Map(func(r rune) rune {
		if bad(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}

// appendPlain appends a text as it is.
func appendPlain(b, text []byte) []byte {
	b = append(b, `<pre class="plain">`...)
	for line := range bytes.Lines(text) {
		end := bytes.TrimRight(line, "\r\n")
		for i, part := range bytes.Split(end, []byte("\t")) {
			if i > 0 {
				b = append(b, '\t')
			}
			b = appendText(b, part)
		}
		b = append(b, '\n')
	}
	return append(b, "</pre>\n"...)
}

// readme writes the README of the folder.
func (p *page) readme() {
	r := &p.contents.readme
	if r.name == "" {
		return
	}
	p.put(`<article><p class="source">`)
	p.text(r.name)
	p.put("</p>\n")
	_, _ = p.out.Write(r.html)
	if r.cut {
		p.put(`<p>This is the start of <a href="`, string(appendHref(nil, []byte(r.name), false)), `">`)
		p.text(r.name)
		p.put("</a>.</p>\n")
	}
	p.put("</article>\n")
}
