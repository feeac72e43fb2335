// Package listing writes folder listings: the response for a folder that has no
// index file, as a page or as JSON.
//
//	write.go: folder ► read.go ► entries.go: sort.go ┬► html.go, with listing.html, .css and .js
//	                                                 └► json.go
//
//	write.go    reads a folder and writes its listing
//	read.go     the entries of the folder, from the kernel
//	contents.go what is kept of them
//	query.go    the query that selects what is shown; order.go, filter.go
//	sort.go     sorts the entries
//	entries.go  writes them one by one
//	names.go    a name as text and as a link
//	kind.go     what a file is, by its name
//	html.go     the page: page.go, head.go, rows.go, foot.go, figures.go
//	readme.go   the README below the entries; markdown.go
//	policy.go   what a browser lets the page do
//	json.go     the same for programs
//
// Nothing here runs on a loop's thread, since reading a folder waits for disks.
// A goroutine writes a listing piece by piece, so a folder of 100,000 entries
// takes a few megabytes of memory, however long its listing is.
package listing

import "aws/httpx/files"

// Listing is one folder as a client sees it.
type Listing struct {
	Path string // clean URL path of the folder, decoded; ends with '/'
	// Top is the path of the highest folder that is served, such as "/static/".
	// Links upward end there. "" is "/".
	Top string
	// Root is the absolute path of the folder at which symbolic links are followed,
	// as Links says, and Dir the path of the listed folder below it, "" for the root
	// itself. Without a Root links must not leave the listed folder.
	Root  string
	Links files.Links
	Dir   string

	// Abroad, if not nil, runs what may wait for the file system of the folder, which
	// may never answer. It may not return.
	Abroad func(wait func())
	// Reserve is asked before the listing takes another n bytes of memory for what
	// it reads of the folder, and told with a negative n of what it needs no more. If it returns an error, the listing ends with that,
	// before anything is written. nil allows everything. Whoever sets it counts
	// what has been asked for, and knows that all is free when Write returns.
	Reserve func(n int) error

	Query    Query
	JSON     bool // for programs; otherwise a page
	Dotfiles bool // show hidden entries; .well-known is always shown
}

// maxListed is the most entries that are listed. A longer listing says that it
// is cut off.
const maxListed = 1_000_000

// pieceSize is the length in bytes of the pieces in which a listing is written.
const pieceSize = 32 << 10

// ContentType returns the media type of the listing.
func (l *Listing) ContentType() string {
	if l.JSON {
		return "application/json"
	}
	return "text/html; charset=utf-8"
}
