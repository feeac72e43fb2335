// Entity tags: what makes two responses have the same one.

package site

// ETags says what the entity tags of a site's files are made of. The zero value is
// ETagOfVersion.
type ETags uint8

const (
	ETagOfVersion ETags = iota // inode, size, time of modification and time of change
	ETagOfMtime                // size and time of modification: equal on all replicas
	ETagOfContent              // a hash of the content
)
