// Redirects of the server's own, as far as they depend on files: with those of the
// configuration they may send clients in a circle (Site.Circles).

package main

import (
	"bytes"
	"slices"
	"strings"

	"aws/httpx/message"
	"aws/httpx/site"
)

// ownRedirect returns where the server sends a client that comes to a clean path, to
// which no rule applies: a folder to its slash, and a page to its clean address. It is
// nil if it does not, and where that cannot be told. package httpx has the same in find.go.
func (c *fileCheck) ownRedirect(s *site.Site, path []byte, broken map[*site.Mount]bool) []byte {
	m, _ := s.Route(path)
	if m == nil || m.File || broken[m] || !s.Dotfiles && bytes.Contains(path, []byte("/.")) {
		return nil
	}
	if s.CleanURLs {
		if address := c.cleanAddress(s, path); address != nil {
			return address
		}
	}
	if path[len(path)-1] == '/' {
		return nil
	}
	var buffer [message.MaxTarget]byte
	for i := range s.Templates {
		if to := s.Templates[i].Expand(buffer[:], path); to != nil && c.isFile(s, string(to)) {
			return nil
		}
	}
	if !slices.ContainsFunc(s.Templates, func(t site.Template) bool { return t.IsPath() }) || !strings.HasSuffix(c.file(s, string(path)), folderText) {
		return nil
	}
	return append(bytes.Clone(path), '/')
}

// cleanAddress is the address of the page at a path, if that is another one.
func (c *fileCheck) cleanAddress(s *site.Site, path []byte) []byte {
	if folder, ok := s.IsIndex(path); ok {
		if c.isFile(s, string(path)) {
			return bytes.Clone(folder)
		}
		return nil
	}
	page, address := path, path
	if folder, ok := s.NamesIndex(path); ok {
		page, address = site.AppendPage(make([]byte, 0, message.MaxTarget), path), folder
	} else if address, ok = site.CutPage(path); !ok {
		return nil
	}
	free, _ := site.CutPage(page)
	if page == nil || !c.isFile(s, string(page)) || c.isFile(s, string(free)) {
		return nil
	}
	return bytes.Clone(address)
}

// isFile says that a clean path leads to a file that can be sent.
func (c *fileCheck) isFile(s *site.Site, path string) bool {
	m, _ := s.Route([]byte(path))
	return m != nil && c.file(s, path) == ""
}
