// What a listing holds of a folder while it is sent, which a slow client makes
// long: 8 bytes an entry and its name, and 16 bytes more if it is sorted by size or
// time.

package listing

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"aws/httpx/files"
)

// entry is one entry of a folder. There can be a million, so it is small and has
// no pointers, which spares the garbage collector.
type entry struct {
	at     uint32 // the chunk of contents.chunks, and the index in it: see append
	length uint16 // of the name, in bytes
	flags  flags
}

type flags uint8

const (
	isFolder flags = 1 << iota
	isLink         // the rest is about the link's target
	hasRoom        // there is room for its size and time
	isKnown        // they are set
)

func (f flags) has(other flags) bool { return f&other != 0 }

func (e *entry) has(f flags) bool { return e.flags.has(f) }

// row is all about an entry. Its name belongs to the contents.
type row struct {
	name     []byte
	flags    flags
	size     int64 // bytes; 0 for folders
	modified int64 // Unix seconds, in a year of four digits
}

// contents are the entries of a folder that a client could fetch: regular
// files, folders, and symbolic links that lead to either without leaving the
// root. Requests for sockets, FIFOs, devices and dead links are answered 404, so
// those are left out.
type contents struct {
	entries   []entry
	chunks    [][]byte // sizes, times and names of the entries
	named     int      // bytes of all names
	truncated bool     // the folder holds more
	readme    readme   // as the page shows it

	reserve func(int) error // Listing.Reserve
	facts   bool            // all entries are to have room for size and time

	fd      int
	root    *files.Root // opened for the first link
	at, dir string      // where: Listing.Root and Dir
	links   files.Links // Listing.Links
	abroad  bool        // all of it may take for ever: Listing.Abroad
	away    elsewhere
	row     row // scratch
	statBuf unix.Statx_t
	path    []byte // scratch
}

const (
	chunkBits  = 16
	chunkSize  = 1 << chunkBits
	factsSize  = 16
	firstChunk = 4 << 10 // most folders are small
	fewEntries = 64
)

// append adds an entry. Its name lies in one of the chunks, after its size and time
// if there is room for them: chunks never move, so nothing is copied as they grow.
func (c *contents) append(name []byte, room bool) (*entry, error) {
	e := entry{length: uint16(len(name))}
	size := len(name)
	if room {
		e.flags |= hasRoom
		size += factsSize
	}
	if err := c.makeRoom(size); err != nil {
		return nil, err
	}
	last := &c.chunks[len(c.chunks)-1]
	e.at = uint32(len(c.chunks)-1)<<chunkBits | uint32(len(*last))
	if room {
		*last = append(*last, make([]byte, factsSize)...)
	}
	*last = append(*last, name...)
	c.named += len(name)
	c.entries = append(c.entries, e)
	return &c.entries[len(c.entries)-1], nil
}

// makeRoom makes room for another entry, and size bytes of a chunk for it.
func (c *contents) makeRoom(size int) error {
	if len(c.entries) == cap(c.entries) {
		n := max(2*cap(c.entries), fewEntries)
		if err := c.ask(n * 8); err != nil {
			return err
		}
		grown := make([]entry, len(c.entries), n)
		copy(grown, c.entries)
		c.entries = grown
	}
	if n := len(c.chunks); n > 0 && cap(c.chunks[n-1])-len(c.chunks[n-1]) >= size {
		return nil
	}
	next := chunkSize
	if len(c.chunks) == 0 {
		next = firstChunk
	}
	next = max(next, size)
	if err := c.ask(next); err != nil {
		return err
	}
	c.chunks = append(c.chunks, make([]byte, 0, next))
	return nil
}

// ask asks for n more bytes of memory.
func (c *contents) ask(n int) error {
	if c.reserve == nil {
		return nil
	}
	return c.reserve(n)
}

// dropLast drops the entry that was added last.
func (c *contents) dropLast() {
	e := &c.entries[len(c.entries)-1]
	last := &c.chunks[e.at>>chunkBits]
	*last = (*last)[:e.at&(chunkSize-1)]
	c.named -= int(e.length)
	c.entries = c.entries[:len(c.entries)-1]
}

// of is where an entry lies in its chunk, and what follows.
func (c *contents) of(e *entry) []byte { return c.chunks[e.at>>chunkBits][e.at&(chunkSize-1):] }

// name returns the name of an entry. It belongs to the contents.
func (c *contents) name(e *entry) []byte {
	b := c.of(e)
	if e.has(hasRoom) {
		b = b[factsSize:]
	}
	return b[:e.length]
}

// size and modified are those of an entry that is known.
func (c *contents) size(e *entry) int64     { return int64(binary.NativeEndian.Uint64(c.of(e))) }
func (c *contents) modified(e *entry) int64 { return int64(binary.NativeEndian.Uint64(c.of(e)[8:])) }

// know keeps what the kernel has said about an entry, if there is room for it.
func (c *contents) know(e *entry, r *row) {
	if e.has(hasRoom) {
		b := c.of(e)
		binary.NativeEndian.PutUint64(b, uint64(r.size))
		binary.NativeEndian.PutUint64(b[8:], uint64(r.modified))
		e.flags |= isKnown
	}
}
