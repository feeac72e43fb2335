// A body, and the pieces it yields: bodies.go ► http1response.go ► wire.go.

package httpx

// bodyKind is what a body consists of.
type bodyKind uint8

const (
	noBody    bodyKind = iota
	textBody           // one of the server's own texts
	pageBody           // the same as a page
	fileBody           // a file or one range of it
	partsBody          // several ranges, each with a head
	madeBody           // made from a file or a folder while it is sent
)

// body is what remains to be sent of the body of an exchange's response. Bodies
// live in a mapped array, so they hold no pointers: parts and makers have arrays
// of their own.
type body struct {
	kind     bodyKind
	buffered bool // the file goes through stream buffers, not by sendfile
	cold     bool // the last read missed the page cache
	waiting  resource
	yielded  bool   // a stream buffer is being sent
	quit     bool   // the connection is closing
	status   uint16 // that a text is about
	file     int32  // pinned entry of the open-file table, or none
	source   int32  // the part set or the maker, by kind; or none
	off      int64  // of the next byte to read or to yield
	left     int64  // bytes of the file, or of the part, from there on

	// Through buffers: see filebody.go.
	reading int32 // the stream buffer being read into, or none
	lent    int32 // the one lent to a maker, or none
	filled  span  // read, but neither yielded nor lent
}

// resource is what the next read of a body waits for.
type resource uint8

const (
	noResource resource = iota
	aBuffer             // a stream buffer
	aPlace              // a place to read from a remote file system
)

var emptyBody = body{file: none, source: none, reading: none, lent: none, filled: noSpan}

// isText says that the body is a text of the server's own, which goes with the head.
func (b *body) isText() bool { return b.kind == textBody || b.kind == pageBody }

// needsBuffers says that the next piece comes through stream buffers, and so
// may be long in coming.
func (b *body) needsBuffers() bool {
	return b.kind == madeBody || b.buffered && (b.kind == fileBody || b.kind == partsBody)
}

// sentAsFile reports whether the last bytes of the body went from the file to the
// socket, unseen.
func (b *body) sentAsFile() bool {
	return b.file != none && !b.buffered && (b.kind == fileBody || b.kind == partsBody)
}

// piece is a stretch of a body, in memory or in its file. The zero value is
// empty.
type piece struct {
	inFile bool
	last   bool  // nothing follows it
	buffer int32 // that holds it, unless it is in the file
	off    int64 // of its first byte, in the buffer or in the file
	length int64
}

func (p *piece) empty() bool { return p.length == 0 }

// advance moves the start of the piece by n bytes.
func (p *piece) advance(n int64) {
	p.off += n
	p.length -= n
}

// supply is what a body has to offer.
type supply uint8

const (
	hasPiece supply = iota
	hasText         // a few bytes to send with what follows, lent until the next call
	notYet          // an event announces it
	over            // everything has been yielded
)

// event is something that has happened to a body.
type event uint8

const (
	nothing event = iota
	moved         // it has made progress, but has nothing to yield yet
	ready         // it has something to yield, or is over
	failed        // it can never be completed
)
