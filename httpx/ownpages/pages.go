// Package ownpages has the bodies of responses that come from no file: what an error
// or a redirect means, and the welcome of a server that nobody has set up yet. Each
// is there twice: as a page for people, and as text for programs.
//
//	pages.go   both forms of every body, composed once
//	errors.go  what an error means to a reader
//	page.html, page.css
package ownpages

import (
	_ "embed"
	"hash/crc32"
	"strconv"
	"strings"

	"aws/httpx/message"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
)

// Policy is the Content-Security-Policy of the pages: they load and run nothing.
const Policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// The media types of the two forms.
const (
	HTMLType = "text/html; charset=utf-8"
	TextType = "text/plain; charset=utf-8"
)

// MaxBody is the length in bytes of the longest body.
const MaxBody = 2 << 10

const firstStatus, lastStatus = message.StatusOK, 599

// Pages are the bodies by status and form. That of 200 is the welcome.
type Pages struct {
	text, html [lastStatus - firstStatus + 1][]byte
	tags       [2][]byte // entity tags of the welcome, as text and as a page
}

// New composes all bodies.
func New() *Pages {
	p := &Pages{}
	for status := message.StatusMovedPermanently; status <= lastStatus; status++ {
		reason := message.StatusText(status)
		if status != message.StatusInternalError && reason == message.StatusText(message.StatusInternalError) {
			continue // a status that the server does not have
		}
		title := strconv.Itoa(status) + " " + reason
		p.text[status-firstStatus] = []byte(title + "\n")
		if status >= message.StatusBadRequest {
			p.html[status-firstStatus] = page(title, `<p class="code">`+strconv.Itoa(status)+"</p>\n<h1>"+reason+"</h1>\n<p>"+meaning(status)+"</p>")
		}
	}
	p.text[0], p.html[0] = []byte(welcomeText), page("aws is running", welcomeHTML)
	for i, body := range [...][]byte{p.text[0], p.html[0]} {
		p.tags[i] = []byte(`"welcome.` + strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 36) + `"`)
	}
	return p
}

// page composes a page. title and content are HTML.
func page(title, content string) []byte {
	return []byte(strings.NewReplacer("{{title}}", title, "{{style}}", strings.TrimSpace(pageCSS), "{{content}}", content).Replace(pageHTML))
}

// Body returns the body of a response of this status. A status that has no page, such
// as that of a redirect, has a text in both forms. Nobody
// changes it.
func (p *Pages) Body(status int, html bool) []byte {
	if html && p.html[status-firstStatus] != nil {
		return p.html[status-firstStatus]
	}
	return p.text[status-firstStatus]
}

// WelcomeTag returns the entity tag of the welcome.
func (p *Pages) WelcomeTag(html bool) []byte {
	if html {
		return p.tags[1]
	}
	return p.tags[0]
}

const welcomeText = `aws is running, and serves two folders:

/static/   the files of the folder "static", from the page cache by sendfile(2)
/dynamic/  the files of the folder "dynamic", read asynchronously into buffers

Put files into them, or run "aws --help" to serve other folders.
`

const welcomeHTML = `<h1>aws is running</h1>
<p>It serves two folders:</p>
<dl>
<dt><a href="/static/">/static/</a></dt>
<dd>the files of the folder <b>static</b>, from the page cache by <code>sendfile(2)</code></dd>
<dt><a href="/dynamic/">/dynamic/</a></dt>
<dd>the files of the folder <b>dynamic</b>, read asynchronously into buffers</dd>
</dl>
<p>Put files into them, or run <code>aws --help</code> to serve other folders.</p>`
