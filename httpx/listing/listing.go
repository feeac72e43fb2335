// Folder listings: what a client sees of a folder that has no index file, as a
// page or as JSON.
//
//	listing_read.go   the folder's entries, from the kernel
//	listing_order.go  their order, and the query that asks for one
//	listing_names.go  a name as text and as a link
//	listing_html.go   the page, with listing.html and listing.css
//	listing_json.go   the same for programs
//
// None of this runs on a loop's thread: reading a folder waits for disks. A
// listing is written by a goroutine of its own, piece by piece, so a folder of
// 100,000 entries costs a few megabytes while it is written, whatever its
// listing's length.

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
	Path string // clean URL path of the folder, decoded, ends with '/'
	// top is where links upward end: the path of the highest folder that is
	// served, such as "/static/". "" is "/".
	Top string
	// root is what symbolic links may not leave, and dir the folder's path
	// below it, "" for the root itself. Without a root they may not leave the
	// folder.
	Root *files.Root
	Dir  string

	Order    Order
	JSON     bool
	Dotfiles bool // show hidden entries; .well-known is always shown
}

// maxListed is as many entries as are listed of one folder. A listing that
// ends there says so.
const maxListed = 1_000_000

// pieceSize is how much of a listing is written at once.
const pieceSize = 32 << 10

// Policy is the Content-Security-Policy for a listing: a page that
// loads nothing, runs nothing and is framed by nobody, whatever the names in
// it are.
const Policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ContentType is the media type of what write writes.
func (l *Listing) ContentType() string {
	if l.JSON {
		return "application/json"
	}
	return "text/html; charset=utf-8"
}

// Write reads the folder and writes its listing to w, in pieces of pieceSize.
// It may be called again with the same folder, which stays the caller's.
//
// Where the folder cannot be read, nothing has been written yet, and the error
// wraps the kernel's: ENOENT for a folder that was deleted. The page's head
// leaves before anything is sorted. An error of w ends the listing at once and
// is returned.
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

// writeEntries sends what is in out already, puts the entries in order, and
// writes what appendEntry makes of each. Of entries in order of names, the
// status is asked for only now; one that has vanished meanwhile is left out.
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
