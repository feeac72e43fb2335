// Addresses without ".html" and "index.html": --clean-urls. Here is how names and
// addresses belong together; find.go of package httpx looks which of them exist.

package site

import (
	"bytes"
	"strings"
)

// IsIndex reports whether a clean path names the file that is preferred for its
// folder, and returns the address of the folder.
func (s *Site) IsIndex(path []byte) (folder []byte, ok bool) {
	end := bytes.LastIndexByte(path, '/') + 1
	return path[:end], len(s.Index) > 0 && string(path[end:]) == s.Index[0]
}

// NamesIndex reports whether path followed by ".html" names that file.
func (s *Site) NamesIndex(path []byte) (folder []byte, ok bool) {
	end := bytes.LastIndexByte(path, '/') + 1
	if len(s.Index) == 0 {
		return nil, false
	}
	name, html := strings.CutSuffix(s.Index[0], pageSuffix)
	return path[:end], html && string(path[end:]) == name
}

// CutPage returns the address of the page at a clean path: the path without
// ".html". ok is false if nothing would be left of its name.
func CutPage(path []byte) (address []byte, ok bool) {
	address, ok = bytes.CutSuffix(path, []byte(pageSuffix))
	return address, ok && address[len(address)-1] != '/'
}

// AppendPage appends to dst the path of the page whose address is address. It returns
// nil if that would not fit.
func AppendPage(dst, address []byte) []byte {
	if len(address)+len(pageSuffix) > cap(dst) {
		return nil
	}
	return append(append(dst[:0], address...), pageSuffix...)
}
