// Writing a listing: a folder is read, then written as a page or as JSON.

package listing

import (
	"bufio"
	"fmt"
	"io"
)

// Write reads the folder and writes its listing to w, in pieces of at most
// 32 KiB. The folder is open as fd, which stays the caller's, who may list it again.
//
// The head of the page is written before anything is sorted. If the folder
// cannot be read, nothing is written and the error wraps the kernel's, ENOENT
// for a folder that was deleted. An error of w ends the listing at once and is
// wrapped too.
func (l *Listing) Write(w io.Writer, fd int) error {
	return l.writeUpTo(maxListed, w, fd)
}

func (l *Listing) writeUpTo(limit int, w io.Writer, fd int) error {
	var c *contents
	var err error
	if l.Abroad == nil {
		if c, err = l.read(fd, limit); err == nil && l.showsReadme() {
			c.loadReadme()
		}
	} else {
		l.Abroad(func() {
			if c, err = l.read(fd, limit); err == nil {
				err = c.statAll() // nothing is left to ask
				if l.showsReadme() {
					c.loadReadme()
				}
			}
		})
	}
	defer c.close()
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

// showsReadme says that the listing is a page with all entries, or the first of
// several.
func (l *Listing) showsReadme() bool {
	return !l.JSON && l.Query.Filter == "" && l.Query.Page <= 1
}
