// Markdown to HTML that is safe to show, whoever wrote it.

package listing

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// What a Markdown file may be made of. goldmark takes time that grows with the
// square of some of it, and memory for each node; the rest is shown as plain text.
const (
	maxMarkdown    = 64 << 10 // bytes
	maxNesting     = 16       // marks of quotes and lists at the start of a line
	maxBrackets    = 400      // '[' in a paragraph
	markdownMemory = 160      // bytes of working memory for each byte of text
)

// markdown is made when it is first used: its parsers sort themselves.
var markdown = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()))
})

// tame says that a text does not take goldmark long.
func tame(source []byte) bool {
	if len(source) > maxMarkdown {
		return false
	}
	brackets := 0
	for line := range bytes.Lines(source) {
		rest := bytes.TrimLeft(line, "> \t-*+0123456789.)")
		marks := bytes.Count(line[:len(line)-len(rest)], []byte(" ")) + bytes.Count(line[:len(line)-len(rest)], []byte(">"))
		if len(bytes.TrimLeft(line, " \t")) < len(line) { // an indent is no mark
			marks -= len(line) - len(bytes.TrimLeft(line, " \t"))
		}
		if brackets += bytes.Count(line, []byte("[")); len(bytes.TrimSpace(rest)) == 0 {
			brackets = 0
		}
		if marks > maxNesting || brackets > maxBrackets {
			return false
		}
	}
	return true
}

// appendMarkdown appends a text in UTF-8 as HTML. HTML in it is left out, and so
// is what a link must not lead to.
func appendMarkdown(b, source []byte) []byte {
	doc := markdown().Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(anchors{}))))
	tameNodes(doc, source)
	out := bytes.NewBuffer(b)
	if err := markdown().Renderer().Render(out, source, doc); err != nil {
		return appendPlain(b, source) // a bytes.Buffer fails never
	}
	return out.Bytes()
}

// tameNodes makes a document part of the page: its headings come after the page's
// own, its anchors are its own, its links lead where a page's may, and its
// pictures come from the same server.
func tameNodes(doc ast.Node, source []byte) {
	var nodes []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			nodes = append(nodes, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range nodes {
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(n.Level+1, 6)
		case *ast.Link:
			if n.Destination = safeLink(n.Destination); len(n.Destination) == 0 {
				unwrap(n)
				continue
			}
			n.SetAttributeString("rel", []byte("nofollow noreferrer"))
		case *ast.AutoLink:
			if safeLink(n.URL(source)) == nil && n.AutoLinkType == ast.AutoLinkURL {
				label := ast.NewString(n.Label(source))
				label.SetRaw(true)
				n.Parent().ReplaceChild(n.Parent(), n, label)
				continue
			}
			n.SetAttributeString("rel", []byte("nofollow noreferrer"))
		case *ast.Image:
			if scheme, _ := schemeOf(n.Destination); scheme != "" || bytes.HasPrefix(n.Destination, []byte("//")) {
				unwrap(n)
				continue
			}
			n.SetAttributeString("loading", []byte("lazy"))
		}
	}
}

// unwrap puts what is in a node in its place.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for child := n.FirstChild(); child != nil; child = n.FirstChild() {
		parent.InsertBefore(parent, n, child)
	}
	parent.RemoveChild(parent, n)
}

// linkSchemes are those that a link may have.
var linkSchemes = []string{"http", "https", "mailto"}

// safeLink returns where a link may lead, or nil.
func safeLink(destination []byte) []byte {
	if anchor, ok := bytes.CutPrefix(destination, []byte("#")); ok {
		return append([]byte("#"+anchorPrefix), anchor...)
	}
	if scheme, ok := schemeOf(destination); ok && !slices.Contains(linkSchemes, scheme) {
		return nil
	}
	return destination
}

// schemeOf returns what stands before the colon of a reference in lower case, if
// that is not in its path, query or fragment.
func schemeOf(reference []byte) (scheme string, ok bool) {
	i := bytes.IndexAny(reference, ":/?#")
	if i < 0 || reference[i] != ':' {
		return "", false
	}
	return strings.ToLower(string(reference[:i])), true
}

// anchorPrefix keeps the anchors of a README apart from names of the page.
const anchorPrefix = "readme-"

// anchors are the anchors of the headings of a README, by how often each has been
// given.
type anchors map[string]int

// Generate makes an anchor of a heading: its words in lower case.
func (a anchors) Generate(heading []byte, _ ast.NodeKind) []byte {
	id := []byte(anchorPrefix)
	for _, c := range heading {
		switch c = lower(c); {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c >= 0x80:
			id = append(id, c)
		case c == ' ':
			id = append(id, '-')
		}
	}
	n := a[string(id)]
	a[string(id)]++
	if n > 0 {
		id = strconv.AppendInt(append(id, '-'), int64(n), 10)
	}
	return id
}

// Put notes an anchor that a heading has already.
func (a anchors) Put(id []byte) { a[string(id)]++ }
