// Package archive writes folders as archives, while they are sent.
//
//	folder ► write.go: walk.go ► file.go ► sink.go: tar.go or zip.go ► w
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
	"strings"

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
