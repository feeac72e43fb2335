// Entries of the open-file table, and what a failed look-up means.

package files

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/message"
	"aws/httpx/site"
)

// Entry is one file in the table: regular, open, with everything about it that
// a response needs.
type Entry struct {
	key    string // see Table.key
	Mount  *site.Mount
	File   backend.File // the table owns its descriptors
	ID     Identity     // of the version that is open
	Fields Fields
	// URL is the clean URL path and MediaType the media type with parameters,
	// both for processors. They are empty where the mount has none.
	URL, MediaType string
	checked        Moment // when the path was last seen to lead to this version

	missing   message.CodingSet // codings that have no sidecar file
	missingAt Moment            // when that was found out

	// residentAt is when the page cache was last seen to hold all of the file,
	// in nanoseconds of the loop's clock, 0 for never. File.Cached says whether
	// the result of the last look is certain.
	residentAt int64
	cold       int32 // how often a part was not in the page cache
	local      bool  // the file system is on this machine

	pins   int32          // responses that use it now
	listed bool           // found under its key; otherwise the last Release closes it
	Coding message.Coding // of a sidecar; identity for other files
}

// NewEntry returns an entry for the file at path below the mount's root, in the
// given coding. No file is opened.
func NewEntry(m *site.Mount, path string, c message.Coding, id Identity) Entry {
	e := Entry{
		Mount: m, File: backend.File{FD: backend.None, Direct: backend.None}, ID: id,
		Fields: newFields(m, path, c, id), Coding: c,
	}
	if m.Kind == site.Dynamic && m.Site.Processor != nil {
		e.URL = m.URL(strings.TrimSuffix(path, c.Extension()))
		e.MediaType = string(e.Fields.ContentType())
	}
	return e
}

// statusOf returns the status for the errno of an open: 404 for a path that
// leads to no file to serve, 503 for a shortage in the machine.
func statusOf(errno syscall.Errno) int {
	switch errno {
	case unix.EACCES, unix.EPERM:
		return message.StatusForbidden
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EAGAIN:
		return message.StatusUnavailable
	case unix.EIO, unix.ESTALE:
		return message.StatusInternalError
	}
	// ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EXDEV (the path leaves the root),
	// ENXIO (a socket), ENODEV, …
	return message.StatusNotFound
}
