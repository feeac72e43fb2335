// Package listing writes folder listings: the response for a folder that has no
// index file, as a page or as JSON.
//
//	folder ► read.go ► order.go ┬► html.go, with listing.html and listing.css
//	                            └► json.go
//
//	read.go   the entries of the folder, from the kernel
//	order.go  their order, and the query that selects one
//	names.go  a name as text and as a link
//	html.go   the page
//	json.go   the same for programs
//
// Nothing here runs on a loop's thread, since reading a folder waits for disks.
// A goroutine writes a listing piece by piece, so a folder of 100,000 entries
// takes a few megabytes of memory, however long its listing is.
package listing

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"

	"aws/httpx/files"
)

// Listing is one folder as a client sees it.
type Listing struct {
	Path string // clean URL path of the folder, decoded; ends with '/'
	// Top is the path of the highest folder that is served, such as "/static/".
	// Links upward end there. "" is "/".
	Top string
	// Root is the folder that symbolic links must not leave, and Dir the path of
	// the listed folder below it, "" for the root itself. Without a Root links
	// must not leave the listed folder.
	Root *files.Root
	Dir  string

	Order    Order
	JSON     bool // for programs; otherwise a page
	Dotfiles bool // show hidden entries; .well-known is always shown
}

// maxListed is the most entries that are listed. A longer listing says that it
// is cut off.
const maxListed = 1_000_000

// pieceSize is the length in bytes of the pieces in which a listing is written.
const pieceSize = 32 << 10

// Policy is the Content-Security-Policy of a page: it loads nothing, runs
// nothing, and no other page frames it, whatever names are in it.
const Policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ContentType returns the media type of the listing.
func (l *Listing) ContentType() string {
	if l.JSON {
		return "application/json"
	}
	return "text/html; charset=utf-8"
}

// Write reads the folder and writes its listing to w, in pieces of at most
// 32 KiB. The folder stays the caller's, who may list it again.
//
// The head of the page is written before anything is sorted. If the folder
// cannot be read, nothing is written and the error wraps the kernel's, ENOENT
// for a folder that was deleted. An error of w ends the listing at once and is
// wrapped too.
func (l *Listing) Write(w io.Writer, folder *os.File) error {
	return l.writeUpTo(maxListed, w, folder)
}

func (l *Listing) writeUpTo(limit int, w io.Writer, folder *os.File) error {
	defer runtime.KeepAlive(folder) // its descriptor is in use until the end
	c, err := l.read(folder, limit)
	if err != nil {
		return fmt.Errorf("list %s: %w", l.Path, err)
	}
	out := bufio.NewWriterSize(w, pieceSize)
	if l.JSON {
		err = l.writeJSON(out, c)
	} else {
		err = l.writeHTML(out, c)
	}
	if err != nil {
		return fmt.Errorf("list %s: %w", l.Path, err)
	}
	return nil
}

// writeEntries flushes out, sorts the entries, and writes each as appendEntry
// appends it. Entries that are sorted by name get their statx(2) only now. An
// entry that has vanished meanwhile is left out.
func (l *Listing) writeEntries(out *bufio.Writer, c *contents, appendEntry func([]byte, *entry) []byte) error {
	if err := out.Flush(); err != nil {
		return err
	}
	if l.Order.by != byName {
		if err := c.statAll(); err != nil {
			return err
		}
	}
	c.sort(l.Order)
	for i := range c.entries {
		e := &c.entries[i]
		if ok, err := c.stat(e); err != nil {
			return err
		} else if !ok {
			continue
		}
		if _, err := out.Write(appendEntry(out.AvailableBuffer(), e)); err != nil {
			return err
		}
	}
	return nil
}
