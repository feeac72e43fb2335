// Writing an archive: its format, and what it is of.

package archive

import (
	"fmt"
	"io"

	"aws/httpx/files"
	"aws/httpx/site"
)

// Memory is about how many bytes of Go's heap an archive takes, without the names of
// the folders that it is in: an encoder and a buffer.
const Memory = 3<<20 + bufferSize

// Write writes the archive to w. An error before anything is written wraps the
// kernel's. After a later error what is written is not a whole archive: its reader
// sees that.
func (a *Archive) Write(w io.Writer) error {
	root, err := a.openRoot()
	if err == nil {
		defer root.Close()
		err = a.write(w, root)
	}
	if err != nil {
		return fmt.Errorf("archive %s: %w", a.Path, err)
	}
	return nil
}

func (a *Archive) write(w io.Writer, root *files.Root) error {
	out, err := a.open(w)
	if err != nil {
		return err
	}
	walk := walk{making{Archive: a, root: root, out: out, buffer: make([]byte, bufferSize)}}
	if err := walk.top(); err != nil {
		return err
	}
	return out.close()
}

// open returns what writes the format.
func (a *Archive) open(w io.Writer) (sink, error) {
	if a.Format == site.Zip {
		return newZip(w), nil
	}
	return newTar(w, a.Format)
}
