// Entries of the open-file table.

package files

import (
	"strings"

	"aws/backend"
	"aws/httpx/message"
	"aws/httpx/site"
)

// Entry is one file in the table: regular, open, with everything about it that
// a response needs.
type Entry struct {
	key    string // keyPrefix bytes, the path below the root, a NUL: see Table.key
	Mount  *site.Mount
	File   backend.File // the table owns its descriptors
	ID     Identity     // of the version that is open
	Fields Fields
	// URL is the clean URL path and MediaType the media type with parameters,
	// both for processors. They are empty where the site has none.
	URL, MediaType string
	checked        Moment // when the path was last seen to lead to this version
	root           uint32 // root.version that the file was opened below
	mounts         uint32 // Mounts.version before it was opened

	missing   message.CodingSet // codings that have no sidecar file
	missingAt Moment            // when that was found out

	// residentAt is when the page cache was last seen to hold all of the file,
	// in nanoseconds of the loop's clock, 0 for never. File.Cached says whether
	// the result of the last look is certain.
	residentAt int64
	cold       int32  // how often a part was not in the page cache
	nature     nature // of the file system
	away       bool   // looking where the path leads may wait for a remote one

	watched  uint64 // the turn of the last look at the open file: see Changed
	change   Change // what that has found
	released int64  // when the last response had used it, in nanoseconds of the loop's clock

	pins   int32          // responses that use it now
	listed bool           // found under its key; otherwise the last Release closes it
	Coding message.Coding // of the content: a sidecar's, or the file's own; mostly identity
}

// Remote says that the file is to be read by Table.Read: otherwise the loop might
// wait for ever.
func (e *Entry) Remote() bool { return e.nature == remote }

// keyPrefix is the number of bytes before the path in a key: two for the mount's
// number, one for the coding of a sidecar. A file that is requested by its own
// name has another entry than the same file as a sidecar.
const keyPrefix = 3

// NewEntry returns an entry for the file at path below the mount's root, in the
// given coding. No file is opened.
func NewEntry(m *site.Mount, path string, c message.Coding, id Identity) Entry {
	e := Entry{
		Mount: m, File: backend.File{FD: backend.None, Direct: backend.None}, ID: id,
	}
	e.Fields, e.Coding = newFields(m, path, c, id)
	if m.Site.Processor != nil {
		e.URL = m.URL(strings.TrimSuffix(path, c.Extension()))
		e.MediaType = string(e.Fields.ContentType())
	}
	return e
}

// Change is what has become of an open file since it was opened.
type Change uint8

const (
	Same  Change = iota // or nobody can tell
	Grown               // it is longer now: what it had before may be as it was
	Rewritten
)
