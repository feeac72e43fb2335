// Package archive writes folders as archives, while they are sent.
//
//	folder ► walk.go ► file.go ► tar.go or zip.go ► w
//
// An archive has what a client could fetch of a folder: its files and folders, and
// those below them. A symbolic link to a file is the file, if it stays inside the
// root; links to folders are left out, so nothing is in an archive twice, and no
// circle of links is followed. Names that start with a dot are left out where the
// site does.
//
// Nothing here runs on a loop's thread. What waits for a file system runs abroad.
package archive

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sys/unix"

	"aws/httpx/files"
	"aws/httpx/site"
)

// Archive is one folder as a client gets it.
type Archive struct {
	Format   site.Archive
	Path     string      // clean URL path of the folder, decoded; ends with '/'
	Root     string      // absolute path of the folder that nothing in the archive leaves
	Links    files.Links // the symbolic links to follow
	Dir      string      // path of the folder below it, "" for the root itself
	Dotfiles bool        // with the names that start with a dot; .well-known is always there

	// Abroad, if not nil, runs what may wait for a file system, which may never
	// answer. It may not return.
	Abroad func(wait func())
	// Reserve is asked before the archive takes another n bytes of memory, and told
	// with a negative n of what it needs no more. nil allows everything.
	Reserve func(n int) error
	// Working, if not nil, is called now and then, and ends the archive by an error.
	Working func() error
	// Withheld, if not nil, says whether the client may not have a file, by its path
	// below the folder.
	Withheld func(path string) bool
	// Skipped, if not nil, is told of what is left out though it should not be.
	Skipped func(err error)
}

// Memory is about how many bytes of Go's heap an archive takes, without the names of
// the folders that it is in: an encoder and a buffer.
const Memory = 3<<20 + bufferSize

var errShrunk = errors.New("the file has shrunk while it was read")

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
	walk := walk{Archive: a, root: root, out: out, buffer: make([]byte, bufferSize)}
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

// openRoot opens the root that all look-ups start at.
func (a *Archive) openRoot() (root *files.Root, err error) {
	a.away(func() { root, err = files.OpenRoot(a.Root, a.Links) })
	return root, err
}

// away runs what may wait for a file system.
func (a *Archive) away(wait func()) {
	if a.Abroad != nil {
		a.Abroad(wait)
	} else {
		wait()
	}
}

// reserve asks for memory.
func (a *Archive) reserve(n int) error {
	if a.Reserve == nil {
		return nil
	}
	return a.Reserve(n)
}

// working says that the archive is being made, and whether it still should be.
func (a *Archive) working() error {
	if a.Working == nil {
		return nil
	}
	return a.Working()
}

// Name is the name of the folder in the archive, and of the archive without its
// extension.
func (a *Archive) Name() string {
	name := strings.TrimSuffix(a.Path, "/")
	if name = name[strings.LastIndexByte(name, '/')+1:]; name == "" {
		return "files"
	}
	return name
}

// leaveOut decides what an error about an entry means: that it is left out, or that
// the archive ends. What a client could not fetch is not missed.
func (w *walk) leaveOut(path string, errno unix.Errno) error {
	switch files.StatusOf(errno) {
	case 404:
		return nil
	case 503:
		return fmt.Errorf("%s: %w", path, errno)
	}
	if w.skipped++; w.Skipped == nil || w.skipped > maxSkipped {
		return nil
	}
	w.Skipped(fmt.Errorf("archive %s without %s: %w", w.Path, path, errno))
	return nil
}

// maxSkipped is how many entries that are left out are told of, for each archive.
const maxSkipped = 100
