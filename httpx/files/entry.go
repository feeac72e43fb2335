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
	pseudo     bool   // the content is made when it is read
	untagged   bool   // the hash for the entity tag is not known
	hashing    bool   // and has been asked for

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

// Pseudo says that the content is made when the file is read, such as that of
// /proc/meminfo. The size says nothing, nor do the times, so it has no validators.
func (e *Entry) Pseudo() bool { return e.pseudo }

// Device is that of its file system.
func (e *Entry) Device() uint64 { return e.ID.device }

// keyPrefix is the number of bytes before the path in a key: two for the mount's
// number, one for the coding of a sidecar. A file that is requested by its own
// name has another entry than the same file as a sidecar.
const keyPrefix = 3

// NewEntry returns an entry for the file at path below the mount's root, in the
// given coding. No file is opened.
func NewEntry(m *site.Mount, path string, c message.Coding, id Identity) Entry {
	return newEntry(m, path, c, &opened{id: id})
}

// newEntry is NewEntry for what has been opened, without its descriptors.
func newEntry(m *site.Mount, path string, c message.Coding, o *opened) Entry {
	e := Entry{
		Mount: m, File: backend.File{FD: backend.None, Direct: backend.None}, ID: o.id, nature: o.nature, away: o.away,
		pseudo: o.pseudo, untagged: m.Site.ETags == site.ETagOfContent && !o.pseudo && !o.hash.known(),
	}
	e.Fields, e.Coding = newFields(m, path, c, o)
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
