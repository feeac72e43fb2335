// Archives: the formats in which a site sends whole folders.

package site

import (
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
