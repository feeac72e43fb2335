// Entity tags of files (RFC 9110 §8.8.3), all of them strong.

package files

import (
	"encoding/base64"
	"strconv"

	"golang.org/x/sys/unix"

	"aws/httpx/message"
	"aws/httpx/site"
)

// Hash is the hash of a file's content: the first bytes of its SHA-256, whose zero
// value stands for one that is not known. 144 bits are 24 letters.
type Hash [18]byte

func (h *Hash) known() bool { return *h != Hash{} }

// appendTag appends the entity tag of a version of a file, or nothing if it is not
// known yet.
func appendTag(b []byte, of site.ETags, id *Identity, c message.Coding, h *Hash) []byte {
	switch of {
	case site.ETagOfContent:
		if h.known() {
			b = append(b, '"')
			b = base64.RawURLEncoding.AppendEncode(b, h[:])
			b = append(b, '"')
		}
		return b
	case site.ETagOfMtime:
		b = appendNumbers(append(b, '"'), id.Size, nanoseconds(id.Mtime))
		// gzip(1) gives its output the time of its input: RFC 9110 §8.8.3.3.
		if c != message.CodingIdentity {
			b = append(append(b, '.'), c.String()...)
		}
		return append(b, '"')
	}
	// Everything that tells two versions apart, so two versions never share a tag. The
	// time of change is there because anyone may set the time of modification back.
	b = appendNumbers(append(b, '"'), int64(id.Inode), id.Size, nanoseconds(id.Mtime), nanoseconds(id.Ctime))
	return append(b, '"')
}

func appendNumbers(b []byte, numbers ...int64) []byte {
	for i, n := range numbers {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(n), 36)
	}
	return b
}

// nanoseconds is a time in nanoseconds since 1970.
func nanoseconds(t unix.StatxTimestamp) int64 { return t.Sec*1e9 + int64(t.Nsec) }
