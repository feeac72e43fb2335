// What the formats have in common.

package archive

import "time"

// sink writes a format. Names are slash-separated and start with the archive's.
type sink interface {
	folder(name string, modified time.Time) error
	// begin begins a file; its bytes follow through write. The size is a promise,
	// unless needsSize says that it is not.
	begin(name string, size int64, modified time.Time, mode uint32) error
	write(b []byte) error
	needsSize() bool
	// kept is how many bytes of memory an entry takes until the archive is closed.
	kept(name string) int
	close() error
}

// The first and the last second that all formats can write.
const (
	firstSecond = 315532800  // 1980-01-01, of MS-DOS
	lastSecond  = 2147483647 // 2038-01-19, of 32 bits
)

func clamp(t time.Time) time.Time {
	return time.Unix(min(max(t.Unix(), firstSecond), lastSecond), 0).UTC()
}
