package files

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"aws/backend"
	"aws/httpx/message"
	"aws/httpx/site"
)

// Entry is an entry of the open-file table: a regular file, open, with all
// that an answer needs of it.
type Entry struct {
	key    string // see Table.key
	Mount  *site.Mount
	File   backend.File
	ID     Identity
	Fields Fields
	// URL and MediaType are for processors.
	URL, MediaType string
	checked        Moment // when the path was last seen to lead to this version
	// missing are the codings of which there was no sidecar file, and when
	// that was last looked at.
	missing   message.CodingSet
	missingAt Moment
	// residentAt is when the page cache was last seen to hold all of the file,
	// in nanoseconds of the loop's clock; file.Cached says whether that, or
	// what was last looked for, is sure; cold is how often it was not there.
	residentAt int64
	cold       int32
	local      bool // on a file system of this machine

	pins   int32          // answers that use it now
	listed bool           // found under its key; otherwise closed with the last pin
	Coding message.Coding // a sidecar's
}

// NewEntry describes a file at path below the mount's root. It is not open.
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

// statusOf turns the errno of an open into a status: what names no file that
// we would serve is not found, what the machine lacks is unavailable.
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
