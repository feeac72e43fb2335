package httpx

// bodyKind is what a body is made of.
type bodyKind uint8

const (
	noBody    bodyKind = iota
	textBody           // the name of the status
	fileBody           // a file or one range of it
	partsBody          // several ranges, each with a head
	madeBody           // made while it is sent, of a file or of a folder
)

// body is what an exchange still has to send of its response's body. Bodies are
// in a mapped array, by exchange, so they hold no pointers: parts and makers
// are elsewhere.
type body struct {
	kind     bodyKind
	buffered bool   // the file's bytes go through buffers, and not by sendfile
	cold     bool   // the page cache did not hold what was read last
	waiting  bool   // on the list of those who wait for a stream buffer
	yielded  bool   // a stream buffer is being sent
	quit     bool   // the connection is being closed
	status   uint16 // whose name a text is
	file     int32  // pinned entry of the open-file table, or none
	source   int32  // the parts or the maker, by kind; or none
	off      int64  // of the next byte of the file, or of the part, to be read or yielded
	left     int64  // bytes from there on

	// Through buffers: see filebody.go.
	reading int32 // the stream buffer that a ReadFile fills, or none
	lent    int32 // the one that a maker reads, or none
	filled  span  // read, and neither yielded nor lent
}

var emptyBody = body{file: none, source: none, reading: none, lent: none, filled: noSpan}

// needsBuffers says that the next piece comes through stream buffers, so that
// it may have to be waited for.
func (b *body) needsBuffers() bool {
	return b.kind == madeBody || b.buffered && (b.kind == fileBody || b.kind == partsBody)
}

// sentAsFile says that the last bytes of the body went from the file to the
// socket, unseen.
func (b *body) sentAsFile() bool {
	return b.file != none && !b.buffered && (b.kind == fileBody || b.kind == partsBody)
}

// piece is a part of a body, in memory or in its file. The zero value is
// empty.
type piece struct {
	inFile bool
	last   bool  // nothing follows it
	buffer int32 // that it is in; nothing in the file
	off    int64 // of its first byte, in the buffer or in the file
	length int64
}

func (p *piece) empty() bool { return p.length == 0 }

// take takes n bytes off the start of the piece.
func (p *piece) take(n int64) {
	p.off += n
	p.length -= n
}

// supply is what a body has to offer.
type supply uint8

const (
	hasPiece supply = iota
	hasText         // a few bytes to be sent with what follows, lent until the next call
	notYet          // an event will tell
	over            // everything has been yielded
)

// event is what has become of a body while nobody asked.
type event uint8

const (
	nothing event = iota
	moved         // it has come on, and has nothing to yield yet
	ready         // it has something to yield, or is over
	failed        // it cannot be had
)
