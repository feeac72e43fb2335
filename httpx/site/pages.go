// Paths that lead to no file: a program makes what is there, anew for each request.

package site

import (
	"io"
	"time"
)

// Page is such a path, or several.
type Page struct {
	Path Pattern
	Type string // the media type
	// TypeOf is the media type where that depends on the query; nil if it does not. It
	// runs on a loop, so it must not wait.
	TypeOf func(query string) string
	// Make makes the page, on a goroutine of its own. After an error the client gets
	// 500, or if something has been sent already, a response that is cut short.
	Make func(PageWriter) error
}

// PageWriter takes a page, for the one client that has asked for it. Only the goroutine
// that runs Page.Make calls it.
type PageWriter interface {
	// Write takes the next bytes of the page. It waits while the client is slow.
	io.Writer
	// Query is the query of the request, without its question mark.
	Query() string
	// SetStatus sets the status of the response, which otherwise is 200. It has no
	// effect after the first Flush, or after more than a buffer has been written.
	SetStatus(status int)
	// Flush sends what has been written so far.
	Flush()
	// Wait waits that long. It returns false, at once, when the client is known to have
	// gone, or the server is about to end: then Make should return.
	Wait(time.Duration) bool
}
