// Entity tags: what makes two responses have the same one.

package site

import "fmt"

// ETags says what the entity tags of a site's files are made of. The zero value is
// ETagOfVersion.
type ETags uint8

const (
	ETagOfVersion ETags = iota // inode, size, time of modification and time of change
	ETagOfMtime                // size and time of modification: equal on all replicas
	ETagOfContent              // a hash of the content
)

var etagNames = [...]string{ETagOfVersion: "version", ETagOfMtime: "mtime", ETagOfContent: "content"}

// String returns the word that Set takes.
func (e *ETags) String() string { return etagNames[*e] }

// Type names the words that Set takes.
func (e *ETags) Type() string { return "version|mtime|content" }

// Set sets what entity tags are made of by its word.
func (e *ETags) Set(s string) error {
	for i, name := range etagNames {
		if s == name {
			*e = ETags(i)
			return nil
		}
	}
	return fmt.Errorf("want version, mtime or content")
}
