// Archives: the formats in which a site sends whole folders.

package site

import (
	"bytes"
	"fmt"
)

// Archive is a format of archives.
type Archive uint8

// The formats, by the extensions of their files.
const (
	TarZst Archive = iota
	TarGz
	Zip
)

var archives = [...]struct{ extension, mediaType string }{
	TarZst: {"tar.zst", "application/zstd"}, // RFC 8878 §7.1
	TarGz:  {"tar.gz", "application/gzip"},  // RFC 6713
	Zip:    {"zip", "application/zip"},
}

// ParseArchive parses the extension of a format. Its errors quote s.
func ParseArchive(s string) (Archive, error) {
	for i := range archives {
		if archives[i].extension == s {
			return Archive(i), nil
		}
	}
	return 0, fmt.Errorf("%q: want tar.zst, tar.gz or zip", s)
}

// String returns the extension, without a dot at its start.
func (a Archive) String() string { return archives[a].extension }

// MediaType returns the media type.
func (a Archive) MediaType() string { return archives[a].mediaType }

// ArchiveFor returns the archive that a query asks for: "archive=zip". asked is false
// for any other query, and for all of them if the site sends no archives; offered
// is false for an archive that it does not send.
func (s *Site) ArchiveFor(query []byte) (a Archive, asked, offered bool) {
	if len(s.Archives) == 0 {
		return 0, false, false
	}
	name, asked := bytes.CutPrefix(query, []byte("archive="))
	if !asked {
		return 0, false, false
	}
	for _, a := range s.Archives {
		if a.String() == string(name) {
			return a, true, true
		}
	}
	return 0, true, false
}
